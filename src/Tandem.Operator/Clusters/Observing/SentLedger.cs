using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>What this operator has sent since it started, so that it sends nothing twice. Memory alone: after a restart everything is sent once more, which changes nothing.</summary>
public sealed class SentLedger
{
    private readonly ConcurrentDictionary<ClusterKey, ImmutableDictionary<ObjectName, Sent>> _clusters = new();

    public ImmutableDictionary<ObjectName, Sent> Of(ClusterKey cluster) => _clusters.GetValueOrDefault(cluster) ?? ImmutableDictionary<ObjectName, Sent>.Empty;

    public void Note(ClusterKey cluster, ObjectName name, Sent sent) =>
        _clusters.AddOrUpdate(cluster, _ => ImmutableDictionary<ObjectName, Sent>.Empty.Add(name, sent), (_, known) => known.SetItem(name, sent));

    public void Forget(ClusterKey cluster) => _clusters.TryRemove(cluster, out _);
}
