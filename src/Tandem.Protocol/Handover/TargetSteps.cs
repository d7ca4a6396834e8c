using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Handover;

/// <summary>The site that is to become primary: lock, reach, then the one swap that decides (protocol, section 5).</summary>
public static class TargetSteps
{
    /// <summary>Stands beside the primary site's Lock. The request is used up here too [S4].</summary>
    public static PairAction? LockAsTarget(PairView v)
    {
        var record = v.Record!;
        if (record is not { Role: PairRole.Standby, Operation: null, State: PairRecordState.Active } || v.Request.Deleting) return null;
        if (v.PeerRecord is not { Operation: { Step: PairStep.Lock, Kind: PairOperationKind.Switchover } theirs } peer || peer.PairEpoch != record.PairEpoch || theirs.Target != v.Site) return null;
        if (v.Holder is not { Streaming: true }) return new PairAction.Wait("NotStreaming", "the main standby does not stream: it could not reach the handover's position");
        var operation = theirs with { Step = PairStep.Target, StartedAt = v.Now, StepStartedAt = v.Now, Deadline = v.Now + v.Timeouts.Switchover, Token = null };
        return new PairAction.SwapRecord(record with { Operation = operation, LastRequested = v.Site }, "LockedAsTarget", $"switchover {operation.Id}: this site is to become primary");
    }

    /// <summary>
    /// The consuming swap: it alone makes this site primary, at (n+1, this site) [S2]. Before it: Reach, by position, timeline and system identifier [S3].
    /// </summary>
    public static PairAction? Consume(PairView v)
    {
        var record = v.Record!;
        if (record.Role != PairRole.Standby || record.Step == PairStep.FailingOver) return null;
        if (Offered(v) is not { Token: { } token } theirs || theirs.Target != v.Site) return null;
        // A token counts only for the epoch it names [S2].
        if (token.PairEpoch != record.PairEpoch) return null;
        if (NotReached(v, token) is not null) return null;
        // Consumed, the token could not be given back; and this site would stay closed.
        if (Preflight.ArbiterUnreachable(v) is not null) return null;
        var message = $"{theirs.Kind.ToString().ToLowerInvariant()} {theirs.Id}: this site has everything up to {token.End.Lsn} and becomes primary at pair epoch {v.NextEpoch(v.Site)}";
        var outcome = new PairOutcome(PairOutcomeKind.Consumed, record.PairEpoch, v.NextEpoch(v.Site), v.Now, theirs.Id, token, message, record.Operation?.StartedAt ?? v.Now);
        // A failover that found the old site still able to stop in order has been asked for at this site alone.
        // By hand there was no lock here that used the request up.
        var requested = v.ByHand || Recovery.Failover.IsAskedFor(v) ? v.Site : record.LastRequested;
        return new PairAction.SwapRecord(record.Decided(PairRole.Primary, outcome) with { LastRequested = requested }, "HandoverConsumed", message);
    }

    /// <summary>
    /// What the other site offers. Read, it does so now; carried, it has done so, and stays stopped whatever it has come to since, until it reads an outcome or is overridden: a token that is out is decided here alone, so
    /// it counts as long as this site's epoch is the one that it names [S2] [S15]. But nobody has locked this site, so its own spec must ask for it.
    /// </summary>
    private static PairOperation? Offered(PairView v) => v.ByHand
        ? AsksForIt(v) && v.PeerWord is { Operation: { Step: PairStep.Offer or PairStep.RollBack } carried } ? carried : null
        : v.PeerRecord is { Operation: { Step: PairStep.Offer } read } ? read : null;

    private static bool AsksForIt(PairView v) => !v.Request.Deleting && v.Request.PrimarySite == v.Site;

    /// <summary>
    /// Without a link: the other site takes its token back, by its letter, and this site's spec does not ask for it: revoked here, where it would be consumed, as in <see cref="ReachOrRevoke"/>. A token that is merely out waits: whoever
    /// pastes the letter first and edits <c>primarySite</c> then has not asked for anything else [S15].
    /// </summary>
    public static PairAction? DecideCarried(PairView v)
    {
        if (!v.ByHand || v.Record is not { Role: PairRole.Standby } record || record.Step == PairStep.FailingOver) return null;
        if (v.Letter?.Record is not { Operation: { Token: { } token } theirs } || theirs.Target != v.Site || token.PairEpoch != record.PairEpoch) return null;
        // A failover that is asked for knows for how long it is worth waiting.
        if (Recovery.Failover.IsAskedFor(v)) return null;
        if (AsksForIt(v)) return NotReached(v, token) is { } missing ? new PairAction.Wait("Reaching", $"{theirs.Kind} {theirs.Id}: {missing.Message}") : null;
        if (theirs.Step == PairStep.RollBack) return Revoke(v, record, theirs, "the other site takes its token back, and spec.primarySite does not ask for it here");
        return new PairAction.Wait("HandoverOffered", $"site {v.PeerSite} has stopped and hands over (switchover {theirs.Id}): spec.primarySite {v.Site} here takes over; to call it off, spec.primarySite {v.PeerSite} there, then carry its status.letter here once more");
    }

