using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.LeaderElection;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Queueing;
using Tandem.Kubernetes.Reconciling;
using Tandem.Kubernetes.Watching;
using Tandem.Tests.Support;

namespace Tandem.Tests.Kubernetes.Reconciling;

[Collection(ApiServerCollection.Name)]
public sealed class ControllerHostTests(ApiServerFixture api)
{
    private static readonly ControllerOptions Quick = new() { Queue = new WorkQueueOptions { MaximumDelay = TimeSpan.FromMilliseconds(50), RetriesPerSecond = 1000 } };

    [Fact]
    public async Task Works_on_what_is_there_and_on_what_comes_and_changes_and_goes()
    {
        var ns = await api.NamespaceAsync();
        await PutAsync(ns, "before");
        var controller = new Recording();
        var host = Host();
        host.Add(controller, Watch(ns), Quick);
        await using var running = Running.Start(host.RunAsync);
        await Eventually.TrueAsync(() => controller.Reconciled.Contains("before 1"), controller.ToString);

        await PutAsync(ns, "after");
        await Eventually.TrueAsync(() => controller.Reconciled.Contains("after 1"), controller.ToString);
        await api.Client.PatchAsync<V1ConfigMap>("after", ns, """{"data":{"k":"2"}}""", CancellationToken.None);
        await Eventually.TrueAsync(() => controller.Reconciled.Contains("after 2"), controller.ToString);
        await api.Client.DeleteAsync<V1ConfigMap>("after", ns);
        await Eventually.TrueAsync(() => controller.Deleted.Contains("after"), controller.ToString);
    }

    [Fact]
    public async Task A_reconciler_that_fails_is_tried_again_for_ever_and_others_go_on()
    {
        var ns = await api.NamespaceAsync();
        await PutAsync(ns, "sick");
        var failures = 0;
        var controller = new Recording
        {
            Act = (map, _) => map.Metadata.Name == "sick" && Interlocked.Increment(ref failures) <= 12 // KubeOps would have given up after five
                ? throw new InvalidOperationException("it hurts")
                : Task.FromResult(ReconcileResult.Done),
        };
        var host = Host();
        host.Add(controller, Watch(ns), Quick with { Workers = 1 });
        await using var running = Running.Start(host.RunAsync);
        await Eventually.TrueAsync(() => failures > 2);
        await PutAsync(ns, "well");
        await Eventually.TrueAsync(() => controller.Reconciled.Contains("well 1"), controller.ToString);
        await Eventually.TrueAsync(() => controller.Reconciled.Contains("sick 1"), controller.ToString);
        Assert.Equal(13, failures);
        Assert.False(running.Task.IsCompleted);
    }

