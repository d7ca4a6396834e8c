namespace Tandem.Cli;

/// <summary>The verb cannot do what was asked: one line that names the way out.</summary>
public sealed class CliException(string message, int exitCode = ExitCodes.Refused) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

public static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Refused, or failed.</summary>
    public const int Refused = 1;

    /// <summary>Asked for, but not seen done in time; it may still be done.</summary>
    public const int TimedOut = 2;
}
