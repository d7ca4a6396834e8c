using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Operator.Clusters.Desired;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Simulation.Api;
using Xunit;

namespace Tandem.Simulation.Models;

/// <summary>What the store itself promises: versions, swaps, status, apply, deletion.</summary>
public sealed class ApiServerTests
{
    private readonly ApiWorld _world = new();

    [Fact]
    public void A_swap_lands_on_the_version_that_it_names_alone()
    {
        var process = _world.Process("a");
        var client = _world.Client(process);
        var made = Assert.IsType<SwapResult<V1Lease>.Applied>(_world.Do(process, () => client.CreateAsync(ApiWorld.Lease("r"), default))).Value;
        Assert.IsType<SwapResult<V1Lease>.Conflict>(_world.Do(process, () => client.CreateAsync(ApiWorld.Lease("r"), default)));

        var first = Assert.IsType<SwapResult<V1Lease>.Applied>(_world.Do(process, () => client.SwapAsync(ApiWorld.With(made, "b"), default))).Value;
        Assert.IsType<SwapResult<V1Lease>.Conflict>(_world.Do(process, () => client.SwapAsync(ApiWorld.With(made, "c"), default)));
        Assert.Equal("b", _world.Server.Find<V1Lease>(ApiWorld.Namespace, "r")!.Spec!.HolderIdentity);
        Assert.True(long.Parse(first.Metadata.ResourceVersion!) > long.Parse(made.Metadata.ResourceVersion!));

        var same = Assert.IsType<SwapResult<V1Lease>.Applied>(_world.Do(process, () => client.SwapAsync(first, default))).Value;
        Assert.Equal(first.Metadata.ResourceVersion, same.Metadata.ResourceVersion);
    }

    [Fact]
    public void A_swap_of_what_was_deleted_and_made_anew_is_a_conflict()
    {
        var process = _world.Process("a");
        var client = _world.Client(process);
        var old = _world.Server.Put(ApiWorld.Lease("r"));
        _world.Server.Delete<V1Lease>(ApiWorld.Namespace, "r");
        Assert.IsType<SwapResult<V1Lease>.Conflict>(_world.Do(process, () => client.SwapAsync(ApiWorld.With(old, "b"), default)));
        Assert.IsType<SwapResult<V1Lease>.Absent>(_world.Do(process, () => client.PatchAsync<V1Lease>("r", ApiWorld.Namespace, "{}", default)));
        _world.Server.Put(ApiWorld.Lease("r"));
        Assert.IsType<SwapResult<V1Lease>.Conflict>(_world.Do(process, () => client.SwapAsync(ApiWorld.With(old, "b"), default)));
    }

    [Fact]
    public void Spec_and_status_are_written_apart_and_the_generation_counts_specs()
    {
        var process = _world.Process("a");
        var client = _world.Client(process);
        var cluster = Assert.IsType<SwapResult<DatabaseCluster>.Applied>(_world.Do(process, () => client.CreateAsync(Cluster(), default))).Value;
        Assert.Equal(1, cluster.Metadata.Generation);

        cluster.Status = new DatabaseClusterStatus { Primary = "db-1" };
        cluster.Spec.Instances = 5;
        var status = Assert.IsType<SwapResult<DatabaseCluster>.Applied>(_world.Do(process, () => client.SwapStatusAsync(cluster, default))).Value;
        Assert.Equal(("db-1", 3, 1L), (status.Status!.Primary, status.Spec.Instances, status.Metadata.Generation));

        status.Spec.Instances = 5;
        status.Status = null;
        var spec = Assert.IsType<SwapResult<DatabaseCluster>.Applied>(_world.Do(process, () => client.SwapAsync(status, default))).Value;
        Assert.Equal(("db-1", 5, 2L), (spec.Status!.Primary, spec.Spec.Instances, spec.Metadata.Generation));
    }

    [Fact]
    public void An_apply_takes_away_what_it_had_applied_and_nothing_of_others()
    {
        var process = _world.Process("a");
        var client = _world.Client(process);
        var cluster = _world.Server.Put(Cluster());
        var service = ServiceBuilder.ReadWrite(cluster);
        service.Metadata.Annotations = new() { ["mine"] = "1" };
        var applied = _world.Do(process, () => client.ApplyAsync(service, "op", true, default));
        applied.Spec!.Selector = new() { ["tandem.dev/instance"] = "db-1" };
        applied.Metadata.Annotations!["tandem.dev/epoch"] = "7";
        Assert.IsType<SwapResult<V1Service>.Applied>(_world.Do(process, () => client.SwapAsync(applied, default)));

        service.Metadata.Annotations = null;
        var again = _world.Do(process, () => client.ApplyAsync(service, "op", true, default));
        Assert.Equal("db-1", again.Spec!.Selector!["tandem.dev/instance"]);
        Assert.Equal("7", Assert.Single(again.Metadata.Annotations!).Value);
        Assert.Single(again.Spec.Ports!);
        Assert.Equal(again.Metadata.ResourceVersion, _world.Do(process, () => client.ApplyAsync(service, "op", true, default)).Metadata.ResourceVersion);
    }

