using System.Collections.Immutable;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Desired;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>The objects of one cluster. Most looks find most of them as they were: what has not changed since the last look is not gone over again.</summary>
internal sealed class ClusterParts
{
    private readonly string? _uid;
    private readonly List<OwnParts> _kinds = [];
    private ImmutableDictionary<ObjectName, string>? _live;
    private ImmutableSortedSet<string>? _foreign;

    private ClusterParts(ClusterCaches caches, DatabaseCluster cluster, ClusterParts? last)
    {
        _uid = cluster.Metadata.Uid;
        Pods = Read(caches.Pods);
        Claims = Read(caches.Claims);
        Services = Read(caches.Services);
        Secrets = Read(caches.Secrets);
        Read(caches.ConfigMaps);
        Read(caches.Accounts);
        Read(caches.Roles);
        Read(caches.Bindings);
        if (caches.Budgets is { } budgets) Read(budgets);
        if (caches.BetaBudgets is { } betaBudgets) Read(betaBudgets);

        ImmutableSortedDictionary<string, T> Read<T>(PartSet<T> set) where T : class, IKubernetesObject
        {
            var parts = OwnParts<T>.Read(cluster, set.Of(ClusterKey.Of(cluster)), last?._kinds[_kinds.Count]);
            _kinds.Add(parts);
            return parts.ByName;
        }
    }

    public ImmutableSortedDictionary<string, V1Pod> Pods { get; }
    public ImmutableSortedDictionary<string, V1PersistentVolumeClaim> Claims { get; }
    public ImmutableSortedDictionary<string, V1Service> Services { get; }
    public ImmutableSortedDictionary<string, V1Secret> Secrets { get; }

    /// <inheritdoc cref="ClusterObservation.Live"/>
    public ImmutableDictionary<ObjectName, string> Live => _live ??= _kinds.SelectMany(k => k.Versions).ToImmutableDictionary();

    /// <inheritdoc cref="ClusterObservation.Foreign"/>
    public ImmutableSortedSet<string> Foreign => _foreign ??= _kinds.SelectMany(k => k.Foreign).ToImmutableSortedSet(StringComparer.Ordinal);

    /// <param name="last">What the look before found; null: there was none.</param>
    public static ClusterParts Read(ClusterCaches caches, DatabaseCluster cluster, ClusterParts? last)
    {
        if (last is not null && last._uid != cluster.Metadata.Uid) last = null;
        var now = new ClusterParts(caches, cluster, last);
        return last is not null && now._kinds.SequenceEqual(last._kinds) ? last : now;
    }
}
