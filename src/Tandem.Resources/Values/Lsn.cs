using System.Globalization;
using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources.Values;

/// <summary>A position in the write-ahead log, in bytes from its beginning. Written as PostgreSQL writes it: <c>0/5A01E38</c>.</summary>
[JsonConverter(typeof(LsnConverter)), SchemaType("string")]
public readonly record struct Lsn(ulong Value) : IComparable<Lsn>
{
    /// <summary>The position before any record: PostgreSQL's "invalid" LSN, <c>0/0</c>.</summary>
    public static readonly Lsn Zero = new(0);

    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);

    public static bool operator <(Lsn a, Lsn b) => a.Value < b.Value;
    public static bool operator >(Lsn a, Lsn b) => a.Value > b.Value;
    public static bool operator <=(Lsn a, Lsn b) => a.Value <= b.Value;
    public static bool operator >=(Lsn a, Lsn b) => a.Value >= b.Value;

    /// <summary>Bytes from <paramref name="b"/> to <paramref name="a"/>; negative where a is behind b.</summary>
    public static long operator -(Lsn a, Lsn b) => unchecked((long)(a.Value - b.Value));

    public static Lsn Max(Lsn a, Lsn b) => a > b ? a : b;
    public static Lsn Min(Lsn a, Lsn b) => a < b ? a : b;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value >> 32:X}/{Value & 0xFFFFFFFF:X}");

    /// <exception cref="FormatException">The text is not of the form <c>X/X</c>, hexadecimal.</exception>
    public static Lsn Parse(string text) => TryParse(text, out var lsn) ? lsn : throw new FormatException($"'{text}' is not an LSN (expected X/X, hexadecimal)");

    public static bool TryParse(string? text, out Lsn lsn)
    {
        lsn = default;
        if (text is null) return false;
        var slash = text.IndexOf('/');
        if (slash < 1) return false;
        if (!uint.TryParse(text.AsSpan(0, slash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)) return false;
        if (!uint.TryParse(text.AsSpan(slash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low)) return false;
        lsn = new Lsn(((ulong)high << 32) | low);
        return true;
    }
}
