using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Recovery;

/// <summary>Adopting a pair epoch that was decided at the other site.</summary>
public static class EpochAdoption
{
    public static PairAction? AdoptHigherEpoch(PairView v)
    {
        // A lost record is no witness. What was decided once is decided, however old the letter that says it [S15].
        if (v.PeerWord is not { State: not PairRecordState.RecordRegressed } peer) return null;
        var decided = peer.PairEpoch;
        // "Higher" means higher than both records here [S7].
        if (decided <= v.Record!.PairEpoch || decided < v.Cluster?.PairEpoch) return null;
        return decided.Site == v.Site ? Reopen(v, decided) : BecomeStandby(v, decided);
    }

    /// <summary>The token (or the right to offer one) was revoked: the old site reopens, only at that epoch [S2]. The cluster's record follows by a second swap.</summary>
    private static PairAction? Reopen(PairView v, PairEpoch decided)
    {
        if (v.Record!.Role != PairRole.Primary) return null;
        var message = $"the handover of pair epoch {v.Record.PairEpoch} was revoked: this site goes on as primary at {decided}";
        return new PairAction.SwapRecord(v.Record.Decided(PairRole.Primary, Outcome(v, PairOutcomeKind.Revoked, decided, message)), "HandoverRevoked", message);
    }

    /// <summary>
    /// The cluster's record first, then the pair record: the other way round, a crash in between would leave a writable server under a record that says Standby,
    /// and the next reader would find nothing higher to act upon [S7]. The swap of the cluster's record is one's own, so that a late one cannot reopen it [S3].
    /// </summary>
    public static PairAction BecomeStandby(PairView v, PairEpoch decided)
    {
        var message = $"site {decided.Site} is primary at pair epoch {decided}: this site follows";
        if (v.Cluster is { } cluster && (cluster.PairEpoch != decided || cluster.RunMode == RunMode.Primary || !v.ClusterSettled))
            return new PairAction.SwapCluster(new ClusterChange(RunMode.Standby, decided, Floor: null, ClearDemoted: true), "FollowsPeer", message);
        return new PairAction.SwapRecord(v.Record!.Decided(PairRole.Standby, Outcome(v, PairOutcomeKind.Adopted, decided, message)), "FollowsPeer", message);
    }

    private static PairOutcome Outcome(PairView v, PairOutcomeKind kind, PairEpoch to, string message) =>
        new(kind, v.Record!.PairEpoch, to, v.Now, v.Record.Operation?.Id, Message: message, StartedAt: v.Record.Operation?.StartedAt, Carried: v.Peer is null && v.ByHand);
}
