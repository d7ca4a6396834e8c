using System.Globalization;
using Microsoft.Extensions.Logging;
using Tandem.Postgres.Files;
using Tandem.Postgres.Wal;
using Tandem.Resources.Values;

namespace Tandem.Postgres.Copying;

/// <summary>Keeps the WAL that a rewind throws away: one folder a rewind, named by time, timeline and fork, all together below a limit.</summary>
internal sealed class Salvage(PostgresServerOptions options, TimeProvider time, ILogger logger)
{
    private const string SetPrefix = "wal-";

    /// <param name="fork">Where the target left the source's history.</param>
    /// <param name="limit">Bytes of all that is kept, this included; the oldest goes first.</param>
    public void Keep(TimelineId timeline, Lsn fork, int segmentSize, long limit)
    {
        Folder.Ensure(options.SalvageDirectory);
        var segments = Segments(timeline, fork, segmentSize);
        // What alone is beyond the limit loses its oldest part.
        var room = (int)Math.Min(segments.Count, Math.Max(0, limit) / segmentSize);
        segments = segments.GetRange(segments.Count - room, room);
        DropOldest(limit - (long)segments.Count * segmentSize);
        if (segments.Count == 0) return;

        var name = string.Create(CultureInfo.InvariantCulture, $"{SetPrefix}{time.GetUtcNow():yyyyMMddTHHmmssfff}-{timeline.Value:X8}-{fork.Value:X16}");
        var folder = Path.Combine(options.SalvageDirectory, name);
        Folder.Ensure(folder);
        foreach (var segment in segments.Concat(Histories())) Copy(segment, folder);
        Folder.Sync(folder);
        Folder.Sync(options.SalvageDirectory);
        Log.Salvaged(logger, segments.Count, (long)segments.Count * segmentSize, fork.ToString(), folder);
    }

    /// <summary>Oldest first: the segments from the fork on that hold what their names say (a recycled one holds an older part of the log).</summary>
    private List<string> Segments(TimelineId timeline, Lsn fork, int segmentSize)
    {
        var first = SegmentName.NumberOf(fork, segmentSize);
        return
        [
            .. Directory.EnumerateFiles(WalDirectory)
                .Select(f => (Path: f, Name: SegmentName.Parse(Path.GetFileName(f.AsSpan()), segmentSize)))
                .Where(f => f.Name is { } name && name.Timeline >= timeline && name.Number >= first && HoldsItsPart(f.Path, name.Start(segmentSize)))
                .OrderBy(f => f.Name!.Value.Number).ThenBy(f => f.Name!.Value.Timeline)
                .Select(f => f.Path),
        ];
    }

    private static bool HoldsItsPart(string path, Lsn start)
    {
        Span<byte> head = stackalloc byte[PageHeader.LongLength];
        using var file = File.OpenHandle(path);
        return RandomAccess.Read(file, head, 0) == head.Length && PageHeader.Read(head) is { Long: true } header && header.Address == start;
    }

    private IEnumerable<string> Histories() => Directory.EnumerateFiles(WalDirectory, "*.history");

    private void DropOldest(long room)
    {
        var sets = new DirectoryInfo(options.SalvageDirectory).EnumerateDirectories(SetPrefix + "*")
            .OrderByDescending(d => d.Name, StringComparer.Ordinal)
            .Select(d => (Folder: d, Bytes: d.EnumerateFiles().Sum(f => f.Length)));
        foreach (var (folder, bytes) in sets.ToList())
        {
            room -= bytes;
            if (room >= 0) continue;
            folder.Delete(recursive: true);
            Log.SalvageDropped(logger, folder.Name);
        }
    }

    private static void Copy(string file, string folder)
    {
        var target = Path.Combine(folder, Path.GetFileName(file));
        File.Copy(file, target);
        Ownership.FollowFolder(target);
        Folder.SyncFile(target);
    }

    private string WalDirectory => Path.Combine(options.DataDirectory, "pg_wal");
}
