using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.LeaderElection;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;

namespace Tandem.Kubernetes.Reconciling;

/// <summary>
/// Runs controllers over shared caches. In order: all caches are warm; this process leads; all caches have caught up with what another leader may have written; the controllers work on every object there is, and then on
/// changes; on shutdown they drain; the lease is released last.
/// </summary>
public sealed class ControllerHost(IKubernetesClient client, TimeProvider time, Random random, ILogger logger, LeaderElector? elector = null)
{
    private readonly Dictionary<(Type, ResourceWatcherOptions), (object Cache, IResourceWatcher Watcher)> _caches = [];
    private readonly List<IController> _controllers = [];
    private static readonly TimeSpan CatchUpLimit = TimeSpan.FromSeconds(5);

    private bool _running;

    /// <summary>The cache of a type under a selection: one watch, however many ask for it. Ask before the host runs.</summary>
    public ResourceCache<T> Cache<T>(ResourceWatcherOptions? watch = null) where T : class, IKubernetesObject
    {
        var key = (typeof(T), watch ?? new ResourceWatcherOptions());
        if (_caches.TryGetValue(key, out var known)) return (ResourceCache<T>)known.Cache;
        if (_running) throw new InvalidOperationException($"the host runs already: a cache of {typeof(T).Name} would never be filled");
        var cache = new ResourceCache<T>();
        _caches[key] = (cache, new ResourceWatcher<T>(client, cache, key.Item2, time, random, logger));
        return cache;
    }

    public Controller<T> Add<T>(IEntityController<T> controller, ResourceWatcherOptions? watch = null, ControllerOptions? options = null) where T : class, IKubernetesObject
    {
        var added = new Controller<T>(this, client, controller, Cache<T>(watch), options ?? new ControllerOptions(), time, logger);
        _controllers.Add(added);
        return added;
    }

    /// <summary>All caches have been filled once: fit for a readiness probe.</summary>
    public bool IsWarm { get; private set; }

    /// <summary>Ends when <paramref name="stopping"/> is cancelled and all is drained.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        _running = true;
        using var ended = new CancellationTokenSource(); // the caches are kept until the controllers have drained
        var watching = _caches.Values.Select(c => c.Watcher.RunAsync(ended.Token)).ToArray();
        try
        {
            foreach (var (_, watcher) in _caches.Values) await watcher.WaitWarmAsync(stopping);
            IsWarm = true;
            if (elector is null) await LeadAsync(stopping, CancellationToken.None);
            else await elector.RunAsync(LeadAsync, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        finally
        {
            ended.Cancel();
            await Task.WhenAll(watching);
        }
    }

    /// <summary>Led once more after a cut, it would tell of what was before that as if it were so. A type that cannot be listed any more keeps nobody from leading: the lease would be held, and nothing done.</summary>
    private async Task CatchUpAsync(CancellationToken stopping, CancellationToken lost)
    {
        using var limit = new CancellationTokenSource(CatchUpLimit, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stopping, lost, limit.Token);
        var catchingUp = _caches.Select(c => (Type: c.Key.Item1.Name, Task: c.Value.Watcher.CatchUpAsync(any.Token))).ToList();
        try
        {
            await Task.WhenAll(catchingUp.Select(c => c.Task));
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested && !lost.IsCancellationRequested)
        {
            Log.NotCaughtUp(logger, string.Join(", ", catchingUp.Where(c => !c.Task.IsCompletedSuccessfully).Select(c => c.Type).Distinct()), CatchUpLimit.TotalSeconds);
        }
    }

    private async Task LeadAsync(CancellationToken stopping, CancellationToken lost)
    {
        await CatchUpAsync(stopping, lost);
        Log.ControllersStart(logger, string.Join(", ", _controllers.Select(c => c.Name)));
        await Task.WhenAll(_controllers.Select(c => c.RunAsync(stopping, lost)));
        Log.ControllersDrained(logger);
    }
}
