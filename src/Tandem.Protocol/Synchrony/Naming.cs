using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;

namespace Tandem.Protocol.Synchrony;

/// <summary>
/// The standby site's part of a synchronous pair (protocol, section 5): it names the incarnation that the other site may count. First its cluster's record binds elections to that one [S11], then the pair record names
/// it; the other way round when it is let go, so that whenever it is named nobody can be elected who has less. It never un-names by itself: the other site counts on the name until it has taken it away.
/// </summary>
public static class Naming
{
    public static PairAction? Bind(PairView v) =>
        Candidate(v) is { } main && v.Record!.Named is null && v.Cluster!.Named is null && v.AgentsKnow >= PrimaryRecord.SynchronousPairFormat
            ? new PairAction.SwapCluster(ClusterChange.Of(v.Cluster) with { Named = main }, "BindsElections", $"elections of this site do not pass {main.Instance} by: site {v.PeerSite} is to count it")
            : null;

    /// <summary>Only once no swap of an earlier attempt can let go of it any more [C9].</summary>
    public static PairAction? Name(PairView v) =>
        Candidate(v) is { } main && v.Record!.Named is null && v.Cluster!.Named == main && v.ClusterSettled
            ? new PairAction.SwapRecord(v.Record with { Named = main, Synchronous = null }, "NamesStandby", $"{main.Instance} is named: site {v.PeerSite} may count it")
            : null;

    /// <summary>Elections are bound no longer once nobody is named, and no swap of an earlier attempt can name anybody any more [C9].</summary>
    public static PairAction? Release(PairView v)
    {
        if (v.Record is not { Role: PairRole.Standby, Named: null, Operation: null } record || v.Cluster is not { RunMode: RunMode.Standby, Named: { } bound } cluster) return null;
        if (v.Request.IsSynchronous && bound == cluster.Holder && !v.HolderLost) return null; // to be named yet
        if (!v.RecordSettled) return new PairAction.SwapRecord(record, "Settles", $"an earlier attempt to name {bound.Instance} must not land any more");
        return new PairAction.SwapCluster(ClusterChange.Of(cluster) with { Named = null }, "ReleasesElections", $"site {v.PeerSite} does not count {bound.Instance} any more: another may be elected");
    }

    /// <summary>The main standby, where it is fit to be named: both sites want it, and it streams from the other one at the epoch of both.</summary>
    private static Resources.Values.Incarnation? Candidate(PairView v) =>
        v.Record is { Role: PairRole.Standby, State: PairRecordState.Active, Operation: null } record
        && v.Request.IsSynchronous && v.Unsupported is null && v.Peer?.Request is { IsSynchronous: true }
        && v.PeerRecord is { Role: PairRole.Primary, State: PairRecordState.Active, Operation: null } peer && peer.PairEpoch == record.PairEpoch
        && v.Cluster is { RunMode: RunMode.Standby, State: RecordState.Stable, Holder: { } main } cluster && cluster.PairEpoch == record.PairEpoch
        && v.Holder is { Streaming: true } && !v.HolderLost
        // What this record says of it is what the other site goes by, and may be of before: then it would un-name it at once.
        && record.Self is { HolderLost: false } self && self.ReplicationName == main.ReplicationName
            ? main
            : null;
}
