using System.Globalization;
using Tandem.Resources.Values;

namespace Tandem.Resources.Validation;

/// <summary>The checks that many fields need. Each gives nothing where all is well.</summary>
internal static class Check
{
    public static IEnumerable<FieldError> Word<T>(string field, T value) where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            yield return FieldError.Of(field, "Unknown", Reasons.InvalidValue, $"is none of {string.Join(", ", Enum.GetNames<T>())}; set it to one of them");
    }

    public static IEnumerable<FieldError> Word<T>(string field, T? value) where T : struct, Enum => value is { } some ? Word(field, some) : [];

    public static IEnumerable<FieldError> Range(string field, long value, long minimum, long maximum)
    {
        if (value < minimum || value > maximum)
            yield return FieldError.Of(field, value, Reasons.OutOfRange, $"is not within {minimum} and {maximum}; set it to a number in between");
    }

    public static IEnumerable<FieldError> Duration(string field, Duration value, TimeSpan minimum, TimeSpan maximum)
    {
        if (!value.TryGet(out var time))
            yield return FieldError.Of(field, value, Reasons.InvalidValue, "is not a duration; write it as 500ms, 2s, 10m or 1h30m");
        else if (time < minimum || time > maximum)
            yield return FieldError.Of(field, value, Reasons.OutOfRange, $"is not within {Text(minimum)} and {Text(maximum)}; set it to a time in between");
    }

    public static IEnumerable<FieldError> Bytes(string field, Quantity value, string minimum, string maximum)
    {
        if (!value.TryGet(out var amount))
            yield return FieldError.Of(field, value, Reasons.InvalidValue, "is not a quantity; write it as 512Mi or 20Gi");
        else if (amount < new Quantity(minimum).Value || amount > new Quantity(maximum).Value)
            yield return FieldError.Of(field, value, Reasons.OutOfRange, $"is not within {minimum} and {maximum}; set it to a size in between{HintOfUnit(value)}");
    }

    public static IEnumerable<FieldError> ObjectName(string field, string? value, int maximum)
    {
        if (string.IsNullOrEmpty(value))
            yield return FieldError.Of(field, null, Reasons.FieldRequired, "but needed; set it to a name");
        else if (value.Length > maximum || !value.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.') || !char.IsAsciiLetterOrDigit(value[0]) || !char.IsAsciiLetterOrDigit(value[^1]))
            yield return FieldError.Of(field, value, Reasons.InvalidValue, $"is not a name: lower-case letters, digits and dashes, at most {maximum} characters");
    }

    public static bool IsAscii(string text, Func<char, bool> allowed) => text.Length > 0 && text.All(allowed);

    private static string HintOfUnit(Quantity value) =>
        value.Text.All(char.IsAsciiDigit) ? $" (without a unit it means bytes: {value}Gi?)" : value.Text.EndsWith('m') ? $" (m is a thousandth: {value.Text[..^1]}Mi?)" : "";

    private static string Text(TimeSpan time) => time switch
    {
        { TotalHours: >= 1 } when time.Ticks % TimeSpan.TicksPerHour == 0 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours}h"),
        { TotalMinutes: >= 1 } when time.Ticks % TimeSpan.TicksPerMinute == 0 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes}m"),
        { TotalSeconds: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds}ms"),
    };
}
