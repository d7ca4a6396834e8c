using System.Buffers.Binary;
using Tandem.Resources.Values;

namespace Tandem.Postgres.Wal;

/// <summary>A valid record: where it begins (behind a page header, if there is one) and where the next one may begin.</summary>
internal readonly record struct WalRecord(Lsn Start, Lsn End);

/// <summary>Reads records one after the other and stops before the first that is not valid: too short, not chained to the one before it, or of a wrong CRC.</summary>
internal sealed class WalRecords(WalPages pages)
{
    private const int HeaderLength = 24;
    private const int CrcOffset = 20;
    private const byte XlogResourceManager = 0;
    private const byte SwitchInfo = 0x40;
    private const uint LargestRecord = 0x3FFF_FFFF;

    private byte[] assembled = new byte[64 * 1024];

    public string Error { get; private set; } = "";

    /// <param name="at">Where the record should begin; may be the beginning of a page.</param>
    /// <param name="previous">Where the one before began; null at the first that is read.</param>
    public bool TryRead(Lsn at, Lsn? previous, out WalRecord record)
    {
        // A torn record that a restarted server wrote over is skipped: the log goes on at the page where its rest would have stood.
        while (Attempt(at, previous, out record) is { } goOn)
        {
            if (goOn == Lsn.Zero) return false;
            at = goOn;
        }

        return true;
    }

    /// <returns>Null: read. Zero: no valid record. Else: where to go on instead.</returns>
    private Lsn? Attempt(Lsn at, Lsn? previous, out WalRecord record)
    {
        record = default;
        var address = PageOf(at);
        if (!pages.TryRead(address, out var header, out var page)) return Fail(pages.Error);
        address = PageOf(at);
        var offset = (int)(at.Value - address.Value);
        if (offset == 0) (offset, at) = (header.Length, new Lsn(at.Value + (ulong)header.Length));
        if (offset < header.Length) return Fail($"{at} lies in a page header");
        if (header.BeginsContinued && offset == header.Length) return Fail($"at {at} goes on another record");
        if (pages.FileTimeline < pages.History.At(at)) return Fail($"{at} is on timeline {pages.History.At(at)}, of which there is no segment");

        var total = BinaryPrimitives.ReadUInt32LittleEndian(page[offset..]);
        if (total < HeaderLength || total > LargestRecord) return Fail($"no record at {at}: length {total}");
        ReadOnlySpan<byte> bytes;
        Lsn end;
        if (total <= pages.PageSize - offset)
        {
            bytes = page.Slice(offset, (int)total);
            end = new Lsn(at.Value + Align(total));
        }
        else
        {
            if (Assemble(at, address, page[offset..], total, previous, out end) is { } goOn) return goOn;
            bytes = assembled.AsSpan(0, (int)total);
        }

        if (Complaint(bytes, at, previous) is { } complaint) return Fail($"record at {at}: {complaint}");
        if (IsSwitch(bytes)) end = NextSegment(end);
        record = new WalRecord(at, end);
        return null;
    }

    private Lsn? Assemble(Lsn at, Lsn address, ReadOnlySpan<byte> first, uint total, Lsn? previous, out Lsn end)
    {
        end = default;
        Grow(first.Length);
        first.CopyTo(assembled);
        var got = first.Length;
        while (got < total)
        {
            address = new Lsn(address.Value + (ulong)pages.PageSize);
            if (!pages.TryRead(address, out var header, out var page)) return Fail(pages.Error);
            if (header.BeginsOverwrite) return address;
            if (!header.BeginsContinued) return Fail($"the record at {at} does not go on at {address}");
            if (header.Remaining != total - got) return Fail($"the record at {at} goes on at {address} with {header.Remaining} bytes, not {total - got}");
            var take = (int)Math.Min(header.Remaining, (uint)(pages.PageSize - header.Length));
            Grow(got + take);
            page.Slice(header.Length, take).CopyTo(assembled.AsSpan(got));
            got += take;
            end = new Lsn(address.Value + (ulong)header.Length + Align((uint)take));
            // A wild length is found out by the chain before a gigabyte is read for it.
            if (got >= HeaderLength && ChainComplaint(assembled, at, previous) is { } complaint) return Fail($"record at {at}: {complaint}");
        }

        return null;
    }

    private static string? Complaint(ReadOnlySpan<byte> record, Lsn at, Lsn? previous)
    {
        if (ChainComplaint(record, at, previous) is { } chain) return chain;
        var crc = Crc32C.Append(Crc32C.Initial, record[HeaderLength..]);
        crc = Crc32C.Finish(Crc32C.Append(crc, record[..CrcOffset]));
        return crc == BinaryPrimitives.ReadUInt32LittleEndian(record[CrcOffset..]) ? null : "wrong CRC";
    }

    private static string? ChainComplaint(ReadOnlySpan<byte> record, Lsn at, Lsn? previous)
    {
        var link = new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(record[8..]));
        if (previous is { } p) return link == p ? null : $"follows {link}, not {p}";
        return link < at ? null : $"follows {link}";
    }

    private static bool IsSwitch(ReadOnlySpan<byte> record) => record[17] == XlogResourceManager && (record[16] & 0xF0) == SwitchInfo;

    private Lsn NextSegment(Lsn lsn)
    {
        var size = (ulong)pages.SegmentSize;
        return new Lsn((lsn.Value + size - 1) / size * size);
    }

    private Lsn PageOf(Lsn lsn) => new(lsn.Value - lsn.Value % (ulong)pages.PageSize);

    private void Grow(int length)
    {
        if (assembled.Length < length) Array.Resize(ref assembled, Math.Max(length, assembled.Length * 2));
    }

    private static ulong Align(uint length) => (length + 7UL) & ~7UL;

    private Lsn? Fail(string why)
    {
        Error = why;
        return Lsn.Zero;
    }
}
