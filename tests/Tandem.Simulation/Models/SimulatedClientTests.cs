using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;
using Tandem.Simulation.Api;
using Tandem.Simulation.Kernel;
using Xunit;

namespace Tandem.Simulation.Models;

/// <summary>What a caller gets to know, and what becomes of its request all the same.</summary>
public sealed class SimulatedClientTests
{
    private readonly ApiWorld _world = new();

    [Fact]
    public void A_write_whose_answer_is_cut_off_is_unknown_and_applied()
    {
        var (process, client, lease) = Connected();
        _world.Wires.Cut("api", "a");
        Assert.IsType<SwapResult<V1Lease>.Unknown>(_world.Do(process, () => client.SwapAsync(ApiWorld.With(lease, "b"), default)));
        Assert.Equal("b", Holder());
    }

    [Fact]
    public void A_write_that_is_stuck_in_a_cut_may_be_applied_after_its_sender_gave_up()
    {
        var (process, client, lease) = Connected();
        _world.Wires.Cut("a", "api");
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(1), process.Time);
        var outcome = _world.Do(process, () => client.SwapAsync(ApiWorld.With(lease, "b"), timeout.Token));
        Assert.IsType<SwapResult<V1Lease>.Unknown>(outcome);
        Assert.Equal("a", Holder());
        _world.Wires.Mend("a", "api");
        _world.Run(5);
        Assert.Equal("b", Holder());
    }

    [Fact]
    public void A_write_that_is_late_at_the_server_lands_unless_somebody_wrote_first()
    {
        var (process, client, lease) = Connected();
        _world.Server.Faults.AppliesLate = 1;
        var late = ApiWorld.Begin(process, () => client.SwapAsync(ApiWorld.With(lease, "late"), default));
        _world.Run(0.05);
        _world.Server.Edit<V1Lease>(ApiWorld.Namespace, "r", l => l.Spec!.HolderIdentity = "first");
        _world.Run(30);
        Assert.True(ApiWorld.Result(late) is SwapResult<V1Lease>.Conflict or SwapResult<V1Lease>.Unknown);
        Assert.Equal("first", Holder());
    }

    [Fact]
    public void A_write_that_fails_after_it_was_applied_is_unknown()
    {
        var (process, client, lease) = Connected();
        _world.Server.Faults.AppliedButFails = 1;
        Assert.IsType<SwapResult<V1Lease>.Unknown>(_world.Do(process, () => client.SwapAsync(ApiWorld.With(lease, "b"), default)));
        Assert.Equal("b", Holder());
    }

    [Fact]
    public void A_write_that_is_delivered_twice_lands_once()
    {
        var (process, client, lease) = Connected();
        _world.Server.Faults.Duplicates = 1;
        Assert.IsType<SwapResult<V1Lease>.Applied>(_world.Do(process, () => client.SwapAsync(ApiWorld.With(lease, "b"), default)));
        var commits = _world.Server.Commits;
        _world.Run(10);
        Assert.Equal(commits, _world.Server.Commits);
    }

    [Fact]
    public void Without_an_answer_a_call_ends_by_its_deadline_or_its_callers_cancellation()
    {
        var (process, client, _) = Connected();
        _world.Wires.Cut("a", "api");
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(1), process.Time);
        Assert.Throws<TaskCanceledException>(() => _world.Do(process, () => Cancelled(() => client.GetAsync<V1Lease>("r", ApiWorld.Namespace, timeout.Token))));
        Assert.Throws<KubernetesUnreachableException>(() => _world.Do(process, () => client.GetAsync<V1Lease>("r", ApiWorld.Namespace, default)));
        Assert.IsType<SwapResult<V1Lease>.Unknown>(_world.Do(process, () => client.CreateAsync(ApiWorld.Lease("s"), default)));
    }

    [Fact]
    public void A_server_that_is_down_refuses_quickly_and_serves_again_when_it_is_up()
    {
        var (process, client, _) = Connected();
        _world.Server.GoDown();
        var begun = _world.Events.Now;
        Assert.Throws<KubernetesUnreachableException>(() => _world.Do(process, () => client.GetAsync<V1Lease>("r", ApiWorld.Namespace, default)));
        Assert.InRange(_world.Events.Now - begun, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.IsType<SwapResult<V1Lease>.Unknown>(_world.Do(process, () => client.CreateAsync(ApiWorld.Lease("s"), default)));
        _world.Server.ComeUp();
        Assert.NotNull(_world.Do(process, () => client.GetAsync<V1Lease>("r", ApiWorld.Namespace, default)));
        _world.Run(20);
        Assert.Null(_world.Server.Find<V1Lease>(ApiWorld.Namespace, "s"));
    }

    [Fact]
    public void Refusals_of_reads_are_retried_and_a_type_that_is_not_served_is_not_absent()
    {
        var (process, client, _) = Connected();
        _world.Server.Faults.Refuses = 0.4;
        for (var i = 0; i < 20; i++)
        {
            try
            {
                _world.Do(process, () => client.GetAsync<V1Lease>("r", ApiWorld.Namespace, default));
            }
            catch (Exception e) when (e is KubernetesException { StatusCode: 429 or 500 } or KubernetesUnreachableException)
            {
            }
        }
        _world.Server.Faults.Clear();
        _world.Server.NotServed.Add(typeof(V1Lease));
        Assert.Equal(404, Assert.Throws<KubernetesException>(() => _world.Do(process, () => client.GetAsync<V1Lease>("r", ApiWorld.Namespace, default))).StatusCode);
        Assert.IsType<SwapResult<V1Lease>.Refused>(_world.Do(process, () => client.CreateAsync(ApiWorld.Lease("s"), default)));
    }

    [Fact]
    public void A_cache_keeps_up_through_lag_drops_compaction_and_cuts()
    {
        var process = _world.Process("a");
        var client = _world.Client(process);
        var cache = new ResourceCache<V1Lease>();
        var seen = new List<string>();
        cache.Changed += change => seen.Add(change.Value.Spec!.HolderIdentity!);
        using var ended = new CancellationTokenSource();
        process.Run(() => _ = new ResourceWatcher<V1Lease>(client, cache, new ResourceWatcherOptions { Namespace = ApiWorld.Namespace, FieldSelector = "metadata.name=r" }, process.Time, process.Chance, process.Logger).RunAsync(ended.Token));
        _world.Server.Put(ApiWorld.Lease("r"));
        _world.Server.Put(ApiWorld.Lease("other"));
        _world.Run(1);

        _world.Server.Faults.WatchLag = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        Write("b");
        Write("c");
        _world.Run(0.5);
        Assert.Equal("a", Cached());
        _world.Run(5);
        Assert.Equal(["a", "b", "c"], seen);
        _world.Server.Faults.Clear();

        _world.Server.Faults.DropsWatches = 0.5;
        for (var i = 0; i < 20; i++)
        {
            Write($"d{i}");
            _world.Run(1);
        }
        _world.Server.Faults.Clear();
        _world.Run(5);
        Assert.Equal(23, seen.Count);

        _world.Server.DropWatches();
        Write("e");
        _world.Server.CompactHistory();
        _world.Run(5);
        Assert.Equal("e", Cached());

        _world.Wires.Cut("api", "a");
        Write("f");
        _world.Run(20);
        Assert.Equal("e", Cached());
        _world.Wires.Mend("api", "a");
        _world.Run(10);
        Assert.Equal("f", Cached());

        _world.Server.StallWatches();
        Write("g");
        _world.Run(30);
        Assert.Equal("f", Cached());
        _world.Server.ReleaseWatches();
        _world.Run(1);
        Assert.Equal("g", Cached());

        _world.Server.GoDown(silently: true);
        _world.Run(30);
        _world.Server.ComeUp();
        Write("h");
        _world.Run(10);
        Assert.Equal("h", Cached());

        string? Cached() => cache.Get(ApiWorld.Namespace, "r")?.Spec!.HolderIdentity;
        void Write(string holder) => _world.Server.Edit<V1Lease>(ApiWorld.Namespace, "r", l => l.Spec!.HolderIdentity = holder);
    }

    [Fact]
    public void What_a_process_sent_before_it_was_killed_lands_and_one_that_is_stopped_hears_later()
    {
        var (process, client, lease) = Connected();
        process.Pause();
        var stopped = ApiWorld.Begin(process, () => client.SwapAsync(ApiWorld.With(lease, "b"), default));
        _world.Run(10);
        Assert.False(stopped.IsCompleted);
        process.Resume();
        _world.Run(1);
        var swapped = Assert.IsType<SwapResult<V1Lease>.Applied>(ApiWorld.Result(stopped)).Value;

        var killed = ApiWorld.Begin(process, () => client.SwapAsync(ApiWorld.With(swapped, "c"), default));
        Assert.True(_world.Events.Step(TimeSpan.MaxValue));
        process.Kill();
        _world.Run(10);
        Assert.Equal("c", Holder());
        Assert.False(killed.IsCompleted);
    }

    [Fact]
    public void A_client_that_is_disposed_of_lets_go_of_who_waits()
    {
        var (process, client, lease) = Connected();
        _world.Wires.Cut("api", "a");
        var waiting = ApiWorld.Begin(process, () => client.GetAsync<V1Lease>("r", ApiWorld.Namespace, default));
        _world.Run(0.1);
        process.Run(client.Dispose);
        _world.Run(0.1);
        Assert.Throws<KubernetesUnreachableException>(() => ApiWorld.Result(waiting));
        Assert.Throws<ObjectDisposedException>(() => _world.Do(process, () => client.SwapAsync(lease, default)));
    }

    [Fact]
    public void A_watch_from_a_version_of_after_the_backup_hears_nothing_before_it_is_reached()
    {
        var (process, client, _) = Connected();
        var backup = _world.Server.TakeBackup();
        for (var i = 0; i < 10; i++) _world.Server.Put(ApiWorld.Lease($"x{i}"));
        var version = _world.Server.Version.ToString(System.Globalization.CultureInfo.InvariantCulture);
        _world.Server.RestoreBackup(backup);
        _world.Run(1);
        _world.Server.Put(ApiWorld.Lease("unheard"));
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(5), process.Time);
        var first = ApiWorld.Begin(process, () => FirstAsync(client, version, timeout.Token));
        _world.Run(2);
        for (var i = 0; i < 10; i++) _world.Server.Put(ApiWorld.Lease($"y{i}"));
        _world.Run(5);
        Assert.Equal("y9", ApiWorld.Result(first));
    }

    private static async Task<string?> FirstAsync(SimulatedKubernetesClient client, string version, CancellationToken cancellation)
    {
        await foreach (var @event in client.WatchAsync<V1Lease>(ApiWorld.Namespace, version, cancellation: cancellation)) return @event.Value.Metadata.Name;
        return null;
    }

    private static async Task<T> Cancelled<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException)
        {
            throw new TaskCanceledException();
        }
    }

    private string? Holder() => _world.Server.Find<V1Lease>(ApiWorld.Namespace, "r")!.Spec!.HolderIdentity;

    private (SimulatedProcess Process, SimulatedKubernetesClient Client, V1Lease Lease) Connected()
    {
        _world.Server.Put(ApiWorld.Lease("r"));
        var process = _world.Process("a");
        var client = _world.Client(process);
        return (process, client, _world.Do(process, () => client.GetAsync<V1Lease>("r", ApiWorld.Namespace, default))!);
    }
}
