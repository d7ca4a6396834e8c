using System.Buffers.Binary;
using Tandem.Resources.Values;

namespace Tandem.Postgres.Wal;

/// <summary>The header of a page of WAL (XLogPageHeaderData; the first page of a segment has the long form).</summary>
internal readonly record struct PageHeader(ushort Magic, ushort Info, TimelineId Timeline, Lsn Address, uint Remaining, ulong SystemIdentifier, uint SegmentSize, uint PageSize)
{
    public const int ShortLength = 24;
    public const int LongLength = 40;
    private const ushort FirstIsContinued = 1;
    private const ushort IsLong = 2;
    private const ushort AllFlags = 0x000F;
    private const ushort FirstIsOverwrite = 8;

    /// <summary>The page begins with the rest of a record from the page before; <see cref="Remaining"/> bytes are left of it.</summary>
    public bool BeginsContinued => (Info & FirstIsContinued) != 0;

    public bool Long => (Info & IsLong) != 0;

    /// <summary>A restarted server wrote over the place where the rest of a torn record would have stood.</summary>
    public bool BeginsOverwrite => (Info & FirstIsOverwrite) != 0;

    public bool FlagsKnown => (Info & ~AllFlags) == 0;

    public int Length => Long ? LongLength : ShortLength;

    public static PageHeader Read(ReadOnlySpan<byte> page)
    {
        var info = BinaryPrimitives.ReadUInt16LittleEndian(page[2..]);
        var isLong = (info & IsLong) != 0;
        return new PageHeader(
            BinaryPrimitives.ReadUInt16LittleEndian(page),
            info,
            new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(page[4..])),
            new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(page[8..])),
            BinaryPrimitives.ReadUInt32LittleEndian(page[16..]),
            isLong ? BinaryPrimitives.ReadUInt64LittleEndian(page[24..]) : 0,
            isLong ? BinaryPrimitives.ReadUInt32LittleEndian(page[32..]) : 0,
            isLong ? BinaryPrimitives.ReadUInt32LittleEndian(page[36..]) : 0);
    }
}
