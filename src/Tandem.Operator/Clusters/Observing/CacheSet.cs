using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Reconciling;
using Tandem.Kubernetes.Watching;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>One cache per namespace that the operator looks after, or one for all of them.</summary>
public sealed class CacheSet<T> where T : class, IKubernetesObject
{
    private readonly Dictionary<string, ResourceCache<T>> _caches = [];
    private readonly ResourceCache<T>? _all;

    /// <param name="namespaces">Empty: all.</param>
    public CacheSet(ControllerHost host, IReadOnlyCollection<string> namespaces, string? labelSelector)
    {
        foreach (var @namespace in namespaces) _caches[@namespace] = Cache(@namespace);
        if (namespaces.Count == 0) _all = Cache(null);

        ResourceCache<T> Cache(string? @namespace)
        {
            var cache = host.Cache<T>(new ResourceWatcherOptions { Namespace = @namespace, LabelSelector = labelSelector });
            cache.Changed += change => Changed?.Invoke(change);
            return cache;
        }
    }

    /// <summary>On a watcher's own thread: be quick, and never throw.</summary>
    public event Action<ResourceChange<T>>? Changed;

    public T? Get(string @namespace, string name) => In(@namespace)?.Get(@namespace, name);

    public IEnumerable<T> ListAll() => _all is not null ? _all.List() : _caches.Values.SelectMany(c => c.List());

    private ResourceCache<T>? In(string @namespace) => _all ?? _caches.GetValueOrDefault(@namespace);
}
