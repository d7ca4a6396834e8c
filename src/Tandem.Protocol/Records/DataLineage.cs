using System.Collections.Immutable;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>
/// The history that a volume's data really has: the lineage that was persisted when it began to follow, cut at the reign that wrote its last valid record.
/// A follower persists a reign before it receives anything of it; a promise must speak only of what is in the log.
/// </summary>
/// <param name="Entries">Oldest first; the last one wrote the last record. Its timeline is the log's.</param>
public sealed record DataLineage(ImmutableList<LineageEntry> Entries, TimelineId Timeline, Lsn End)
{
    /// <summary>
    /// Attributes the end of a log to a reign. A timeline that no entry has confirmed belongs to the newest reign that was followed: its holder had not
    /// confirmed it when the lineage was persisted, and a follower connects to one holder of one epoch only.
    /// </summary>
    /// <param name="persisted">As kept beside the volume's identity.</param>
    public static DataLineage Of(ImmutableList<LineageEntry> persisted, TimelineId timeline, Lsn end)
    {
        for (var i = persisted.Count - 1; i >= 0; i--)
            if (persisted[i].Timeline == timeline)
                return new DataLineage(persisted.GetRange(0, i + 1), timeline, end);

        if (!persisted.IsEmpty && persisted[^1].Timeline is null)
            return new DataLineage(persisted.SetItem(persisted.Count - 1, persisted[^1] with { Timeline = timeline }), timeline, end);

        // The log ends on a timeline older than any that is known here: nothing of the newer reigns has arrived.
        return OfNobody(persisted, timeline, end);
    }

    /// <summary>Of a log that ends on a timeline that is known to be no reign's, whatever reign may have taken that number for its own.</summary>
    public static DataLineage OfNobody(ImmutableList<LineageEntry> persisted, TimelineId timeline, Lsn end) =>
        new(persisted.GetRange(0, persisted.FindLastIndex(e => e.Timeline is { } t && t < timeline) + 1), timeline, end);

    /// <summary>
    /// The lineage with the timeline of the newest reign, which was followed before it was confirmed, where the log goes on beyond it: on a timeline that is known to be nobody's. What came from its holder is on the one
    /// before; without that it would count for nothing in an election [C2].
    /// </summary>
    /// <param name="byHand">A timeline before it that is nobody's either; null: none is known.</param>
    /// <param name="left">By the history of the log's timeline: each timeline before it, and where it was left, oldest first.</param>
    public static ImmutableList<LineageEntry> Followed(ImmutableList<LineageEntry> persisted, TimelineId? byHand, IReadOnlyList<(TimelineId Timeline, Lsn At)> left)
    {
        if (persisted is not [.., { Timeline: null } newest]) return persisted;
        var before = persisted.Count > 1 ? persisted[^2].Timeline : null;
        for (var i = left.Count - 1; i >= 0; i--)
            if (left[i].Timeline != byHand && !(left[i].Timeline <= before))
                return persisted.SetItem(persisted.Count - 1, newest with { Timeline = left[i].Timeline, SwitchPoint = newest.SwitchPoint ?? (before is { } known ? LeftAt(known, left) : null) });
        return persisted;
    }

    /// <summary>
    /// The lineage with what the data itself tells of it: where each reign left the one before. A follower persists a reign before its holder has confirmed it, and may hear no more of
    /// that; an entry without its switch point, once another one stands behind it, would hide that a log goes on beyond where it was left [C2].
    /// </summary>
    /// <param name="left">By the history of the log's timeline: each timeline before it, and where it was left, oldest first.</param>
    public static ImmutableList<LineageEntry> Complete(ImmutableList<LineageEntry> persisted, TimelineId timeline, IReadOnlyList<(TimelineId Timeline, Lsn At)> left)
    {
        var known = Of(persisted, timeline, Lsn.Zero).Entries;
        for (var i = 1; i < known.Count; i++)
        {
            if (known[i] is { Timeline: not null, SwitchPoint: null } entry && known[i - 1].Timeline is { } before && LeftAt(before, left) is { } began)
                persisted = persisted.SetItem(i, entry with { SwitchPoint = began });
        }
        return persisted;
    }

