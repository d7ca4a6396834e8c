using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;

namespace Tandem.Protocol.Recovery;

/// <summary>
/// Failover by a human's word: only with <c>failover.fromEpoch</c> = the present pair epoch, so acting uses it up [S5].
/// </summary>
public static class Failover
{
    public static PairAction? FailOver(PairView v)
    {
        var record = v.Record!;
        if (!IsAskedFor(v)) return null;
        if (record.Step == PairStep.FailingOver) return null;
        if (NothingToPromote(v) is { } nothing) return nothing;
        if (NamedIsLost(v) is { } lost) return lost;
        if (v.Peer is not { } peer) return StoppedInOrder(v) ?? TakeOver(v, v.ByHand ? $"there is no link to site {v.PeerSite}, which could be told to stop" : "the other site cannot be read");
        if (peer.Record is not { State: not PairRecordState.RecordRegressed } theirs)
            return IsAbandoned(v) ? TakeOver(v, $"site {v.PeerSite} has lost its pair record, and is abandoned") : new PairAction.Wait("PeerRecordLost", $"site {v.PeerSite} answers, but its pair record is lost: whether it is writable cannot be known; {StrongerWord(v)}");
        if (theirs.PairEpoch > record.PairEpoch) return null;
        return theirs.Role == PairRole.Standby ? TakeOver(v, $"site {v.PeerSite} is standby") : FencePeer(v, theirs);
    }

    /// <summary>
    /// Elections of this site pass nobody by who may be counted at the other [S11]: without that one it would be primary and could not open, while the other site, which may have everything, had given way. Before the
    /// decision nothing is lost yet: the one that is named comes back, or the other site does and un-names it, or a person sets it aside. It must be heard: an operator that has just begun to look knows of no loss.
    /// </summary>
    public static PairAction? NamedIsLost(PairView v) =>
        v.Cluster is { Named: { } named } && v.NamedIsUnfit
            ? new PairAction.Wait("NamedStandbyLost", $"site {v.PeerSite} may have acknowledged commits that only {named.Instance} has here, and {named.Instance} does not answer, has lost its volume, or is being rewound. Bring it back, or let site {v.PeerSite} come back; "
                + "to fail over without what it has: kubectl tandem reset-primary NAME --to INSTANCE at this site")
            : null;

    /// <summary>A site without data would be primary for good and never open: all its volumes are lost, say, or none has been copied yet.</summary>
    public static PairAction? NothingToPromote(PairView v) =>
        v.Cluster is not { SystemIdentifier: not null, RunMode: RunMode.Standby } ? new PairAction.Wait("NothingToPromote", "this site has no database that could become primary")
        : !v.HasCopy ? new PairAction.Wait("NothingToPromote", "no instance of this site that answers has a whole copy of the database: it goes on when one has, or answers")
        : null;

    /// <summary>Whether this site's spec asks for a failover that is not used up.</summary>
    public static bool IsAskedFor(PairView v) =>
        v.Record is { Role: PairRole.Standby } record
        && !v.Request.Deleting && record.State == PairRecordState.Active
        && v.Request.PrimarySite == v.Site && v.Request.FailoverFromEpoch == record.PairEpoch.Number;

    /// <summary>The stronger word: it names the epoch too, so that it is used up with the failover [S5].</summary>
    private static bool IsAbandoned(PairView v) => v.Request.AbandonPeerFromEpoch == v.Record!.PairEpoch.Number;

    private static string StrongerWord(PairView v) => IsAbandoned(v)
        ? $"after {v.Timeouts.Step.TotalSeconds:0} s it is abandoned, as spec.failover.abandonPeerFromEpoch says"
        : $"to go on without it, at the cost of whatever it still acknowledges: spec.failover.abandonPeerFromEpoch {v.Record!.PairEpoch.Number} (kubectl tandem failover PAIR --to {v.Site} --abandon-peer)";

