using System.Globalization;
using Tandem.Resources.Values;

namespace Tandem.Postgres.Wal;

/// <summary>Name of a segment file: timeline, then the segment's number in two parts, each 8 hexadecimal digits.</summary>
internal readonly record struct SegmentName(TimelineId Timeline, ulong Number)
{
    public static ulong NumberOf(Lsn lsn, int segmentSize) => lsn.Value / (ulong)segmentSize;

    public Lsn Start(int segmentSize) => new(Number * (ulong)segmentSize);

    public string FileName(int segmentSize)
    {
        var perId = 0x1_0000_0000UL / (ulong)segmentSize;
        return string.Create(CultureInfo.InvariantCulture, $"{Timeline.Value:X8}{Number / perId:X8}{Number % perId:X8}");
    }

    public static SegmentName? Parse(ReadOnlySpan<char> name, int segmentSize)
    {
        if (name.Length != 24) return null;
        if (!uint.TryParse(name[..8], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var timeline)) return null;
        if (!uint.TryParse(name[8..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)) return null;
        if (!uint.TryParse(name[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low)) return null;
        return new SegmentName(new TimelineId(timeline), high * (0x1_0000_0000UL / (ulong)segmentSize) + low);
    }
}
