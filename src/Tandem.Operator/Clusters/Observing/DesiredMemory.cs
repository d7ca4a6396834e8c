using System.Collections.Concurrent;
using Tandem.Operator.Clusters.Desired;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>What each cluster's present generation asks for, from one look to the next.</summary>
public sealed class DesiredMemory(PodSettings settings)
{
    private readonly ConcurrentDictionary<ClusterKey, DesiredSet> _sets = new();

    public DesiredSet Of(DatabaseCluster cluster) =>
        _sets.AddOrUpdate(ClusterKey.Of(cluster), _ => new DesiredSet(cluster, settings), (_, known) => known.IsOf(cluster) ? known : new DesiredSet(cluster, settings));

    public void Forget(ClusterKey key) => _sets.TryRemove(key, out _);
}
