using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources.Values;

/// <summary>
/// One life of an instance's data: the instance (pod) name, the UUID written into its volume at initdb or clone, and the UID of its claim.
/// Records, promises, slots and <c>application_name</c> carry this, never the bare name: an emptied volume under an old name is a stranger.
/// </summary>
/// <param name="Instance">Pod name, e.g. <c>orders-1</c>.</param>
/// <param name="Volume">UUID, 32 lower-case hex digits without dashes.</param>
/// <param name="Claim">UID of the PersistentVolumeClaim as the API gives it.</param>
[JsonConverter(typeof(IncarnationConverter)), SchemaType("string")]
public readonly record struct Incarnation(string Instance, string Volume, string Claim) : IComparable<Incarnation>
{
    /// <summary>As the texts compare, character by character.</summary>
    public int CompareTo(Incarnation other)
    {
        var first = ComparePart(Instance, other.Instance);
        if (first != 0) return first;
        var second = ComparePart(Volume, other.Volume);
        return second != 0 ? second : string.CompareOrdinal(Claim, other.Claim);
    }

    /// <summary><c>instance/volume/claim</c>: the form in records, lossless.</summary>
    public override string ToString() => $"{Instance}/{Volume}/{Claim}";

    /// <exception cref="FormatException">The text is not <c>instance/volume/claim</c>.</exception>
    public static Incarnation Parse(string text) => TryParse(text, out var i) ? i : throw new FormatException($"'{text}' is not an incarnation (expected instance/volume/claim)");

    public static bool TryParse(string? text, out Incarnation incarnation)
    {
        incarnation = default;
        Span<Range> parts = stackalloc Range[4];
        if (text.AsSpan().Split(parts, '/') != 3) return false;
        foreach (var part in parts[..3])
            if (part.Start.Value == part.End.Value) return false;
        incarnation = new Incarnation(text![parts[0]], text[parts[1]], text[parts[2]]);
        return true;
    }

    /// <summary>
    /// Name for <c>application_name</c>, <c>synchronous_standby_names</c> and the slot: letters, digits and underscores only, at most 63,
    /// unique to the incarnation: 30 characters of the instance's name, 16 of the volume's UUID and 8 of the claim's UID.
    /// </summary>
    public string ReplicationName
    {
        get
        {
            Span<char> name = stackalloc char[56];
            var length = 0;
            foreach (var c in Instance.AsSpan(Math.Max(0, Instance.Length - 30))) name[length++] = char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_';
            name[length++] = '_';
            var volume = Volume.AsSpan(0, Math.Min(16, Volume.Length));
            volume.CopyTo(name[length..]);
            length += volume.Length;
            name[length++] = '_';
            var end = length + 8;
            foreach (var c in Claim)
            {
                if (length == end) break;
                if (c != '-') name[length++] = c;
            }
            return new string(name[..length]);
        }
    }

    /// <summary>Of two parts with a slash behind them, which no part contains.</summary>
    private static int ComparePart(string a, string b)
    {
        var shared = Math.Min(a.Length, b.Length);
        var difference = string.CompareOrdinal(a, 0, b, 0, shared);
        return difference != 0 || a.Length == b.Length ? difference : a.Length == shared ? '/'.CompareTo(b[shared]) : a[shared].CompareTo('/');
    }
}

/// <summary>PostgreSQL's system identifier: made at initdb, the same in every copy of a cluster.</summary>
[JsonConverter(typeof(SystemIdentifierConverter)), SchemaType("string")]
public readonly record struct SystemIdentifier(ulong Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