    /// <summary>A failover that can read the other site's record first writes Demote into it, and waits for its stop [S5].</summary>
    private static PairAction FencePeer(PairView v, PairRecord theirs)
    {
        var record = v.Record!;
        // It will adopt what it has not read yet, and stop by that.
        if (theirs.PairEpoch < record.PairEpoch)
            return IsAbandoned(v) ? TakeOver(v, $"site {v.PeerSite} has not adopted pair epoch {record.PairEpoch}, and is abandoned") : new PairAction.Wait("PeerBehind", $"site {v.PeerSite} has not adopted pair epoch {record.PairEpoch} yet; {StrongerWord(v)}");
        if (Regression.TooNew(v) is { } tooNew) return IsAbandoned(v) ? TakeOver(v, $"{tooNew}, and is abandoned") : new PairAction.Wait("RecordTooNew", $"{tooNew}; {StrongerWord(v)}");
        switch (theirs.Step)
        {
            case null or PairStep.Lock or PairStep.Quiesce:
                var operation = new PairOperation(v.FreshId, PairOperationKind.Failover, PairStep.Demote, v.Site, v.Site, v.Now, v.Now, v.Now + v.Timeouts.Switchover, v.Now);
                return new PairAction.SwapPeerRecord(theirs with { Operation = operation }, "FencesPeer", $"failover: site {v.PeerSite} can be read, so it is stopped first");
            // Told to stop first, however strong the word: a site that stops in order loses nothing.
            case PairStep.Demote when IsAbandoned(v) && v.Now >= theirs.Operation!.StepStartedAt + v.Timeouts.Step:
                return TakeOver(v, $"site {v.PeerSite} was told to stop at {theirs.Operation.StepStartedAt:u}, has not, and is abandoned: what it acknowledges until it reads this epoch is lost");
            case PairStep.Demote:
                return new PairAction.Wait("PeerDoesNotStop", $"failover: site {v.PeerSite} was told to stop at {theirs.Operation!.StepStartedAt:u} and has not yet; {StrongerWord(v)}");
            // It has stopped, and its token can be consumed as soon as this site has all of it: nothing is lost then. Only while that comes nearer.
            case PairStep.Offer when v.Holder is { Streaming: true }:
                return new PairAction.Wait("Reaching", $"failover: site {v.PeerSite} has stopped at {theirs.Operation!.Token?.End.Lsn}, this site is at {v.Holder.Flushed}");
            case PairStep.Offer or PairStep.RollBack:
                return TakeOver(v, $"site {v.PeerSite} has stopped");
            default:
                return new PairAction.Wait("OperationInProgress", $"site {v.PeerSite} is at step {theirs.Step}");
        }
    }

    /// <summary>By its letter the other site has stopped, and its token can be consumed as soon as this site has all of it: nothing is lost then. Only while that comes nearer [S15].</summary>
    private static PairAction.Wait? StoppedInOrder(PairView v) =>
        v.ByHand && v.Letter?.Record.Operation is { Token: { } token } theirs && theirs.Target == v.Site && token.PairEpoch == v.Record!.PairEpoch && v.Holder is { Streaming: true } holder
            ? new PairAction.Wait("Reaching", $"failover: site {v.PeerSite} has stopped at {token.End.Lsn}, this site is at {holder.Flushed}")
            : null;

    private static PairAction TakeOver(PairView v, string why)
    {
        var record = v.Record!;
        var message = $"failover of pair epoch {record.PairEpoch} ({why}); {WhatMayBeLost(v)}";
        var outcome = new PairOutcome(PairOutcomeKind.FailedOver, record.PairEpoch, v.NextEpoch(v.Site), v.Now, record.Operation?.Id ?? v.FreshId, Message: message, StartedAt: v.Now);
        return new PairAction.SwapRecord(record.Decided(PairRole.Primary, outcome) with { LastRequested = v.Site }, "FailedOver", message);
    }

    public static string WhatMayBeLost(PairView v) => v.Vouched switch
    {
        { Preferred: false } mark => $"nothing is lost: all that was acknowledged had been flushed by {mark.Incarnation.Instance} here",
        // The other site may have gone on alone since, and could not say so here.
        { } mark when v.Record!.Peer is { } peer && peer.Facts?.Counts == mark.Incarnation.ReplicationName => $"synchronous until {peer.LastSeen:u}: what was acknowledged after that may be lost",
        _ => WhatWasBehind(v.Record!),
    };

    private static string WhatWasBehind(PairRecord record) => record.Peer switch
    {
        { RecoveryPointBytes: { } bytes } peer => FormattableString.Invariant(
            $"the last known recovery point, at {peer.LastSeen:u}, was {bytes} bytes{(peer.RecoveryPointSeconds is { } s ? $" ({s:0.0} s)" : "")}: what was committed beyond it may be lost"),
        _ => "the recovery point was not known: commits that were not shipped may be lost",
    };
}
