using System.Collections.Concurrent;
using System.Collections.Immutable;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Reconciling;
using Tandem.Kubernetes.Watching;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>
/// All objects of one kind that bear the cluster's label, by the cluster that they name: a look at one cluster does not go over the objects of all the others in its namespace.
/// </summary>
public sealed class PartSet<T> where T : class, IKubernetesObject
{
    private static readonly ImmutableSortedDictionary<string, T> None = ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);

    private readonly CacheSet<T> _cache;

    /// <summary>Each cluster's is written by one thread alone, the watcher's of its namespace.</summary>
    private readonly ConcurrentDictionary<ClusterKey, ImmutableSortedDictionary<string, T>> _parts = new();

    /// <summary>Where each of them stands above: what a last event says of the cluster need not be what was heard before.</summary>
    private readonly ConcurrentDictionary<ResourceKey, ClusterKey> _clusters = new();

    private readonly Func<T, T, bool>? _isNoNews;

    /// <param name="namespaces">Empty: all.</param>
    /// <param name="isNoNews">Whether an object was written, from the first form to the second, in a way that calls for no look; null: none is.</param>
    public PartSet(ControllerHost host, IReadOnlyCollection<string> namespaces, Func<T, T, bool>? isNoNews = null)
    {
        _isNoNews = isNoNews;
        _cache = new CacheSet<T>(host, namespaces, Names.ClusterLabel);
        _cache.Changed += OnChanged;
    }

    /// <summary>Something of this cluster is not what it was. On a watcher's own thread: be quick, and never throw.</summary>
    public event Action<ClusterKey>? Changed;

    public T? Get(string @namespace, string name) => _cache.Get(@namespace, name);

    /// <summary>By name. The same object until something of them changes.</summary>
    public ImmutableSortedDictionary<string, T> Of(ClusterKey cluster) => _parts.GetValueOrDefault(cluster, None);

    private void OnChanged(ResourceChange<T> change)
    {
        var (key, name) = (ResourceKey.Of(change.Value), change.Value.Metadata.Name!);
        ClusterKey? left = _clusters.TryGetValue(key, out var known) ? known : null;
        var entered = change is ResourceChange<T>.Deleted ? null : ClusterKey.OfPart(change.Value);
        if (left is { } one && one != entered) Keep(one, Of(one).Remove(name));
        if (entered is { } other) Keep(other, Of(other).SetItem(name, change.Value));
        if (entered is { } present) _clusters[key] = present;
        else _clusters.TryRemove(key, out _);
        if (left == entered && change is ResourceChange<T>.Modified { IsFromList: false } modified && IsNoNews(modified)) return;
        if (left is { } old && old != entered) Changed?.Invoke(old);
        if (entered is { } now) Changed?.Invoke(now);
    }

    /// <summary>What cannot be read is news: whoever looks says so.</summary>
    private bool IsNoNews(ResourceChange<T>.Modified change)
    {
        try
        {
            return _isNoNews?.Invoke(change.Old, change.New) == true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private void Keep(ClusterKey cluster, ImmutableSortedDictionary<string, T> parts)
    {
        if (parts.IsEmpty) _parts.TryRemove(cluster, out _);
        else _parts[cluster] = parts;
    }
}