    [Fact]
    public async Task A_reconciler_that_hangs_is_cancelled_and_tried_again()
    {
        var ns = await api.NamespaceAsync();
        await PutAsync(ns, "slow");
        var attempts = 0;
        var controller = new Recording
        {
            Act = async (_, cancellation) =>
            {
                if (Interlocked.Increment(ref attempts) == 1) await Task.Delay(Timeout.Infinite, cancellation);
                return ReconcileResult.Done;
            },
        };
        var host = Host();
        host.Add(controller, Watch(ns), Quick with { ReconcileTimeout = TimeSpan.FromMilliseconds(300) });
        await using var running = Running.Start(host.RunAsync);
        await Eventually.TrueAsync(() => controller.Reconciled.Contains("slow 1"), controller.ToString);
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task Comes_again_after_the_time_that_was_asked_for()
    {
        var ns = await api.NamespaceAsync();
        await PutAsync(ns, "again");
        var attempts = 0;
        var controller = new Recording { Act = (_, _) => Task.FromResult(Interlocked.Increment(ref attempts) < 4 ? ReconcileResult.After(TimeSpan.FromMilliseconds(20)) : ReconcileResult.Done) };
        var host = Host();
        host.Add(controller, Watch(ns), Quick);
        await using var running = Running.Start(host.RunAsync);
        await Eventually.TrueAsync(() => attempts == 4);
    }

    [Fact]
    public async Task What_an_object_owns_and_what_is_mapped_to_it_bring_it_again()
    {
        var ns = await api.NamespaceAsync();
        var owner = await PutAsync(ns, "owner");
        var controller = new Recording();
        var host = Host();
        var added = host.Add(controller, Watch(ns), Quick)
            .Owns<V1Secret>(new ResourceWatcherOptions { Namespace = ns })
            .Watches<V1Lease>(lease => lease.Metadata.Name == "bad" ? throw new FormatException("a map that fails") : [new ResourceKey(ns, lease.Metadata.Name!)], new ResourceWatcherOptions { Namespace = ns });
        await using var running = Running.Start(host.RunAsync);
        await Eventually.TrueAsync(() => controller.Reconciled.Count == 1, controller.ToString);

        await api.Client.CreateAsync(new V1Lease { Metadata = new V1ObjectMeta { Name = "bad", Namespace = ns } }, CancellationToken.None);
        await api.Client.CreateAsync(new V1Lease { Metadata = new V1ObjectMeta { Name = "owner", Namespace = ns } }, CancellationToken.None);
        await Eventually.TrueAsync(() => controller.Reconciled.Count == 2, controller.ToString);

        var reference = new V1OwnerReference { ApiVersion = "v1", Kind = "ConfigMap", Name = "owner", Uid = owner.Metadata.Uid!, Controller = true };
        await api.Client.CreateAsync(new V1Secret { Metadata = new V1ObjectMeta { Name = "owned", Namespace = ns, OwnerReferences = [reference] } }, CancellationToken.None);
        await Eventually.TrueAsync(() => controller.Reconciled.Count == 3, controller.ToString);
        await api.Client.DeleteAsync<V1Secret>("owned", ns);
        await Eventually.TrueAsync(() => controller.Reconciled.Count == 4, controller.ToString);

        added.Enqueue(new ResourceKey(ns, "owner"));
        await Eventually.TrueAsync(() => controller.Reconciled.Count == 5, controller.ToString);
    }

    [Fact]
    public async Task A_finalizer_is_on_before_the_first_reconcile_and_off_after_it_is_done()
    {
        var ns = await api.NamespaceAsync();
        await PutAsync(ns, "kept");
        var finalizer = new SlowFinalizer();
        var controller = new Recording();
        var host = Host();
        host.Add(controller, Watch(ns), Quick).Finalizes(finalizer);
        await using var running = Running.Start(host.RunAsync);
        await Eventually.TrueAsync(() => controller.Seen.ContainsKey("kept"));
        Assert.Equal([finalizer.Name], controller.Seen["kept"].Metadata.Finalizers!);

        await api.Client.DeleteAsync<V1ConfigMap>("kept", ns);
        await Eventually.TrueAsync(() => finalizer.Calls >= 2);
        Assert.NotNull((await api.Client.GetAsync<V1ConfigMap>("kept", ns, CancellationToken.None))!.Metadata.DeletionTimestamp);
        finalizer.IsDone = true;

        await Eventually.TrueAsync(async () => await api.Client.GetAsync<V1ConfigMap>("kept", ns, CancellationToken.None) is null);
        await Eventually.TrueAsync(() => controller.Deleted.Contains("kept"), controller.ToString);
    }

    [Fact]
    public async Task On_shutdown_what_is_under_way_ends_nothing_new_begins_and_the_lease_goes_last()
    {
        var ns = await api.NamespaceAsync();
        await PutAsync(ns, "one");
        var (entered, leave) = (new TaskCompletionSource(), new TaskCompletionSource());
        var holderAtTheEnd = "";
        var controller = new Recording
        {
            Act = async (_, _) =>
            {
                entered.TrySetResult();
                await leave.Task;
                holderAtTheEnd = (await api.Client.GetAsync<V1Lease>("leader", ns, CancellationToken.None))!.Spec!.HolderIdentity!;
                return ReconcileResult.Done;
            },
        };
        var elector = new LeaderElector(api.Client, new LeaderElectionOptions { Namespace = ns, Name = "leader", Identity = "me" }, TimeProvider.System, new Random(1), NullLogger.Instance);
        var host = Host(elector);
        host.Add(controller, Watch(ns), Quick with { Workers = 1 });
        await using var running = Running.Start(host.RunAsync);
        await entered.Task.EndsAsync();
        await PutAsync(ns, "two"); // waits in the queue: one worker only
        var stopped = running.StopAsync();
        Assert.False(stopped.IsCompleted);

        leave.SetResult();
        await stopped;

        Assert.Equal(["one 1"], controller.Reconciled);
        Assert.Equal("me", holderAtTheEnd);
        Assert.NotEqual("me", (await api.Client.GetAsync<V1Lease>("leader", ns, CancellationToken.None))!.Spec!.HolderIdentity);
    }

    [Fact]
    public async Task Caches_are_warm_before_the_election()
    {
        var ns = await api.NamespaceAsync();
        for (var i = 0; i < 5; i++) await PutAsync(ns, $"m{i}");
        var elector = new LeaderElector(api.Client, new LeaderElectionOptions { Namespace = ns, Name = "leader", Identity = "me" }, TimeProvider.System, new Random(1), NullLogger.Instance);
        var host = Host(elector);
        var sizes = new ConcurrentBag<int>();
        var cache = host.Cache<V1ConfigMap>(Watch(ns));
        host.Add(new Recording { Act = (_, _) => { sizes.Add(cache.Count); return Task.FromResult(ReconcileResult.Done); } }, Watch(ns), Quick);
        Assert.Same(cache, host.Cache<V1ConfigMap>(Watch(ns)));
        await using var running = Running.Start(host.RunAsync);
        await Eventually.TrueAsync(() => sizes.Count == 5);
        Assert.All(sizes, s => Assert.Equal(5, s));
        Assert.True(host.IsWarm && elector.IsLeader);
    }

    private ControllerHost Host(LeaderElector? elector = null) => new(api.Client, TimeProvider.System, new Random(1), NullLogger.Instance, elector);

    private static ResourceWatcherOptions Watch(string ns) => new() { Namespace = ns, LabelSelector = "test=controller" };

    private async Task<V1ConfigMap> PutAsync(string ns, string name)
    {
        var map = new V1ConfigMap { Metadata = new V1ObjectMeta { Name = name, Namespace = ns, Labels = new() { ["test"] = "controller" } }, Data = new() { ["k"] = "1" } };
        return Assert.IsType<SwapResult<V1ConfigMap>.Applied>(await api.Client.CreateAsync(map, CancellationToken.None)).Value;
    }

    private sealed class Recording : IEntityController<V1ConfigMap>
    {
        public ConcurrentQueue<string> Reconciled { get; } = [];
        public ConcurrentQueue<string> Deleted { get; } = [];
        public ConcurrentDictionary<string, V1ConfigMap> Seen { get; } = [];
        public Func<V1ConfigMap, CancellationToken, Task<ReconcileResult>> Act { get; init; } = (_, _) => Task.FromResult(ReconcileResult.Done);

        public async Task<ReconcileResult> ReconcileAsync(V1ConfigMap entity, CancellationToken cancellation)
        {
            var result = await Act(entity, cancellation);
            Seen[entity.Metadata.Name!] = entity;
            Reconciled.Enqueue($"{entity.Metadata.Name} {entity.Data!["k"]}");
            return result;
        }

        public Task DeletedAsync(V1ConfigMap entity, CancellationToken cancellation)
        {
            Deleted.Enqueue(entity.Metadata.Name!);
            return Task.CompletedTask;
        }

        public override string ToString() => $"reconciled {string.Join(", ", Reconciled)}; deleted {string.Join(", ", Deleted)}";
    }

    private sealed class SlowFinalizer : IEntityFinalizer<V1ConfigMap>
    {
        public int Calls;
        public volatile bool IsDone;

        public string Name => "tests.tandem.dev/slow";

        public Task<ReconcileResult> FinalizeAsync(V1ConfigMap entity, CancellationToken cancellation)
        {
            Interlocked.Increment(ref Calls);
            return Task.FromResult(IsDone ? ReconcileResult.Done : ReconcileResult.After(TimeSpan.FromMilliseconds(20)));
        }
    }
}
