using System.Collections.Immutable;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Desired;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Tests.Support;

namespace Tandem.Tests.Operator.Host;

/// <summary>The whole operator on a real API server: the state of the world is looked at, not calls.</summary>
public sealed class OperatorHostTests(OperatorFixture world) : IClassFixture<OperatorFixture>
{
    private static readonly string[] Instances = ["orders-1", "orders-2", "orders-3"];

    [Fact]
    public async Task A_cluster_gets_its_pods_volumes_services_secrets_and_accounts_and_they_are_put_right_again()
    {
        var ns = await world.CreateAsync();
        await PodsCountAsync(ns, 3);

        var (c, none) = (world.Client, CancellationToken.None);
        Assert.All(Instances, i => Assert.NotNull(c.GetAsync<V1PersistentVolumeClaim>(i, ns, none).Result));
        Assert.All(Instances, i => Assert.Equal(["bundle.crt", "ca.crt", "tls.crt", "tls.key"], c.GetAsync<V1Secret>(Names.InstanceSecret(i), ns, none).Result!.Data!.Keys.Order()));
        Assert.All(["orders-rw", "orders-ro", "orders-r"], s => Assert.NotNull(c.GetAsync<V1Service>(s, ns, none).Result));
        Assert.NotNull(await c.GetAsync<V1Role>("orders-agent", ns, none));
        Assert.NotNull(await c.GetAsync<V1ConfigMap>("orders-ca", ns, none));
        var password = (await c.GetAsync<V1Secret>("orders-app", ns, none))!.Data!["password"];
        Assert.Equal(32, password.Length);

        // Somebody tampers with what is the operator's, and an agent moves what is the agents'.
        await world.PatchAsync<V1Service>(ns, "orders-rw", """{"spec":{"sessionAffinity":"ClientIP","selector":{"tandem.dev/instance":"orders-2"}},"metadata":{"annotations":{"tandem.dev/epoch":"7"}}}""");
        Assert.True(await c.DeleteAsync<V1RoleBinding>("orders-agent", ns));

        await Eventually.TrueAsync(async () => (await c.GetAsync<V1Service>("orders-rw", ns, none))!.Spec!.SessionAffinity == "None");
        await Eventually.TrueAsync(async () => await c.GetAsync<V1RoleBinding>("orders-agent", ns, none) is not null);
        var service = (await c.GetAsync<V1Service>("orders-rw", ns, none))!;
        Assert.Equal("orders-2", service.Spec!.Selector![Names.InstanceLabel]);
        Assert.Equal("7", service.Metadata.Annotations![Names.EpochAnnotation]);
        Assert.Equal(password, (await c.GetAsync<V1Secret>("orders-app", ns, none))!.Data!["password"]);
    }

    [Fact]
    public async Task A_pod_that_is_deleted_comes_back_on_the_same_claim()
    {
        var ns = await world.CreateAsync();
        await PodsCountAsync(ns, 3);
        var claim = (await world.Client.GetAsync<V1PersistentVolumeClaim>("orders-2", ns, CancellationToken.None))!.Metadata.Uid;
        var old = (await world.Client.GetAsync<V1Pod>("orders-2", ns, CancellationToken.None))!.Metadata.Uid;

        Assert.True(await world.Client.DeleteAsync<V1Pod>("orders-2", ns, new DeleteOptions(GracePeriodSeconds: 0)));

        await Eventually.TrueAsync(async () => await world.Client.GetAsync<V1Pod>("orders-2", ns, CancellationToken.None) is { } pod && pod.Metadata.Uid != old);
        Assert.Equal(claim, (await world.Client.GetAsync<V1PersistentVolumeClaim>("orders-2", ns, CancellationToken.None))!.Metadata.Uid);
        var made = (await world.Client.GetAsync<V1Pod>("orders-2", ns, CancellationToken.None))!;
        Assert.Equal(claim, made.Spec!.Containers[0].Env!.Single(e => e.Name == Names.ClaimUidVariable).Value);
    }