    /// <summary>At Target: unlock where the other site has rolled back before a token was out; revoke where it asks for it, or takes too long; else wait.</summary>
    public static PairAction? ReachOrRevoke(PairView v)
    {
        if (v.Record is not { Role: PairRole.Standby, Operation: { Step: PairStep.Target } operation } record) return null;
        // An operation of the other site that is another one, or none: nothing of this one was offered, for that would have moved the epoch.
        if (v.PeerRecord is { } peer && (peer.PairEpoch != record.PairEpoch || peer.Operation is null || (peer.Step == PairStep.Lock && peer.Operation.Id != operation.Id)))
            return new PairAction.SwapRecord(record with { Operation = null }, "RolledBack", $"switchover {operation.Id}: site {v.PeerSite} has rolled back");
        // The target may revoke by itself, blindly too: consuming and revoking are swaps of this one record, so only one of them can win [S2].
        if (v.PeerRecord?.Step == PairStep.RollBack) return Revoke(v, record, operation, "the other site rolls back");
        if (v.Now >= operation.Deadline) return Revoke(v, record, operation, "its deadline has passed");
        return new PairAction.Wait("Reaching", $"switchover {operation.Id}: {Progress(v)}");
    }

    /// <summary>Revoking raises the epoch in the old site's favour: it reopens only at that one [S2].</summary>
    private static PairAction Revoke(PairView v, PairRecord record, PairOperation operation, string why)
    {
        var message = $"switchover {operation.Id} is revoked: {why}";
        var outcome = new PairOutcome(PairOutcomeKind.Revoked, record.PairEpoch, v.NextEpoch(v.PeerSite), v.Now, operation.Id, Message: message, StartedAt: operation.StartedAt);
        return new PairAction.SwapRecord(record.Decided(PairRole.Standby, outcome), "HandoverRevoked", message);
    }

    /// <summary>What is missing for the token; null: nothing is.</summary>
    public static Refusal? NotReached(PairView v, HandoverToken token) => v.Holder switch
    {
        null => new Refusal("PositionUnknown", "the main standby's position is not known"),
        { SystemIdentifier: var id } when id != token.SystemIdentifier => new Refusal("SystemIdentifierMismatch", $"the token is of system {token.SystemIdentifier}, the main standby of {id}"),
        // The position alone could be met on a branch of another timeline [S3].
        { Timeline: var timeline } when timeline != token.Timeline => new Refusal("TimelineMismatch", $"the token is of timeline {token.Timeline}, the main standby on {timeline}"),
        // Nor is the timeline's number enough: each site may have given it to a reign of its own [S3]. What is unknown here the floor holds back [S12].
        { } holder when OtherReign(v, holder, token) is { } other => new Refusal("OtherReign", $"the token is of reign {token.End.PairEpoch}:{token.End.Epoch}, the main standby's timeline {token.Timeline} of {other.PairEpoch}:{other.Epoch}"),
        { Flushed: var flushed } when flushed < token.End.Lsn => new Refusal("Reaching", $"the main standby has flushed {flushed} of {token.End.Lsn}"),
        _ => null,
    };

    /// <summary>Whose the main standby's timeline is, where that is known to be another reign's than the token's; null: it is not.</summary>
    private static LineageEntry? OtherReign(PairView v, HolderPosition holder, HandoverToken token) =>
        v.Cluster is { } cluster && DataLineage.Of(cluster.Lineage, holder.Timeline, holder.Flushed).Entries.LastOrDefault() is { } reign
        && reign.Timeline == holder.Timeline && (reign.PairEpoch, reign.Epoch) != (token.End.PairEpoch, token.End.Epoch) ? reign : null;

    private static string Progress(PairView v) => v.PeerRecord switch
    {
        null => $"site {v.PeerSite} cannot be read",
        { Operation: { Step: PairStep.Offer, Token: { } token } } => NotReached(v, token)?.Message ?? "reached",
        var peer => $"site {v.PeerSite} is at step {peer.Step}",
    };
}
