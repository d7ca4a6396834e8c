using System.Text.Json.Nodes;
using Tandem.Cluster.Tests.Sandbox;
using Tandem.Sandbox.Demo;
using Tandem.Sandbox.Demo.Faults;
using Tandem.Sandbox.Demo.Writing;
using Tandem.Sandbox.Faults;
using Tandem.Sandbox.Host;

namespace Tandem.Cluster.Tests.Clusters;

/// <summary>
/// The primary is lost in one way after another, under a writer: another instance takes over, nothing acknowledged is missing, all is Ready again.
/// How fast is the demo's to judge, on a machine that does nothing else.
/// </summary>
[Collection(SandboxCollection.Name)]
public sealed class FailoverTests(SandboxFixture fixture, FailoverDatabase database) : IClassFixture<FailoverDatabase>, IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan WatchTime = TimeSpan.FromSeconds(5);
    private DemoStage? made;

    private DemoStage Stage => made ?? throw new InvalidOperationException("The database is not there yet.");

    private DemoSite Site => Stage.Primary;

    public async Task InitializeAsync()
    {
        made = await database.StageAsync(fixture.Sandbox);
        await Stage.SettledAsync(default);
    }

    public Task DisposeAsync() => NetworkFaults.MendAllAsync();

    [Fact]
    public async Task A_killed_server_comes_back_or_is_replaced_and_nothing_is_lost() => await LosesNothingAsync(new ServerKilled());

    [Fact]
    public async Task A_deleted_pod_is_replaced_by_another_instance_and_nothing_is_lost() => await ChangesHolderAsync(new PodDeleted());

    [Fact]
    public async Task A_node_that_is_cut_off_is_replaced_and_comes_back_as_standby() => await ChangesHolderAsync(new NodeCutOff());

    [Fact]
    public async Task A_switchover_changes_the_primary_and_loses_nothing() => await ChangesHolderAsync(new InstanceSwitchover());

    [Fact] // C13
    public async Task A_primary_that_is_ended_in_order_hands_over_and_nothing_is_lost()
    {
        var (before, epoch) = await Site.HolderAsync(default);
        // Its log is gone with the pod: it is followed until then, for the case that something is not as it should be.
        var said = Site.KubectlAsync(default, "logs", before, "--follow", "--tail=0");
        var from = WriteLog.Now();
        await Site.KubectlAsync(default, "delete", "pod", before, "--wait=false");
        await Stage.Writer.RecoveredAsync(from, Deadline, default);
        await Stage.SettledAsync(default);

        var (after, later) = await Site.HolderAsync(default);
        Assert.True(before != after, $"{before} is the primary again, in epoch {later} after {epoch}. What it said while it was ended:\n{await said}");
        // One epoch further, by the old holder's own swap: nobody had to suspect it, and nothing was elected.
        var row = (await Site.ClusterAsync(default))!["status"]!["history"]![0]!;
        Assert.True(later == epoch + 1 && row["reason"]?.GetValue<string>() == "Switchover", $"epoch {later} after {epoch}, and the history says {row}. What {before} said while it was ended:\n{await said}");
        Assert.Empty((await Stage.Writer.ReadBackAsync(Deadline, default)).Lost);
    }

    /// <summary>Where it is not let go first, every commit waits until the set goes on without it, or its pod is back.</summary>
    [Fact] // C13, E4
    public async Task A_standby_that_is_ended_in_order_keeps_no_commit_waiting()
    {
        await SynchronizeAsync(new JsonObject { ["mode"] = "Synchronous" });
        try
        {
            await ConfirmedByAsync("2 of 2");
            var standby = await Site.PromotableAsync(default) ?? throw new InvalidOperationException("no standby is promotable");
            var from = WriteLog.Now();
            await Site.KubectlAsync(default, "delete", "pod", standby, "--wait=false");
            await ConfirmedByAsync("1 of 1");
            await ConfirmedByAsync("2 of 2");

            Assert.InRange(Stage.Writer.Log.LongestGap(from, WriteLog.Now()).TotalSeconds, 0, 2);
            Assert.Equal("the writer's connection has not broken", Stage.Writer.Log.Unrecovered(from, TimeSpan.Zero));
        }
        finally
        {
            await SynchronizeAsync(null);
        }
        await Stage.SettledAsync(default);
    }

    [Fact]
    public async Task Without_an_operator_a_deleted_pod_still_ends_with_a_new_primary_and_a_moved_selector()
    {
        await ScaleOperatorAsync(0);
        try
        {
            var (before, epoch) = await Site.HolderAsync(default);
            var from = await new PodDeleted().InflictAsync(Stage, default);
            await Stage.Writer.RecoveredAsync(from, Deadline, default);

            var (after, later) = await Site.HolderAsync(default);
            Assert.NotEqual(before, after);
            Assert.True(later > epoch, $"epoch {later} after {epoch}");
            Assert.Equal(after, await SelectedAsync());
            Assert.Empty((await Stage.Writer.ReadBackAsync(Deadline, default)).Lost);
        }
        finally
        {
            await ScaleOperatorAsync(1);
        }
        await Stage.SettledAsync(default);
    }

    [Fact]
    public async Task The_same_manifests_applied_again_move_nothing()
    {
        var before = await FingerprintAsync();
        var from = WriteLog.Now();
        await Site.Site.Kubectl.ApplyAsync(database.Manifests);
        await StaysAsync(before, WatchTime);
        Assert.Equal("the writer's connection has not broken", Stage.Writer.Log.Unrecovered(from, TimeSpan.Zero));
    }

    private async Task ChangesHolderAsync(Fault fault)
    {
        var (before, _) = await Site.HolderAsync(default);
        await LosesNothingAsync(fault);
        var (after, _) = await Site.HolderAsync(default);
        Assert.NotEqual(before, after);
        Assert.Equal(after, await SelectedAsync());
    }

    private async Task LosesNothingAsync(Fault fault)
    {
        var result = await FaultRunner.RunAsync(Stage, fault, default);
        Assert.Equal(0, result.Lost);
        Assert.True(result.Acknowledged > 0);
    }

    /// <param name="synchronization">Null: as the API's defaults say.</param>
    private Task<string> SynchronizeAsync(JsonObject? synchronization) =>
        Site.KubectlAsync(default, "patch", "databasecluster", Site.Cluster, "--type=merge", "--patch", new JsonObject { ["spec"] = new JsonObject { ["synchronization"] = synchronization } }.ToJsonString());

    /// <summary>Until status says that so many confirm every commit.</summary>
    private Task ConfirmedByAsync(string clause) => Waiting.UntilAsync($"commits confirmed by {clause}", Deadline, async cancellation =>
    {
        var said = (await Site.ClusterAsync(cancellation))?["status"]?["conditions"]?.AsArray().FirstOrDefault(c => c?["type"]?.GetValue<string>() == "Synchronized");
        return said?["status"]?.GetValue<string>() == "True" && said["message"]!.GetValue<string>().Contains($"confirmed by {clause}", StringComparison.Ordinal) ? null : $"{said?["reason"]}: {said?["message"]}";
    }, default);

    private async Task ScaleOperatorAsync(int replicas)
    {
        const string operators = "tandem-system";
        await Site.Site.Kubectl.RunAsync("--namespace", operators, "scale", "deployment/tandem", $"--replicas={replicas}");
        await Waiting.UntilAsync($"{replicas} operators", Deadline, async token =>
        {
            var pods = await Site.Site.Api.ListAsync($"/api/v1/namespaces/{operators}/pods", token);
            return pods.Count == replicas && pods.All(IsReady) ? null : $"{pods.Count} pods, {pods.Count(IsReady)} of them ready";
        }, default);
    }

    private static bool IsReady(JsonNode pod) =>
        pod["status"]?["conditions"]?.AsArray().Any(condition => condition?["type"]?.GetValue<string>() == "Ready" && condition["status"]?.GetValue<string>() == "True") == true;

    private async Task<string?> SelectedAsync() =>
        (await Site.Site.Api.GetAsync($"/api/v1/namespaces/{Site.Namespace}/services/{Site.Cluster}-rw", default))?["spec"]?["selector"]?["tandem.dev/instance"]?.GetValue<string>();

    /// <summary>What would differ if anything had moved: the spec's generation, the record's holder and epoch, the pods, the selector.</summary>
    private async Task<string> FingerprintAsync()
    {
        var pods = await Site.Site.Api.ListAsync($"/api/v1/namespaces/{Site.Namespace}/pods", default);
        var generation = (await Site.ClusterAsync(default))?["metadata"]?["generation"];
        return $"generation {generation}, {await Site.HolderAsync(default)}, selector {await SelectedAsync()}, pods {string.Join(' ', pods.Select(pod => pod["metadata"]!["uid"]!.GetValue<string>()).Order(StringComparer.Ordinal))}";
    }

    private async Task StaysAsync(string wanted, TimeSpan time)
    {
        for (var began = WriteLog.Now(); WriteLog.Elapsed(began, WriteLog.Now()) < time; await Task.Delay(TimeSpan.FromMilliseconds(200)))
            Assert.Equal(wanted, await FingerprintAsync());
    }
}
