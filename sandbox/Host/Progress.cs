namespace Tandem.Sandbox.Host;

/// <summary>One line per step, with the seconds since the start.</summary>
public sealed class Progress(TextWriter? writer)
{
    private readonly long started = TimeProvider.System.GetTimestamp();

    public static Progress Silent { get; } = new(null);

    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(started);

    public void Step(string what) => writer?.WriteLine(FormattableString.Invariant($"{Elapsed.TotalSeconds,6:0.0} s  {what}"));

    /// <summary>A line of a program that shows progress of its own.</summary>
    public void Line(string text) => writer?.WriteLine($"          | {text}");
}