    [Fact]
    [Requirement("E17", "C7")]
    public async Task Status_follows_record_reports_and_pods()
    {
        var ns = await world.CreateAsync();
        await PodsCountAsync(ns, 3);
        await Eventually.TrueAsync(async () => await world.ConditionAsync(ns, ConditionTypes.Ready) is { Status: "False", Reason: "Founding" });

        foreach (var instance in Instances) await world.RunAsync(ns, instance);
        foreach (var instance in Instances) world.Agents.Reports[instance] = Report(instance, "orders-1", epoch: 1);
        await WriteRecordAsync(ns, Record(1, "orders-1"));
        await world.PatchAsync<V1Service>(ns, "orders-rw", """{"spec":{"selector":{"tandem.dev/instance":"orders-1"}}}""");

        await Eventually.TrueAsync(async () => await world.ConditionAsync(ns, ConditionTypes.Ready) is { Status: "True" } && await world.ConditionAsync(ns, ConditionTypes.Writable) is { Status: "True" }, () => Saw(ns));
        var status = (await world.ClusterAsync(ns)).Status!;
        Assert.Equal(("3/3", "orders-1", 1L, "Quorum 1 of 2"), (status.InstancesText, status.Primary, status.Epoch!.Value.Value, status.Synchronization));
        Assert.Contains($"tandem_cluster_ready{{namespace=\"{ns}\",cluster=\"orders\"}} 1", world.Metrics(), StringComparison.Ordinal);
        // The record goes with its cluster.
        await Eventually.TrueAsync(async () => (await world.Client.GetAsync<V1Lease>("orders", ns, CancellationToken.None))!.Metadata.OwnerReferences is [{ Kind: "DatabaseCluster" }]);

        // An election: told at once, and then its outcome with a row of history.
        await WriteRecordAsync(ns, Record(2, null));
        await Eventually.TrueAsync(async () => await world.ConditionAsync(ns, ConditionTypes.Ready) is { Status: "False", Reason: "Electing" }, () => Saw(ns));
        foreach (var instance in Instances) world.Agents.Reports[instance] = Report(instance, "orders-2", epoch: 2);
        await WriteRecordAsync(ns, Record(2, "orders-2"));
        await world.PatchAsync<V1Service>(ns, "orders-rw", """{"spec":{"selector":{"tandem.dev/instance":"orders-2"}}}""");
        await Eventually.TrueAsync(async () => await world.ConditionAsync(ns, ConditionTypes.Ready) is { Status: "True" }, () => Saw(ns));
        var row = (await world.ClusterAsync(ns)).Status!.History[0];
        Assert.Equal((2L, "orders-1", "orders-2", "Failover"), (row.Epoch.Value, row.From, row.To, row.Reason));
        await Eventually.TrueAsync(async () => (await world.Client.ListAsync<CoreV1Event>(ns)).Items.Any(e => e is { Reason: "Failover", InvolvedObject.Name: "orders" }));

        // The operator never wrote what is the agents'.
        var lease = (await world.Client.GetAsync<V1Lease>("orders", ns, CancellationToken.None))!;
        Assert.Equal(Incarnation("orders-2").ToString(), lease.Spec!.HolderIdentity);
    }

    [Fact]
    public async Task A_wrong_spec_is_a_condition_with_field_and_value_and_nothing_is_touched()
    {
        var ns = await world.CreateAsync();
        await PodsCountAsync(ns, 3);
        var before = (await world.PodsAsync(ns)).Select(p => (p.Metadata.Name, p.Metadata.Uid)).ToList();

        await world.PatchAsync<DatabaseCluster>(ns, "orders", """{"spec":{"parameters":{"synchronous_standby_names":"'*'"},"image":"postgres:18"}}""");

        await Eventually.TrueAsync(async () => await world.ConditionAsync(ns, ConditionTypes.Progressing) is { Status: "False", Reason: "OwnedByProtocol", ObservedGeneration: 2 }, () => Saw(ns));
        Assert.Contains("spec.parameters.synchronous_standby_names", (await world.ConditionAsync(ns, ConditionTypes.Progressing))!.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await world.ClusterAsync(ns)).Status!.ObservedGeneration);
        Assert.Equal(before, (await world.PodsAsync(ns)).Select(p => (p.Metadata.Name, p.Metadata.Uid)));

