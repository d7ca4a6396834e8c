using System.Collections.Immutable;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Rejoining;

/// <summary>How an instance may come to follow the record's holder. A closed set.</summary>
public abstract record RejoinVerdict(string Reason, string Message)
{
    /// <summary>Its log is a prefix of the holder's: connect.</summary>
    public sealed record Follow(string Reason, string Message) : RejoinVerdict(Reason, Message);

    /// <summary>It may turn out either way once the holder has confirmed its switch point: do not connect yet [C2].</summary>
    public sealed record Wait(string Reason, string Message) : RejoinVerdict(Reason, Message);

    /// <summary>It left the holder's lineage at <paramref name="Fork"/>: rewind, never connect before.</summary>
    public sealed record Rewind(Lsn Fork, string Reason, string Message) : RejoinVerdict(Reason, Message);

    /// <summary>Rewinding cannot tell the two histories apart, or there is nothing in common: base backup.</summary>
    public sealed record Rebuild(string Reason, string Message) : RejoinVerdict(Reason, Message);
}

/// <summary>
/// Section 3, step 6, and section 4: whether a log lies on the holder's lineage. A WAL receiver reports its replay position as flushed at once, on
/// whatever lineage; so a diverged instance that connected under its own name would be counted for what it does not have [C2].
/// </summary>
public static class RejoinRules
{
    /// <param name="theirs">Lineage of whoever shall be followed.</param>
    /// <param name="electedEnd">Where a winner's log ended, while its switch point is not confirmed.</param>
    public static RejoinVerdict Judge(DataLineage mine, ImmutableList<LineageEntry> theirs, Lsn? electedEnd)
    {
        var common = 0;
        while (common < mine.Entries.Count && common < theirs.Count && mine.Entries[common].SameReign(theirs[common])) common++;

        if (common == 0)
            return new RejoinVerdict.Rebuild("NothingInCommon", "its history shares no reign with the holder's");

        var beyond = mine.Entries.Skip(common).ToList();
        var clash = beyond.FirstOrDefault(m => m.Timeline is { } t && theirs.Any(r => r.Timeline == t && !r.SameReign(m)));
        if (clash is not null)
            return new RejoinVerdict.Rebuild("SameTimelineNumber", $"timeline {clash.Timeline} was taken in epoch {clash.Epoch} and again by another: a rewind would take one for the other");

        // Where the holder's history left the last reign that both share; null: it is the reign in force, nothing was left.
        var next = common < theirs.Count ? theirs[common] : null;
        // The end that the winner was elected with speaks of its own reign alone: of one that another has followed it would tell too much.
        if (next is { SwitchPoint: null } && common + 1 < theirs.Count)
            return new RejoinVerdict.Wait("SwitchPointUnknown", $"the record does not say where epoch {next.Epoch} left the one before it");
        // Shorter is not other: whoever is to be followed has not got so far, or has not said so yet, and what is here may be the only whole copy.
        if (beyond.Count > 0 && next is null)
            return new RejoinVerdict.Wait("AheadOfSource", $"its log has records of epoch {beyond[0].Epoch}, which the holder's history does not have yet");
        // Of the timeline's number is all that a rewind, and a receiver, would go by: there may have been two of it, even from the same point.
        if (mine.EndsUnattributed && next is not { SwitchPoint: null } && theirs.Any(r => r.Timeline >= mine.Timeline))
            return new RejoinVerdict.Rebuild("TimelineUnattributed", $"its log ends on timeline {mine.Timeline}, and whose that was is not known: a rewind could take it for another's of the same number");
        // Nobody's reign has got so far: a person has promoted it (pg_promote). What it wrote since is on no history, and its receiver would ask for that timeline for ever.
        if (mine.EndsUnattributed && theirs is [.., { Timeline: not null }] && theirs.All(r => r.Timeline < mine.Timeline))
            return new RejoinVerdict.Rewind(mine.End, "TimelineOfNobody", $"its log ends on timeline {mine.Timeline}, which no reign has begun");
        var left = next is null ? null : next.SwitchPoint ?? electedEnd;

        if (beyond.Count > 0)
            return next is { SwitchPoint: null }
                ? new RejoinVerdict.Wait("HolderUnconfirmed", "the holder has not confirmed its switch point yet")
                : new RejoinVerdict.Rewind(Lsn.Min(next!.SwitchPoint.Value, beyond[0].SwitchPoint ?? next.SwitchPoint.Value), "OtherReign", $"its log has records of epoch {beyond[0].Epoch}, which the holder's history does not have");

        if (left is not { } fork || mine.End <= fork)
            return new RejoinVerdict.Follow("OnLineage", $"its log ends at {mine.End}, on the holder's lineage");

        return next!.SwitchPoint is null
            ? new RejoinVerdict.Wait("BeyondElectedEnd", $"its log ends at {mine.End}, beyond {fork} where the winner's ended; waiting for the switch point")
            : new RejoinVerdict.Rewind(fork, "BeyondSwitchPoint", $"its log ends at {mine.End}, beyond {fork} where the holder's history left it");
    }
}