    [Fact]
    public void A_patch_with_a_version_is_a_swap()
    {
        var process = _world.Process("a");
        var client = _world.Client(process);
        var lease = _world.Server.Put(ApiWorld.Lease("r"));
        var patch = $$"""{ "metadata": { "resourceVersion": "{{lease.Metadata.ResourceVersion}}", "annotations": { "x": "1" }, "labels": null } }""";
        var patched = Assert.IsType<SwapResult<V1Lease>.Applied>(_world.Do(process, () => client.PatchAsync<V1Lease>("r", ApiWorld.Namespace, patch, default))).Value;
        Assert.Equal((2, true), (patched.Metadata.Annotations!.Count, patched.Metadata.Labels is null));
        Assert.IsType<SwapResult<V1Lease>.Conflict>(_world.Do(process, () => client.PatchAsync<V1Lease>("r", ApiWorld.Namespace, patch, default)));
    }

    [Fact]
    public void Finalizers_hold_and_owners_take_their_own_with_them()
    {
        var cluster = Cluster();
        cluster.Metadata.Finalizers = ["tandem.dev/x"];
        cluster = _world.Server.Put(cluster);
        _world.Server.Put(ServiceBuilder.Read(cluster));
        _world.Server.Put(ApiWorld.Lease("unowned"));

        Assert.True(_world.Server.Delete<DatabaseCluster>(ApiWorld.Namespace, "db"));
        _world.Run(5);
        Assert.NotNull(_world.Server.Find<DatabaseCluster>(ApiWorld.Namespace, "db")!.Metadata.DeletionTimestamp);
        Assert.Single(_world.Server.All<V1Service>());

        _world.Server.Edit<DatabaseCluster>(ApiWorld.Namespace, "db", c => c.Metadata.Finalizers = null);
        Assert.Empty(_world.Server.All<DatabaseCluster>());
        _world.Run(5);
        Assert.Empty(_world.Server.All<V1Service>());
        Assert.Single(_world.Server.All<V1Lease>());
    }

    [Fact]
    public void A_backup_brings_back_objects_uids_and_versions()
    {
        var before = _world.Server.Put(ApiWorld.Lease("r"));
        var backup = _world.Server.TakeBackup();
        _world.Server.Edit<V1Lease>(ApiWorld.Namespace, "r", l => l.Spec!.HolderIdentity = "b");
        _world.Server.Put(ApiWorld.Lease("later"));
        var late = _world.Server.Version;
        _world.Server.RestoreBackup(backup);
        Assert.Same(before, Assert.Single(_world.Server.All<V1Lease>()));
        Assert.True(_world.Server.Version < late);
        var again = _world.Server.Put(ApiWorld.Lease("another"));
        Assert.True(long.Parse(again.Metadata.ResourceVersion!) <= late);
    }

    [Fact]
    public void A_copy_is_what_json_would_give()
    {
        var cluster = _world.Server.Put(Cluster());
        cluster = _world.Server.Edit<DatabaseCluster>(ApiWorld.Namespace, "db", c => c.Status = new DatabaseClusterStatus { Primary = "db-1", Conditions = [new V1Condition { Type = "Ready", Status = "True", Reason = "R", LastTransitionTime = new DateTimeOffset(2030, 1, 1, 3, 0, 0, TimeSpan.FromHours(2)).AddMilliseconds(123) }] })!;
        Same(cluster);
        Same(PodBuilder.Build(cluster, "db-1", "uid", new PodSettings("east", "image")));
        Same(ServiceBuilder.ReadOnly(cluster));
        Same(ClaimBuilder.Build(cluster, "db-1"));
        Same(AccountBuilder.Role(cluster));
        Same(DisruptionBudgetBuilder.Build(cluster));
        Same(ApplicationSecretBuilder.Build(cluster, "secret"));
        var lease = ApiWorld.Lease("r");
        lease.Spec!.RenewTime = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(1234567);
        Same(lease);
        Assert.Equal(1234560, Copies.Of(lease).Spec!.RenewTime!.Value.Ticks % TimeSpan.TicksPerSecond);

        static void Same<T>(T value) where T : class, IKubernetesObject
        {
            var (copy, json) = (Copies.Of(value), KubernetesJson.Clone(value));
            Assert.Equal(KubernetesJson.Serialize(json), KubernetesJson.Serialize(copy));
            Assert.True(Copies.AreEqual(json, copy));
            Assert.NotSame(value.Metadata, copy.Metadata);
            copy.Metadata.Name += "x";
            Assert.False(Copies.AreEqual(json, copy));
        }
    }

    internal static DatabaseCluster Cluster() => new()
    {
        Metadata = new V1ObjectMeta { Name = "db", Namespace = ApiWorld.Namespace },
        Spec = new DatabaseClusterSpec { Image = "postgres:17", Storage = new StorageSpec { Size = new Quantity("1Gi") } },
    };
}
