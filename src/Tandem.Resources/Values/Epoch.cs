using System.Globalization;
using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources.Values;

/// <summary>The number of a reign in one cluster: <c>leaseTransitions</c> of its record. It never falls.</summary>
[JsonConverter(typeof(EpochConverter)), SchemaType("integer", Format = "int64")]
public readonly record struct Epoch(long Value) : IComparable<Epoch>
{
    public Epoch Next => new(Value + 1);
    public static Epoch Max(Epoch a, Epoch b) => a > b ? a : b;
    public int CompareTo(Epoch other) => Value.CompareTo(other.Value);
    public static bool operator <(Epoch a, Epoch b) => a.Value < b.Value;
    public static bool operator >(Epoch a, Epoch b) => a.Value > b.Value;
    public static bool operator <=(Epoch a, Epoch b) => a.Value <= b.Value;
    public static bool operator >=(Epoch a, Epoch b) => a.Value >= b.Value;
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The epoch of a pair: compared by number, then by site, so that two sites can never both hold the same one (protocol, section 5).</summary>
[JsonConverter(typeof(PairEpochConverter)), SchemaType("string")]
public readonly record struct PairEpoch(long Number, string Site) : IComparable<PairEpoch>
{
    public int CompareTo(PairEpoch other) => Number != other.Number ? Number.CompareTo(other.Number) : string.CompareOrdinal(Site, other.Site);
    public static bool operator <(PairEpoch a, PairEpoch b) => a.CompareTo(b) < 0;
    public static bool operator >(PairEpoch a, PairEpoch b) => a.CompareTo(b) > 0;
    public static bool operator <=(PairEpoch a, PairEpoch b) => a.CompareTo(b) <= 0;
    public static bool operator >=(PairEpoch a, PairEpoch b) => a.CompareTo(b) >= 0;
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}@{Site}");

    /// <exception cref="FormatException">The text is not <c>number@site</c>.</exception>
    public static PairEpoch Parse(string text) => TryParse(text, out var epoch) ? epoch : throw new FormatException($"'{text}' is not a pair epoch (expected number@site)");

    public static bool TryParse(string text, out PairEpoch epoch)
    {
        var at = text.IndexOf('@');
        var isNumber = long.TryParse(text.AsSpan(0, Math.Max(0, at)), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        epoch = isNumber ? new PairEpoch(number, text[(at + 1)..]) : default;
        return isNumber;
    }
}
