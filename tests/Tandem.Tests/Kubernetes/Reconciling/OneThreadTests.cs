using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Events;
using Tandem.Kubernetes.LeaderElection;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Reconciling;
using Tandem.Kubernetes.Serialization;
using Tandem.Kubernetes.Watching;
using Tandem.Tests.Support;

namespace Tandem.Tests.Kubernetes.Reconciling;

/// <summary>The whole runtime on one thread, by a clock and a chance that are handed in: what the simulation stands on.</summary>
public sealed class OneThreadTests
{
    [Fact]
    public void Runs_on_one_thread_and_twice_alike()
    {
        var first = Run(seed: 1);
        Assert.Contains("lead", first);
        Assert.Contains("reconcile c 3", first);
        Assert.Contains("event Sick", first);
        Assert.Contains("hear of c", first);
        Assert.Contains("release", first);
        Assert.Equal(first, Run(seed: 1));
        Assert.NotEqual(first, Run(seed: 2)); // the chance that is handed in is the one that is used
    }

    private static List<string> Run(int seed)
    {
        var time = new ManualTimeProvider();
        var world = new World(time);
        var random = new Random(seed);
        OneThread.Run(async () =>
        {
            using var stop = new CancellationTokenSource();
            var elector = new LeaderElector(world, new LeaderElectionOptions { Namespace = "n", Name = "leader", Identity = "me" }, time, random, NullLogger.Instance);
            var events = new EventRecorder(world, new EventRecorderOptions { Component = "c", Instance = "i" }, time, random, NullLogger.Instance);
            var host = new ControllerHost(world, time, random, NullLogger.Instance, elector);
            host.Add(new Sickly(world, events, time), new ResourceWatcherOptions { Namespace = "n" });
            var running = Task.WhenAll(host.RunAsync(stop.Token), events.RunAsync(stop.Token), ReadAsync(host.Cache<V1ConfigMap>(new ResourceWatcherOptions { Namespace = "n" }), world, stop.Token));
            await Task.Delay(TimeSpan.FromMinutes(30), time);
            stop.Cancel();
            await running;
        }, onIdle: () => time.Advance(TimeSpan.FromMilliseconds(100)));
        return world.Diary;
    }

    private static async Task ReadAsync(ResourceCache<V1ConfigMap> cache, World world, CancellationToken stopping)
    {
        try
        {
            await foreach (var change in cache.ChangesAsync(stopping)) world.Note($"hear of {change.Value.Metadata.Name}");
        }
        catch (OperationCanceledException)
        {
        }
    }

    private sealed class Sickly(World world, IEventRecorder events, TimeProvider time) : IEntityController<V1ConfigMap>
    {
        private readonly Dictionary<string, int> _attempts = [];

        public async Task<ReconcileResult> ReconcileAsync(V1ConfigMap entity, CancellationToken cancellation)
        {
            var name = entity.Metadata.Name!;
            var attempt = _attempts[name] = _attempts.GetValueOrDefault(name) + 1;
            world.Note($"reconcile {name} {attempt}");
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
            if (attempt < 3) events.Warning(entity, "Sick", $"attempt {attempt}");
            return attempt < 3 ? throw new InvalidOperationException("sick") : ReconcileResult.After(TimeSpan.FromMinutes(7));
        }
    }

    /// <summary>Just enough of an API: three objects, a lease, watches that end after a while, and a diary with the times.</summary>
    private sealed class World(TimeProvider time) : IKubernetesClient
    {
        private readonly int _thread = Environment.CurrentManagedThreadId;
        private readonly Channel<int> _never = Channel.CreateUnbounded<int>();
        private V1Lease? _lease;
        private int _version = 10;

        public List<string> Diary { get; } = [];

        public void Note(string what)
        {
            Assert.Equal(_thread, Environment.CurrentManagedThreadId);
            if (!Diary.Contains(what)) Diary.Add(what); // the first of its kind by name …
            Diary.Add($"{time.GetUtcNow():HH:mm:ss.fff} {what}"); // … and each with its time
        }

        public async Task<T?> GetAsync<T>(string name, string? @namespace, CancellationToken cancellation) where T : class, IKubernetesObject
        {
            await LatencyAsync(cancellation);
            return _lease is null ? null : (T)(object)KubernetesJson.Clone(_lease);
        }

        public async Task<KubernetesList<T>> ListAsync<T>(string? @namespace, string? labelSelector = null, string? fieldSelector = null, CancellationToken cancellation = default) where T : class, IKubernetesObject
        {
            await LatencyAsync(cancellation);
            Note("list");
            return new KubernetesList<T>([.. new[] { "a", "b", "c" }.Select(name => (T)(object)new V1ConfigMap { Metadata = new V1ObjectMeta { Name = name, Namespace = "n", Uid = name, ResourceVersion = "1" } })], "10");
        }

        public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(string? @namespace, string resourceVersion, string? labelSelector = null, string? fieldSelector = null, [EnumeratorCancellation] CancellationToken cancellation = default) where T : class, IKubernetesObject
        {
            Note("watch");
            using var end = new CancellationTokenSource(TimeSpan.FromMinutes(5), time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, end.Token);
            try
            {
                await _never.Reader.ReadAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new WatchExpiredException("in the stream");
            }
            yield break;
        }

        public async Task<SwapResult<T>> CreateAsync<T>(T value, CancellationToken cancellation) where T : class, IKubernetesObject
        {
            await LatencyAsync(cancellation);
            if (value is CoreV1Event e) Note($"event {e.Reason}");
            if (value is V1Lease lease) Keep(lease);
            return new SwapResult<T>.Applied(value);
        }

        public async Task<SwapResult<T>> SwapAsync<T>(T value, CancellationToken cancellation) where T : class, IKubernetesObject
        {
            await LatencyAsync(cancellation);
            Keep((V1Lease)(object)value);
            return new SwapResult<T>.Applied((T)(object)KubernetesJson.Clone(_lease!));
        }

        private void Keep(V1Lease lease)
        {
            Note(lease.Spec!.HolderIdentity is { Length: > 0 } ? "lead" : "release");
            _lease = KubernetesJson.Clone(lease);
            _lease.Metadata.ResourceVersion = $"{++_version}";
        }

        private Task LatencyAsync(CancellationToken cancellation) => Task.Delay(TimeSpan.FromMilliseconds(30), time, cancellation);

        public Task<SwapResult<T>> PatchAsync<T>(string name, string? @namespace, string patch, CancellationToken cancellation) where T : class, IKubernetesObject => throw new NotSupportedException();
        public Task<SwapResult<T>> SwapStatusAsync<T>(T value, CancellationToken cancellation) where T : class, IKubernetesObject => throw new NotSupportedException();
        public Task<T> ApplyAsync<T>(T value, string fieldManager, bool force, CancellationToken cancellation) where T : class, IKubernetesObject => throw new NotSupportedException();
        public Task<T> ApplyStatusAsync<T>(T value, string fieldManager, bool force, CancellationToken cancellation) where T : class, IKubernetesObject => throw new NotSupportedException();
        public Task<bool> DeleteAsync<T>(string name, string? @namespace, DeleteOptions? options = null, CancellationToken cancellation = default) where T : class, IKubernetesObject => throw new NotSupportedException();
        public Task<KubernetesVersion> GetVersionAsync(CancellationToken cancellation) => throw new NotSupportedException();
    }
}
