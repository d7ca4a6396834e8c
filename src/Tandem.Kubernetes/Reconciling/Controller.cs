using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Queueing;
using Tandem.Kubernetes.Serialization;
using Tandem.Kubernetes.Watching;

namespace Tandem.Kubernetes.Reconciling;

/// <summary>
/// Runs one <see cref="IEntityController{T}"/>: whatever changes becomes a key in a queue, and workers take the keys one by one. Built by <see cref="ControllerHost.Add{T}"/>;
/// configure it before the host runs.
/// </summary>
public sealed class Controller<T> : IController where T : class, IKubernetesObject
{
    private readonly ControllerHost _host;
    private readonly IEntityController<T> _controller;
    private readonly ControllerOptions _options;
    private readonly ResourceCache<T> _cache;
    private readonly Finalizers<T> _finalizers;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<ResourceKey, T> _gone = new();

    /// <summary>What this process has worked on, and would have to let go.</summary>
    private readonly ConcurrentDictionary<ResourceKey, bool> _known = new();
    private volatile WorkQueue<ResourceKey>? _queue;

    internal Controller(ControllerHost host, IKubernetesClient client, IEntityController<T> controller, ResourceCache<T> cache, ControllerOptions options, TimeProvider time, ILogger logger)
    {
        (_host, _controller, _cache, _options, _time, _logger) = (host, controller, cache, options, time, logger);
        _finalizers = new Finalizers<T>(client);
        cache.Changed += OnChanged;
    }

    public string Name => _controller.GetType().Name;

    public ResourceCache<T> Cache => _cache;

    /// <summary>Objects ready to be worked on; null while another process leads.</summary>
    public int? QueueLength => _queue?.Count;

    public Controller<T> Finalizes(IEntityFinalizer<T> finalizer)
    {
        _finalizers.Add(finalizer);
        return this;
    }

    /// <summary>A change of an object that has a <typeparamref name="T"/> for its controller (owner reference) is a change of that one.</summary>
    public Controller<T> Owns<TOwned>(ResourceWatcherOptions? watch = null) where TOwned : class, IKubernetesObject => Watches<TOwned>(OwnerOf, watch);

    /// <summary>A change of a <typeparamref name="TOther"/> is a change of the objects that <paramref name="map"/> names, for its old and for its new form.</summary>
    public Controller<T> Watches<TOther>(Func<TOther, IEnumerable<ResourceKey>> map, ResourceWatcherOptions? watch = null) where TOther : class, IKubernetesObject
    {
        _host.Cache<TOther>(watch).Changed += change =>
        {
            if (change is ResourceChange<TOther>.Modified modified) AddMapped(map, modified.Old);
            AddMapped(map, change.Value);
        };
        return this;
    }

    /// <summary>Something outside of the API happened to the object. Ignored while another process leads.</summary>
    public void Enqueue(ResourceKey key) => _queue?.Add(key);

    private void AddMapped<TOther>(Func<TOther, IEnumerable<ResourceKey>> map, TOther value) where TOther : class, IKubernetesObject
    {
        try
        {
            foreach (var key in map(value)) Enqueue(key);
        }
        catch (Exception e)
        {
            Log.MapFailed(_logger, e, typeof(TOther).Name, Name, ResourceKey.Of(value).ToString());
        }
    }

    private static IEnumerable<ResourceKey> OwnerOf<TOwned>(TOwned value) where TOwned : class, IKubernetesObject
    {
        var entity = EntityMetadata.Of<T>();
        return (value.Metadata.OwnerReferences ?? [])
            .Where(owner => owner.Controller == true && owner.Kind == entity.Kind && GroupOf(owner.ApiVersion) == entity.Group)
            .Select(owner => new ResourceKey(value.Metadata.Namespace, owner.Name));
    }

    private static string GroupOf(string apiVersion) => apiVersion.IndexOf('/') is > 0 and var slash ? apiVersion[..slash] : "";

    private void OnChanged(ResourceChange<T> change)
    {
        var key = ResourceKey.Of(change.Value);
        if (change is ResourceChange<T>.Deleted deleted && (_queue is not null || _known.ContainsKey(key))) _gone[key] = deleted.Old; // told when this process leads (again)
        // What was reported is no reason to look again.
        if (!change.IsOfStatusAlone()) Enqueue(key);
    }

    /// <summary>Works until <paramref name="stopping"/>, and then for as long as what is under way takes (bounded); until <paramref name="lost"/>, and then ends at once.</summary>
    async Task IController.RunAsync(CancellationToken stopping, CancellationToken lost)
    {
        using var queue = new WorkQueue<ResourceKey>(_options.Queue, _time);
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(lost);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping, lost);
        _queue = queue; // from here on no change is missed; those before are in the cache
        foreach (var key in _cache.List().Select(value => ResourceKey.Of(value)).Concat(_gone.Keys)) queue.Add(key);
        var workers = Enumerable.Range(0, _options.Workers).Select(_ => WorkAsync(queue, end.Token, abort.Token)).ToArray();
        await UntilAsync(end.Token);
        var drained = Task.WhenAll(workers);
        using var grace = new CancellationTokenSource(_options.ShutdownGrace, _time);
        using var registration = grace.Token.Register(abort.Cancel);
        await drained;
        _queue = null;
    }

    private static async Task UntilAsync(CancellationToken cancellation)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellation.Register(() => cancelled.TrySetResult());
        await cancelled.Task;
    }

    private async Task WorkAsync(WorkQueue<ResourceKey> queue, CancellationToken end, CancellationToken abort)
    {
        await Task.Yield(); // the others are to begin too
        try
        {
            while (await queue.TakeAsync(end) is (true, var key))
            {
                await ProcessAsync(queue, key, abort);
                queue.Done(key);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
        }
    }

    /// <summary>Whatever a reconciler throws, its key comes again, for ever, after a growing wait.</summary>
    private async Task ProcessAsync(WorkQueue<ResourceKey> queue, ResourceKey key, CancellationToken abort)
    {
        try
        {
            using var timeout = new CancellationTokenSource(_options.ReconcileTimeout, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(abort, timeout.Token);
            var result = await ReconcileAsync(key, either.Token);
            queue.Forget(key);
            if (result.RequeueAfter is { } wait) queue.AddAfter(key, wait);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // whoever leads next begins with every key
        }
        catch (Exception e)
        {
            var wait = queue.AddRateLimited(key);
            Log.ReconcileFailed(_logger, e, Name, key.ToString(), queue.Failures(key), wait.TotalSeconds);
        }
    }

    private async Task<ReconcileResult> ReconcileAsync(ResourceKey key, CancellationToken cancellation)
    {
        if (_cache.Get(key) is not { } entity)
        {
            if (!_gone.TryGetValue(key, out var last)) return ReconcileResult.Done;
            await _controller.DeletedAsync(last, cancellation);
            _gone.TryRemove(key, out _);
            _known.TryRemove(key, out _);
            return ReconcileResult.Done;
        }
        _known[key] = true;
        _gone.TryRemove(key, out _);
        if (entity.Metadata.DeletionTimestamp is not null) return await _finalizers.FinalizeAsync(entity, cancellation);
        if (!_finalizers.AreOn(entity))
        {
            await _finalizers.PutOnAsync(entity, cancellation);
            return ReconcileResult.Done; // that write is a change, and brings the key again
        }
        return await _controller.ReconcileAsync(entity, cancellation);
    }
}

internal interface IController
{
    string Name { get; }
    Task RunAsync(CancellationToken stopping, CancellationToken lost);
}
