using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Recovery;

/// <summary>
/// The site that has demoted itself opens again by a human's word, without knowing whether its token was consumed: only while the other site cannot be read, after a roll back that has got nowhere
/// for a step's time, and only with <c>failover.overrideFromEpoch</c> = the present pair epoch, so acting uses it up [S6].
/// <para>
/// It takes pair epoch n+2. A consumption that it cannot see is n+1 in favour of the other site, and so is a revocation by that site in favour of this one: both are beaten, so that both sites
/// come to one epoch as soon as they can read each other. With n+1 a consuming site would never give way, or this one would (the greater name wins), though a human had decided.
/// Until then both may be writable, which the human was told; what the other one acknowledged as primary of n+1 is lost.
/// </para>
/// </summary>
public static class Override
{
    public static PairAction? OpenWithoutOutcome(PairView v)
    {
        if (v.Record is not { Role: PairRole.Primary, State: PairRecordState.Active, Operation: { Step: PairStep.RollBack } operation } record) return null;
        if (v.Peer is not null || IsUnasked(v, record)) return null;
        // A read that failed once is no doubt yet: the outcome is fetched for as long as a step may take.
        if (v.Now < operation.StepStartedAt + v.Timeouts.Step) return null;
        var to = Above(record);
        var message = $"{operation.Kind} {operation.Id} is overridden: site {v.Site} goes on as primary at pair epoch {to} without knowing whether site {v.PeerSite} took over; what that one acknowledged since {operation.StepStartedAt:u} is lost";
        var outcome = new PairOutcome(PairOutcomeKind.Overridden, record.PairEpoch, to, v.Now, operation.Id, Message: message, StartedAt: operation.StartedAt);
        return new PairAction.SwapRecord(record.Decided(PairRole.Primary, outcome) with { LastRequested = v.Site }, "HandoverOverridden", message);
    }

    /// <summary>
    /// Without a link there is never a look at the other site, so the primary site stays closed once nobody there has lived through: after a loss of its power. What it must know, whether the other one has taken over since, a person
    /// says [S8] [S15]: at n+2 as well, above the takeover that may have been. An agent that was there when this was decided may start by it; one that was not asks anew, so no start after the next loss goes by the same word.
    /// </summary>
    public static PairAction? OpenUnseen(PairView v)
    {
        if (!v.ByHand || !v.WaitsForLook || v.PrimaryRunsAtEpoch) return null;
        if (v.Record is not { Role: PairRole.Primary, State: PairRecordState.Active, Operation: null } record) return null;
        if (IsUnasked(v, record)) return null;
        var to = Above(record);
        var message = $"site {v.Site} goes on as primary at pair epoch {to} without a look at site {v.PeerSite}: if that one has taken over, what it acknowledged since is lost";
        var outcome = new PairOutcome(PairOutcomeKind.Overridden, record.PairEpoch, to, v.Now, v.FreshId, Message: message, StartedAt: v.Now);
        return new PairAction.SwapRecord(record.Decided(PairRole.Primary, outcome) with { LastRequested = v.Site }, "OpenedUnseen", message);
    }

    /// <summary>The word names the epoch that it ends, so acting uses it up [S6].</summary>
    private static bool IsUnasked(PairView v, PairRecord record) => v.Request.Deleting || v.Request.PrimarySite != v.Site || v.Request.OverrideFromEpoch != record.PairEpoch.Number;

    private static PairEpoch Above(PairRecord record) => new(record.PairEpoch.Number + 2, record.PairEpoch.Site);
}
