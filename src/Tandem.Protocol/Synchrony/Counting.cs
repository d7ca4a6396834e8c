using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Synchrony;

/// <summary>
/// The primary site's part of a synchronous pair (protocol, section 5) [S10]: who is named at the other site is counted here, in four steps that each stand in a record before the next begins: named there, wanted here,
/// counted by the holder's agent (in effect, and everything flushed), marked there as synchronous. Back the other way round: mark and name are taken away there before it is counted no more here. So whenever the mark
/// stands, in a Required pair, nothing is acknowledged here that is not flushed there, and a failover by it loses nothing.
/// <para>
/// A clause that an election or a restart begins within the pair epoch changes none of this: who is counted stands in the record, and every setting of every holder names it. At another pair epoch all of it is void: the
/// swap that decides an epoch takes the marks away.
/// </para>
/// </summary>
public static class Counting
{
    /// <summary>Takes away what the other site's record says and is not, or is not to be, so any longer.</summary>
    public static PairAction? Withdraw(PairView v)
    {
        if (Peer(v) is not { Named: not null } peer) return null;
        if (Unfit(v, peer) is { } why)
            return new PairAction.SwapPeerRecord(peer with { Named = null, Synchronous = null }, "UncountsOtherSite", $"{peer.Named!.Value.Instance} of site {v.PeerSite} is named no more: {why}");
        if (peer.Synchronous is not { } mark || (IsCounted(v, mark.Incarnation) && mark.Preferred == IsPreferred(v))) return null;
        return new PairAction.SwapPeerRecord(peer with { Synchronous = null }, "NotSynchronous", $"{mark.Incarnation.Instance} of site {v.PeerSite} {(IsCounted(v, mark.Incarnation) ? $"is to be counted as {v.Request.Synchrony}" : "is not counted here")}");
    }

    /// <summary>
    /// Commits do not wait for the other site any more. Where it was promised that they do (Required), only by what the spec says now; and only once the other site's record does not say so any more. Where it was
    /// preferred, this site goes on alone after a while, whether the other one can be told or not: that is what its mark says.
    /// </summary>
    public static PairAction? Leave(PairView v)
    {
        if (Remote(v) is not { } remote) return null;
        string? why = IsPreferred(v) && IsLate(v) && (remote.Preferred || IsTold(v)) ? $"it has not streamed for {v.RemoteSilentFor!.Value.TotalSeconds:0} s, and spec.synchronization.durability is Preferred"
            : !IsWanted(v) && (IsTold(v) || remote.Preferred) ? "the spec does not ask for it any more"
            : IsTold(v) && !IsAwaited(remote) ? "it is named no more"
            : null;
        // Untold, the other site goes by its mark for as long as this one's record says that it counts it: that record is its first word of it.
        if (why is not null && !IsTold(v) && v.Record is { Self: { Counts: not null } self } record)
            return new PairAction.SwapRecord(record with { Self = self with { Counts = null } }, "GoesOnAlone", $"commits are not to wait for {remote} any more, and site {v.PeerSite} has not been told: {why}");
        return why is null ? null : new PairAction.SwapCluster(ClusterChange.Of(v.Cluster!) with { Remote = null }, "GoesOnAlone", $"commits do not wait for {remote} any more: {why}");
    }

    /// <summary>
    /// Commits wait on, for whoever is named next; but the one that is named no more may be copied anew meanwhile, and what it had is to be asked for again before it counts, were it named once more.
    /// </summary>
    public static PairAction? Doubt(PairView v) =>
        Remote(v) is { Counted: true } remote && IsTold(v)
            ? new PairAction.SwapCluster(ClusterChange.Of(v.Cluster!) with { Remote = remote with { Counted = false, Waits = true } }, "AwaitsOtherSite", $"{remote} is named no more: commits wait for whoever takes its place")
            : null;

    public static PairAction? Want(PairView v)
    {
        if (!IsWanted(v) || v.AgentsKnow < PrimaryRecord.SynchronousPairFormat || Peer(v) is not { Named: { } named, Synchronous: null } peer) return null;
        var remote = Remote(v);
        var awaited = remote is not null && IsAwaited(remote);
        var wanted = remote is { } known && known.Incarnation == named ? known with { Preferred = IsPreferred(v) } : new RemoteStandby(named, v.Record!.PairEpoch, Counted: false, IsPreferred(v), Waits: awaited);
        // One who is awaited is replaced even where nobody is admitted: that may be for want of it.
        if (wanted == remote || !(awaited || v.PrimaryRunsAtEpoch) || (remote?.Incarnation != named && !(v.StandbyStreams && IsMain(peer, named)))) return null;
        // A mark of an earlier attempt that says "required" must not land once this site may go on alone [C9].
        if (remote is { Preferred: false } && wanted.Preferred && !v.PeerSettled) return new PairAction.SwapPeerRecord(peer, "Settles", "an earlier attempt to say that all of this site is there must not land any more");
        return new PairAction.SwapCluster(ClusterChange.Of(v.Cluster!) with { Remote = wanted }, "CountsOtherSite", $"commits are to wait for {wanted} ({v.Request.Synchrony})");
    }

