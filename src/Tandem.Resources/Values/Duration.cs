using System.Globalization;
using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources.Values;

/// <summary>
/// A length of time as a user writes it: <c>500ms</c>, <c>2s</c>, <c>10m</c>, <c>1h30m</c>. Keeps its text, also where that is no duration:
/// reading an object never fails for it, validation names it (<see cref="IsValid"/>).
/// </summary>
[JsonConverter(typeof(DurationConverter)), SchemaType("string"), Pattern(Expression), Length(2, 20)]
public readonly record struct Duration(string Text)
{
    public const string Expression = @"^([0-9]{1,9}(\.[0-9]{1,3})?(ms|s|m|h))+$";

    public bool IsValid => TryGet(out _);

    /// <exception cref="FormatException"><see cref="IsValid"/> is false.</exception>
    public TimeSpan Value => TryGet(out var value) ? value : throw new FormatException($"'{Text}' is not a duration (expected e.g. 500ms, 2s, 10m, 1h30m)");

    public bool TryGet(out TimeSpan value)
    {
        value = TimeSpan.Zero;
        var rest = (Text ?? "").AsSpan();
        if (rest.IsEmpty) return false;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept("0123456789.");
            if (digits < 1 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
            rest = rest[digits..];
            var (unit, length) = UnitAt(rest);
            if (length == 0 || number > 1_000_000_000) return false;
            value += TimeSpan.FromTicks((long)(number * unit));
            rest = rest[length..];
        }

        return true;
    }

    public override string ToString() => Text ?? "";

    private static (long Ticks, int Length) UnitAt(ReadOnlySpan<char> text) =>
        text.StartsWith("ms") ? (TimeSpan.TicksPerMillisecond, 2)
        : text.StartsWith("s") ? (TimeSpan.TicksPerSecond, 1)
        : text.StartsWith("m") ? (TimeSpan.TicksPerMinute, 1)
        : text.StartsWith("h") ? (TimeSpan.TicksPerHour, 1)
        : (0, 0);
}