        await world.PatchAsync<DatabaseCluster>(ns, "orders", """{"spec":{"parameters":null,"image":"postgres:17"}}""");
        await Eventually.TrueAsync(async () => (await world.ClusterAsync(ns)).Status!.ObservedGeneration == 3);
        Assert.Equal(before, (await world.PodsAsync(ns)).Select(p => (p.Metadata.Name, p.Metadata.Uid)));
    }

    [Theory]
    [InlineData("{image: postgres:17, storage: {size: 20Gi, storageClass: no-such-class}}", "spec.storage.storageClass", "no-such-class")]
    [InlineData("{image: postgres:17, storage: {size: 20Gi}, priorityClassName: no-such-priority}", "spec.priorityClassName", "no-such-priority")]
    [InlineData("{image: postgres:17, storage: {size: 20Gi}, pair: no-such-pair}", "spec.pair", "no-such-pair")]
    [InlineData("{image: postgres:17, storage: {size: 20Gi}, services: {readWrite: {type: NodePort, nodePort: 80}}}", "spec.services.readWrite.nodePort", "80")]
    public async Task What_only_a_whole_cluster_can_find_wrong_is_why_it_is_not_ready(string spec, string field, string value)
    {
        var ns = await world.CreateAsync(spec);

        await Eventually.TrueAsync(async () => await world.ConditionAsync(ns, ConditionTypes.Ready) is { Status: "False" } ready && ready.Message.Contains($"{field}: {value}", StringComparison.Ordinal), () => Saw(ns));
    }

    [Fact]
    public async Task A_paused_cluster_gets_nothing()
    {
        var ns = await world.CreateAsync("{image: postgres:17, storage: {size: 20Gi}, paused: true}");

        await Eventually.TrueAsync(async () => await world.ConditionAsync(ns, ConditionTypes.Paused) is { Status: "True" });
        Assert.Empty(await world.PodsAsync(ns));
    }

    [Fact]
    public async Task An_object_of_somebody_else_is_not_taken_over()
    {
        var ns = await world.CreateAsync("{image: postgres:17, storage: {size: 20Gi}, paused: true}");
        var theirs = new V1Service { Metadata = new V1ObjectMeta { Name = "orders-ro", Namespace = ns }, Spec = new V1ServiceSpec { Ports = [new V1ServicePort { Port = 80 }] } };
        Assert.IsType<SwapResult<V1Service>.Applied>(await world.Client.CreateAsync(theirs, CancellationToken.None));

        await world.PatchAsync<DatabaseCluster>(ns, "orders", """{"spec":{"paused":false}}""");

        await Eventually.TrueAsync(async () => await world.ConditionAsync(ns, ConditionTypes.Degraded) is { Status: "True", Reason: "RefusedByApi" } degraded && degraded.Message.Contains("orders-ro", StringComparison.Ordinal), () => Saw(ns));
        Assert.Equal(80, (await world.Client.GetAsync<V1Service>("orders-ro", ns, CancellationToken.None))!.Spec!.Ports![0].Port);
    }

    [Fact]
    public async Task A_volume_grows_where_its_class_lets_it()
    {
        var ns = await world.CreateAsync();
        await PodsCountAsync(ns, 3);

        await world.PatchAsync<DatabaseCluster>(ns, "orders", """{"spec":{"storage":{"size":"40Gi"}}}""");

        // No volume is bound here: the API refuses to grow it, and says so. What is asked for is what was sent.
        await Eventually.TrueAsync(async () => await world.ConditionAsync(ns, ConditionTypes.Degraded) is { Status: "True" } degraded && degraded.Message.Contains("spec.storage.size: 40Gi", StringComparison.Ordinal), () => Saw(ns));
    }

    private async Task PodsCountAsync(string ns, int count) => await Eventually.TrueAsync(async () => (await world.PodsAsync(ns)).Count == count, () => Saw(ns));

    private string Saw(string ns) => string.Join("; ", world.ClusterAsync(ns).Result.Status?.Conditions.Select(c => $"{c.Type}={c.Status} {c.Reason}: {c.Message}") ?? ["no status"]);

    private async Task WriteRecordAsync(string ns, PrimaryRecord record)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var live = await world.Client.GetAsync<V1Lease>("orders", ns, CancellationToken.None);
            var result = live is null ? await world.Client.CreateAsync(RecordLease.New("orders", ns, record), CancellationToken.None) : await world.Client.SwapAsync(RecordLease.Write(live, record), CancellationToken.None);
            if (result is SwapResult<V1Lease>.Applied) return;
        }

        Assert.Fail("the record could not be written");
    }

    private static PrimaryRecord Record(long epoch, string? holder) => new()
    {
        Epoch = new Epoch(epoch),
        Holder = holder is null ? null : Incarnation(holder),
        State = holder is null ? RecordState.IsElecting : RecordState.IsStable,
        LeaseDuration = TimeSpan.FromSeconds(6),
        Quorums = holder is null ? [] : [new QuorumClause(new Epoch(epoch), Incarnation(holder), [.. Instances.Where(i => i != holder).Select(Incarnation)], 1)],
        Members = [.. Instances.Select(Incarnation)],
    };

    private static Incarnation Incarnation(string instance) => new(instance, new string(instance[^1], 32), "claim");

    private static AgentReport Report(string instance, string holder, long epoch) => instance == holder
        ? new AgentReport
        {
            Incarnation = Incarnation(instance).ToString(), Instance = instance, Version = "0.1.0", Epoch = epoch, State = "running", Role = "Primary", RunMode = "Primary", Admitted = true, Flushed = "0/5000100",
            Senders = [.. Instances.Where(i => i != holder).Select(i => new SenderReport(Incarnation(i).ReplicationName, "streaming", null, null, "0/5000100", null, "quorum", 1, null))],
        }
        : new AgentReport { Incarnation = Incarnation(instance).ToString(), Instance = instance, Version = "0.1.0", Epoch = epoch, State = "streaming", Role = "Standby", RunMode = "Standby", Streaming = true, Promotable = true };
}
