using System.Globalization;

namespace Tandem.Cli.Output;

/// <summary>Amounts and times as people read them. What is not known is a dash.</summary>
public static class Words
{
    public const string Unknown = "-";

    public static string Bytes(long? bytes) => bytes switch
    {
        null => Unknown,
        < 1L << 10 => Invariant($"{bytes} B"),
        < 1L << 20 => Invariant($"{bytes.Value / 1024.0:0.#} KiB"),
        < 1L << 30 => Invariant($"{bytes.Value / 1048576.0:0.#} MiB"),
        _ => Invariant($"{bytes.Value / 1073741824.0:0.#} GiB"),
    };

    public static string Seconds(double? seconds) => seconds is { } value ? Span(TimeSpan.FromSeconds(value)) : Unknown;

    /// <summary>How long ago, e.g. 0.3 s, 5 min, 2 h, 12 d.</summary>
    public static string Since(DateTimeOffset? time, DateTimeOffset now) => time is { } at ? Span(now > at ? now - at : TimeSpan.Zero) : Unknown;

    public static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? Unknown;

    public static string Of<T>(T? value) where T : struct => value?.ToString() ?? Unknown;

    public static string Of(string? value) => string.IsNullOrEmpty(value) ? Unknown : value;

    /// <summary>MainStandby: main standby.</summary>
    public static string Spaced(string camelCase) => string.Concat(camelCase.Select((c, i) => char.IsUpper(c) ? (i > 0 ? " " : "") + char.ToLowerInvariant(c) : c.ToString()));

    private static string Span(TimeSpan span) => span.TotalSeconds switch
    {
        < 10 => Invariant($"{span.TotalSeconds:0.#} s"),
        < 120 => Invariant($"{span.TotalSeconds:0} s"),
        < 7200 => Invariant($"{span.TotalMinutes:0} min"),
        < 172800 => Invariant($"{span.TotalHours:0} h"),
        _ => Invariant($"{span.TotalDays:0} d"),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