    /// <summary>A reign that was promoted again has told of each of its timelines; it is on the last.</summary>
    /// <param name="told">In the order of their timelines.</param>
    public static ImmutableList<LineageEntry> OnePerReign(IEnumerable<LineageEntry> told)
    {
        var entries = ImmutableList.CreateBuilder<LineageEntry>();
        foreach (var entry in told)
        {
            if (entries is [.., var last] && last.SameReign(entry)) entries[^1] = entry;
            else entries.Add(entry);
        }
        return entries.ToImmutable();
    }

    /// <summary>
    /// The lineage with the reigns that the log itself names. What it does not name (not replayed yet, or ended before it could say so) stays; on one history timelines only rise, and of two
    /// reigns for one timeline the log is right.
    /// </summary>
    /// <param name="told">As the log's own table has it.</param>
    public static ImmutableList<LineageEntry> Learn(ImmutableList<LineageEntry> persisted, ImmutableList<LineageEntry> told) =>
        [.. told.Concat(persisted.Where(p => !told.Any(t => t.SameReign(p) || t.Timeline == p.Timeline))).OrderBy(e => e.Timeline?.Value ?? uint.MaxValue)];

    /// <summary>
    /// Where a reign's timeline was left, which is where the next reign began. Not the last switch of the history: a reign that was promoted, ended before it could say so, and was promoted
    /// again has two timelines, and whoever wrote on beyond the first of them is diverged [C2].
    /// </summary>
    /// <param name="left">The history of a later timeline: each one before it, and where it was left, oldest first.</param>
    /// <returns>Null where that history does not name it.</returns>
    public static Lsn? LeftAt(TimelineId timeline, IReadOnlyList<(TimelineId Timeline, Lsn At)> left)
    {
        foreach (var (other, at) in left)
            if (other == timeline)
                return at;
        return null;
    }

    /// <summary>Whether a timeline is one of this lineage, by its number and by where its history left the timeline of the reign before. A timeline that no reign has confirmed yet may be.</summary>
    /// <param name="left">The history of that timeline: each one before it, and where it was left, oldest first.</param>
    public static bool Names(ImmutableList<LineageEntry> lineage, TimelineId timeline, IReadOnlyList<(TimelineId Timeline, Lsn At)> left)
    {
        if (lineage is [] or [.., { Timeline: null }]) return true;
        var index = lineage.FindIndex(e => e.Timeline == timeline);
        return index == 0 || index > 0 && (lineage[index] is not { SwitchPoint: { } began } || lineage[index - 1].Timeline is not { } before || LeftAt(before, left) == began);
    }

    /// <summary>
    /// Nobody has said whose the timeline is that the log ends on: its receiver followed there without its agent, whose volume could not be written, or which was not there. All that
    /// <see cref="Entries"/> tell of is what comes before.
    /// </summary>
    public bool EndsUnattributed => !Entries.IsEmpty && Entries[^1].Timeline != Timeline;

    /// <summary>
    /// Where this log stands in an election: what lies behind its last reign counts for nothing there. On a timeline that nobody names are a person's promotion, or a reign of which this volume was never told, and so
    /// was counted by nobody [C2]; as a position of the reign before it would pass by another who has what that one acknowledged.
    /// </summary>
    /// <param name="left">By the history of the log's timeline: each one before it, and where it was left, oldest first.</param>
    /// <returns>Null where that history does not say where the last reign was left.</returns>
    public LogEnd? PositionWithin(IReadOnlyList<(TimelineId Timeline, Lsn At)> left) =>
        !EndsUnattributed ? Position
        : Entries[^1].Timeline is { } last && LeftAt(last, left) is { } at ? Position with { Lsn = Lsn.Min(at, End) }
        : null;

    /// <summary>Where this log stands in the order of elections.</summary>
    public LogEnd Position => Entries.IsEmpty ? new LogEnd(null, new Epoch(0), End) : new LogEnd(Entries[^1].PairEpoch, Entries[^1].Epoch, End);
}
