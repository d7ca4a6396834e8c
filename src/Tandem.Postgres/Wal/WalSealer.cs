using System.Globalization;
using Microsoft.Extensions.Logging;
using Tandem.Postgres.ControlFiles;
using Tandem.Postgres.Files;
using Tandem.Resources.Values;

namespace Tandem.Postgres.Wal;

/// <summary>
/// What a promise rests on (protocol, section 3.3 [C3]): the end of the last valid record in pg_wal, made durable before it is told.
/// Nothing writes WAL meanwhile: the server is down, or it is a standby that is starved.
/// </summary>
internal sealed class WalSealer(string dataDirectory, ControlFile control, ILogger logger)
{
    private string WalDirectory => Path.Combine(dataDirectory, "pg_wal");

    public async Task<WalEnd> SealAsync(WalEnd? from, CancellationToken cancellation)
    {
        var size = SegmentSize();
        var tail = new WalTail(WalDirectory, size);
        var start = from?.End ?? Lsn.Zero;
        var end = from is null ? null : tail.Find(from.Timeline, from.End, startIsHint: true);
        if (end is null)
        {
            // Without a hint, or with one that this log does not bear out: from where the server's own recovery would begin.
            (var timeline, start) = await RecoveryStartAsync(cancellation).ConfigureAwait(false);
            end = tail.Find(timeline, start, startIsHint: false) ?? throw new PostgresException("WalUnreadable", $"no valid record at {start} on timeline {timeline}: {tail.Error}");
        }

        cancellation.ThrowIfCancellationRequested();
        var synced = Sync(size, start, end.End);
        Log.WalSealed(logger, end.End.ToString(), end.Timeline.Value, end.Why, synced);
        return new WalEnd(end.Timeline, end.End);
    }

    private async Task<(TimelineId Timeline, Lsn Start)> RecoveryStartAsync(CancellationToken cancellation)
    {
        if (BackupLabel.Read(dataDirectory) is { } label) return (label.Timeline, label.Start);
        var data = await control.ReadAsync(cancellation).ConfigureAwait(false);
        return (data.Timeline, data.CheckpointRedo);
    }

    /// <summary>All segments are of one size, and that is the size of their files.</summary>
    private int SegmentSize()
    {
        foreach (var file in new DirectoryInfo(WalDirectory).EnumerateFiles())
        {
            if (file.Name.Length != 24 || !file.Name.All(char.IsAsciiHexDigitUpper) || file.Length is < 1 << 20 or > 1 << 30) continue;
            if (System.Numerics.BitOperations.IsPow2(file.Length)) return (int)file.Length;
        }

        throw new PostgresException("WalUnreadable", $"no WAL segment in {WalDirectory}");
    }

    /// <summary>
    /// fsync of every segment, on any timeline, from the one before the start (the server syncs a segment itself when it leaves it, so older ones are durable)
    /// to the one of the end, of the timelines' histories, and of the folder.
    /// </summary>
    private int Sync(int size, Lsn start, Lsn end)
    {
        var first = SegmentName.NumberOf(start, size);
        var last = SegmentName.NumberOf(end, size);
        var synced = 0;
        foreach (var path in Directory.EnumerateFiles(WalDirectory))
        {
            var name = Path.GetFileName(path.AsSpan());
            var wanted = SegmentName.Parse(name, size) is { } segment ? segment.Number + 1 >= first && segment.Number <= last : name.EndsWith(".history", StringComparison.Ordinal);
            if (wanted && Folder.SyncFile(path)) synced++;
        }

        Folder.Sync(WalDirectory);
        return synced;
    }
}
