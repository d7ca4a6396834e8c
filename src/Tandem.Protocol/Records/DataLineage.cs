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
        var older = persisted.FindLastIndex(e => e.Timeline is { } t && t < timeline);
        return new DataLineage(persisted.GetRange(0, older + 1), timeline, end);
    }

    /// <summary>Where this log stands in the order of elections.</summary>
    public LogEnd Position => Entries.IsEmpty ? new LogEnd(null, new Epoch(0), End) : new LogEnd(Entries[^1].PairEpoch, Entries[^1].Epoch, End);
}