    /// <summary>Only once no swap of an earlier attempt can end the counting any more [C9].</summary>
    public static PairAction? Mark(PairView v) =>
        IsWanted(v) && Peer(v) is { Named: { } named, Synchronous: null } peer && IsCounted(v, named) && v.PrimaryRunsAtEpoch && v.ClusterSettled
            ? new PairAction.SwapPeerRecord(peer with { Synchronous = new SynchronousMark(named, IsPreferred(v)) }, "Synchronous", $"{named.Instance} of site {v.PeerSite} has everything that is acknowledged here")
            : null;

    /// <summary>The spec asks for less than the other site was promised, and that one's record cannot be changed now.</summary>
    public static PairAction? SayWhatWaits(PairView v) =>
        Remote(v) is { Preferred: false } remote && IsAwaited(remote) && !(IsWanted(v) && v.Request.Synchrony == PairSynchrony.Required) && !IsTold(v)
            ? new PairAction.Wait("OtherSiteNotTold", $"spec.synchronization {(v.Request.IsSynchronous ? "durability Preferred" : "mode Asynchronous")} is not followed yet: commits wait for {remote} until site {v.PeerSite}, which was promised that, has been told otherwise. Mend the link to it; or, where it runs, let it take over (spec.failover.fromEpoch there)")
            : null;

    /// <summary>What the record would say is more than some agent of this site knows.</summary>
    public static PairAction? SayWhoIsTooOld(PairView v) =>
        (v.Request.IsSynchronous && v.AgentsKnow < PrimaryRecord.SynchronousPairFormat) || (v.ArbiterRequest is not null && v.AgentsKnow < PrimaryRecord.ArbiterFormat)
            ? new PairAction.Wait("AgentsTooOld", $"{(v.Request.IsSynchronous ? "spec.synchronization.mode Synchronous" : "spec.arbiter")} is not followed yet: some instance of site {v.Site} runs an agent that knows records up to format {v.AgentsKnow}; it goes on when all have been renewed")
            : null;

    /// <summary>Why the one that is named at the other site is not to be counted any longer; null: it is.</summary>
    private static string? Unfit(PairView v, PairRecord peer)
    {
        var named = peer.Named!.Value;
        if (!IsWanted(v)) return "the spec does not ask for it any more";
        if (peer.Self is { ReplicationName: not null } self && !IsMain(peer, named)) return $"{self.Holder} is the main standby there now";
        if (peer.Self is { HolderLost: true }) return "it is lost, or was set aside by a person (reset-primary)";
        // The silence is that of the one who is awaited here, and no fault of another who is to take its place.
        return IsPreferred(v) && IsLate(v) && !(Remote(v) is { } remote && remote.Incarnation != named) ? $"it has not streamed for {v.RemoteSilentFor!.Value.TotalSeconds:0} s" : null;
    }

    private static bool IsWanted(PairView v) => v.Record is { State: PairRecordState.Active } && v.Request.IsSynchronous;

    private static bool IsPreferred(PairView v) => v.Request.Synchrony == PairSynchrony.Preferred;

    private static bool IsLate(PairView v) => v.RemoteSilentFor >= v.DegradeAfter;

    private static bool IsAwaited(RemoteStandby remote) => remote.Counted || remote.Waits;

    /// <summary>At the other site nobody is named in this epoch: nothing is said there that has to be so.</summary>
    private static bool IsTold(PairView v) => v.PeerRecord is { Role: PairRole.Standby, Named: null } peer && peer.PairEpoch == v.Record!.PairEpoch;

    private static bool IsMain(PairRecord peer, Incarnation named) => peer.Self?.ReplicationName == named.ReplicationName;

    private static bool IsCounted(PairView v, Incarnation incarnation) => Remote(v) is { Counted: true } remote && remote.Incarnation == incarnation;

    /// <summary>Outside of operations: from Lock on the sites change nothing of this, and an epoch that ends takes it with it.</summary>
    private static RemoteStandby? Remote(PairView v) =>
        v.Record is { Role: PairRole.Primary, Operation: null } record && v.Cluster is { RunMode: RunMode.Primary } cluster && cluster.PairEpoch == record.PairEpoch ? cluster.RemoteNow : null;

    /// <summary>The other site's record, where it is one to be written to: a standby's, of this epoch, that is not failing over [S9].</summary>
    private static PairRecord? Peer(PairView v) =>
        v.Record is { Role: PairRole.Primary, Operation: null } record && v.Cluster is { RunMode: RunMode.Primary } cluster && cluster.PairEpoch == record.PairEpoch
        && v.PeerRecord is { Role: PairRole.Standby, State: PairRecordState.Active or PairRecordState.Dissolving, Operation: null, IsWritable: true } peer && peer.PairEpoch == record.PairEpoch
            ? peer
            : null;
}
