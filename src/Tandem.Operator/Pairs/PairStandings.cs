using System.Collections.Concurrent;
using Tandem.Kubernetes.Watching;
using Tandem.Operator.Clusters;
using Tandem.Operator.Clusters.Observing;
using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Records;

namespace Tandem.Operator.Pairs;

/// <summary>What the cluster part must know of the pairs; and which pair a cluster belongs to, for waking it.</summary>
public sealed class PairStandings : IPairStandings
{
    private readonly ConcurrentDictionary<ResourceKey, (ClusterKey Cluster, PairStanding Standing)> _pairs = new();

    public event Action<string, string>? Changed;

    public PairStanding Find(ClusterKey cluster, string pair) =>
        _pairs.TryGetValue(new ResourceKey(cluster.Namespace, pair), out var known) && known.Cluster == cluster ? known.Standing : PairStanding.Unknown;

    /// <summary>The pairs that a cluster belongs to: one, if the manifests are in order.</summary>
    public IEnumerable<ResourceKey> PairsOf(ClusterKey cluster) => _pairs.Where(p => p.Value.Cluster == cluster).Select(p => p.Key);

    public void See(PairObservation seen)
    {
        var cluster = new ClusterKey(seen.Key.Namespace!, seen.Pair.Spec.Cluster);
        // The peer's authority is kept in the pair record: a restart, or a link that is down, must not take the trust away.
        var record = seen.View.Record;
        var standing = record is null ? PairStanding.Unknown : new PairStanding(record.Role == PairRole.Primary, record.Peer?.Facts?.Authority) { CanTellPeer = seen.View.Peer is not null && record.Operation is null && seen.View.PeerRecord?.Operation is null };
        var changed = !_pairs.TryGetValue(seen.Key, out var known) || known != (cluster, standing);
        _pairs[seen.Key] = (cluster, standing);
        if (changed) Changed?.Invoke(cluster.Namespace, cluster.Name);
    }

    public void Forget(ResourceKey pair)
    {
        if (_pairs.TryRemove(pair, out var known)) Changed?.Invoke(known.Cluster.Namespace, known.Cluster.Name);
    }
}
