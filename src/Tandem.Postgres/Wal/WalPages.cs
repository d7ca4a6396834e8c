using Microsoft.Win32.SafeHandles;
using Tandem.Postgres.ControlFiles;
using Tandem.Resources.Values;

namespace Tandem.Postgres.Wal;

/// <summary>
/// The pages of the log as one server sees it that is on the way to one timeline: each segment is read from the newest timeline of its history
/// that has begun by then and of which there is a file. By the same rules as the server's own reader, a page is only good if its header says that it belongs here.
/// </summary>
internal sealed class WalPages(string walDirectory, int segmentSize, TimelineHistory history) : IDisposable
{
    private const int ChunkSize = 256 * 1024;

    private readonly byte[] chunk = new byte[ChunkSize];
    private Lsn chunkStart;
    private int chunkLength;
    private SafeFileHandle? segment;
    private ulong segmentNumber = ulong.MaxValue;
    private ushort magic;
    private ulong systemIdentifier;
    private Lsn latestPage;
    private TimelineId latestPageTimeline;

    public TimelineHistory History { get; } = history;
    public int SegmentSize { get; } = segmentSize;

    /// <summary>XLOG_BLCKSZ of the build, as the segments' own headers say; known once the first page was read.</summary>
    public int PageSize { get; private set; } = 8192;

    /// <summary>Timeline of the file that the last page came from.</summary>
    public TimelineId FileTimeline { get; private set; }

    /// <summary>Why the last page was not good.</summary>
    public string Error { get; private set; } = "";

    public void Dispose() => segment?.Dispose();

    /// <param name="address">Of the page's first byte.</param>
    public bool TryRead(Lsn address, out PageHeader header, out ReadOnlySpan<byte> page)
    {
        header = default;
        page = default;
        if (!Open(address) || !Load(address, out page)) return false;
        header = PageHeader.Read(page);
        if (Complaint(address, header) is { } complaint)
        {
            Error = $"page {address} of {new SegmentName(FileTimeline, segmentNumber).FileName(SegmentSize)}: {complaint}";
            return false;
        }

        magic = header.Magic;
        if (header.Long) systemIdentifier = header.SystemIdentifier;
        if (address > latestPage || latestPage == Lsn.Zero) (latestPage, latestPageTimeline) = (address, header.Timeline);
        return true;
    }

    private string? Complaint(Lsn address, PageHeader header)
    {
        var first = address.Value % (ulong)SegmentSize == 0;
        // All versions since 2010 are 0xD0xx or 0xD1xx; which one, the first page says and all others must.
        if (magic == 0 ? header.Magic >> 8 is not (0xD0 or 0xD1) : header.Magic != magic) return $"magic {header.Magic:X4}";
        if (!header.FlagsKnown) return $"flags {header.Info:X4}";
        if (header.Address != address) return $"says it is {header.Address}";
        if (header.Long != first) return first ? "no segment header" : "a segment header in the middle of a segment";
        if (header.Long && header.SegmentSize != (uint)SegmentSize) return $"segment size {header.SegmentSize}";
        if (header.Long && header.PageSize != (uint)PageSize) return $"page size {header.PageSize}";
        if (header.Long && systemIdentifier != 0 && header.SystemIdentifier != systemIdentifier) return $"of another system, {header.SystemIdentifier}";
        if (header.Timeline > FileTimeline) return $"timeline {header.Timeline} in a file of {FileTimeline}";
        if (address > latestPage && header.Timeline < latestPageTimeline) return $"timeline {header.Timeline} after {latestPageTimeline}";
        return null;
    }

    private bool Open(Lsn address)
    {
        var number = SegmentName.NumberOf(address, SegmentSize);
        if (number == segmentNumber) return true;
        segment?.Dispose();
        segment = null;
        segmentNumber = ulong.MaxValue;
        chunkLength = 0;
        foreach (var (timeline, begin) in History.NewestFirst())
        {
            if (number < SegmentName.NumberOf(begin, SegmentSize)) continue;
            var path = Path.Combine(walDirectory, new SegmentName(timeline, number).FileName(SegmentSize));
            if (!File.Exists(path)) continue;
            segment = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            segmentNumber = number;
            FileTimeline = timeline;
            if (magic == 0) PageSize = PageSizeOf(segment);
            return true;
        }

        Error = $"no segment for {address} on timeline {History.Timeline} or its parents";
        return false;
    }

    private static int PageSizeOf(SafeFileHandle segment)
    {
        Span<byte> head = stackalloc byte[PageHeader.LongLength];
        var header = RandomAccess.Read(segment, head, 0) == head.Length ? PageHeader.Read(head) : default;
        return header.PageSize is >= 1024 and <= 65536 && header.PageSize % 1024 == 0 ? (int)header.PageSize : 8192;
    }

    private bool Load(Lsn address, out ReadOnlySpan<byte> page)
    {
        var offset = (long)(address.Value - chunkStart.Value);
        if (chunkLength == 0 || address < chunkStart || offset + PageSize > chunkLength)
        {
            chunkStart = address;
            offset = 0;
            chunkLength = RandomAccess.Read(segment!, chunk, (long)(address.Value % (ulong)SegmentSize));
        }

        page = default;
        if (offset + PageSize > chunkLength)
        {
            Error = $"segment {new SegmentName(FileTimeline, segmentNumber).FileName(SegmentSize)} is short";
            chunkLength = 0;
            return false;
        }

        page = chunk.AsSpan((int)offset, PageSize);
        return true;
    }
}
