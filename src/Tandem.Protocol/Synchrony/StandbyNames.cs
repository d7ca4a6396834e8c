using System.Collections.Immutable;
using System.Globalization;

namespace Tandem.Protocol.Synchrony;

/// <summary>A value of <c>synchronous_standby_names</c>, always of the form <c>ANY k (name, …)</c>; with no names the empty text, by which commits wait for nobody.</summary>
public sealed record StandbyNames(int Acknowledgements, ImmutableSortedSet<string> Names)
{
    /// <summary>Stands where nobody is to count: no standby bears it, so every commit waits.</summary>
    public const string Placeholder = "tandem_nobody";

    public static readonly StandbyNames None = new(0, ImmutableSortedSet.Create<string>(StringComparer.Ordinal));

    public static StandbyNames Of(int acknowledgements, IEnumerable<string> names) => new(acknowledgements, names.ToImmutableSortedSet(StringComparer.Ordinal));

    /// <summary>Every one of them must acknowledge.</summary>
    public bool NeedsAll => Acknowledgements >= Names.Count;

    /// <exception cref="FormatException">The text is not of that form.</exception>
    public static StandbyNames Parse(string text)
    {
        if (text.Length == 0) return None;
        var open = text.IndexOf('(', StringComparison.Ordinal);
        return text.StartsWith("ANY ", StringComparison.Ordinal) && open > 4 && text[^1] == ')' && int.TryParse(text.AsSpan(4, open - 4), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var k)
            ? Of(k, text[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            : throw new FormatException($"'{text}' is not of the form ANY k (name, ...)");
    }

    public override string ToString() => Names.IsEmpty ? "" : string.Create(CultureInfo.InvariantCulture, $"ANY {Acknowledgements} ({string.Join(", ", Names)})");
}
