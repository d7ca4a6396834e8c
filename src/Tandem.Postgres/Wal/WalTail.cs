using Tandem.Postgres.ControlFiles;
using Tandem.Resources.Values;

namespace Tandem.Postgres.Wal;

/// <param name="Why">What stands behind the last record: the reason why the log ends there.</param>
internal sealed record WalTailEnd(TimelineId Timeline, Lsn LastRecord, Lsn End, string Why);

/// <summary>Finds the end of the last valid record in pg_wal by reading the log from a place where a record is known to begin.</summary>
internal sealed class WalTail(string walDirectory, int segmentSize)
{
    /// <summary>How far before a hint a page is looked for on which a record begins. Longer records are rare, and then the search begins at the checkpoint.</summary>
    private const ulong FarthestLookBack = 4 * 1024 * 1024;

    /// <summary>
    /// On the newest timeline of which there is at least one record. A standby may have the history of a timeline, and even an empty segment of it, long before
    /// its first record: then its log ends on the old one. Null where no record is valid at the start.
    /// </summary>
    public WalTailEnd? Find(TimelineId timeline, Lsn start, bool startIsHint)
    {
        WalTailEnd? best = null;
        foreach (var history in Candidates(timeline, start))
        {
            var end = startIsHint ? FollowThrough(history, start) : Follow(history, start, null);
            if (end is null) continue;
            if (history.Timeline > timeline && end.LastRecord >= history.Begin) return end;
            if (best is null || end.End > best.End) best = end;
        }

        return best;
    }

    public string Error { get; private set; } = "";

    /// <summary>Newest first, all that the starting point lies on; at last its own timeline.</summary>
    private IEnumerable<TimelineHistory> Candidates(TimelineId timeline, Lsn start)
    {
        foreach (var newer in TimelineHistory.Known(walDirectory).Where(t => t > timeline))
        {
            if (TimelineHistory.Read(walDirectory, newer) is { } history && history.Contains(timeline, start)) yield return history;
        }

        yield return TimelineHistory.Read(walDirectory, timeline) ?? new TimelineHistory(timeline, []);
    }

    private WalTailEnd? Follow(TimelineHistory history, Lsn start, Lsn? mustPass)
    {
        using var pages = new WalPages(walDirectory, segmentSize, history);
        return Follow(pages, start, mustPass);
    }

    private WalTailEnd? Follow(WalPages pages, Lsn start, Lsn? mustPass)
    {
        var records = new WalRecords(pages);
        var at = start;
        Lsn? last = null;
        var passed = mustPass is null;
        while (records.TryRead(at, last, out var record))
        {
            passed = passed || record.Start == mustPass || record.End == mustPass;
            (last, at) = (record.Start, record.End);
        }

        Error = records.Error;
        if (last is null) return null;
        if (passed) return new WalTailEnd(pages.History.At(last.Value), last.Value, at, records.Error);
        Error = $"no record ends at {mustPass}; the log ends at {at}: {records.Error}";
        return null;
    }

    /// <summary>
    /// The record at a hint is read with the one before it already known, so that a leftover with a good CRC does not pass for a record:
    /// reading begins at the first record of the page before the hint, and the hint must be met exactly.
    /// </summary>
    private WalTailEnd? FollowThrough(TimelineHistory history, Lsn hint)
    {
        using var pages = new WalPages(walDirectory, segmentSize, history);
        return RecordBefore(pages, hint) is { } start ? Follow(pages, start, hint) : null;
    }

    private Lsn? RecordBefore(WalPages pages, Lsn hint)
    {
        if (hint == Lsn.Zero) return null;
        var size = (ulong)pages.PageSize;
        for (var address = (hint.Value - 1) / size * size; hint.Value - address <= FarthestLookBack; address -= size)
        {
            using var alone = new WalPages(walDirectory, segmentSize, pages.History);
            if (!alone.TryRead(new Lsn(address), out var header, out _))
            {
                Error = alone.Error;
                return null;
            }

            var skip = header.BeginsContinued ? (header.Remaining + 7UL) & ~7UL : 0;
            var first = address + (ulong)header.Length + skip;
            if (first < hint.Value && first < address + size) return new Lsn(first);
            if (address < size) break;
        }

        Error = $"no record begins within {FarthestLookBack} bytes before {hint}";
        return null;
    }
}
