using Microsoft.Extensions.Logging;

namespace Tandem.Postgres;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Server started as {Mode}, pid {Pid}")]
    public static partial void ServerStarted(ILogger logger, ServerMode mode, int pid);

    [LoggerMessage(2, LogLevel.Information, "Postmaster {Pid} ended with {ExitCode}")]
    public static partial void ServerEnded(ILogger logger, int pid, int exitCode);

    [LoggerMessage(3, LogLevel.Warning, "Server did not stop by {Mode} within {Seconds} s; taking the next harder way")]
    public static partial void StopTakesHarderWay(ILogger logger, StopMode mode, double seconds);

    [LoggerMessage(4, LogLevel.Warning, "Server killed: {Count} processes")]
    public static partial void ServerKilled(ILogger logger, int count);

    [LoggerMessage(5, LogLevel.Information, "{Program}: {Line}")]
    public static partial void ToolLine(ILogger logger, string program, string line);

    [LoggerMessage(6, LogLevel.Information, "Removed {File}, left by an earlier server")]
    public static partial void StaleFileRemoved(ILogger logger, string file);

    [LoggerMessage(7, LogLevel.Information, "Sealed WAL up to {End} on timeline {Timeline}: {Why}; {Segments} segments synced")]
    public static partial void WalSealed(ILogger logger, string end, uint timeline, string why, int segments);

    [LoggerMessage(8, LogLevel.Information, "Starved: credential removed, {Receivers} WAL receivers ended in {Milliseconds:F0} ms")]
    public static partial void Starved(ILogger logger, int receivers, double milliseconds);

    [LoggerMessage(9, LogLevel.Warning, "Not starved within {Milliseconds:F0} ms: WAL receivers {Receivers} still there")]
    public static partial void NotStarved(ILogger logger, double milliseconds, string receivers);

    [LoggerMessage(10, LogLevel.Information, "Configuration written: {Files}")]
    public static partial void ConfigurationWritten(ILogger logger, string files);

    [LoggerMessage(11, LogLevel.Warning, "Removed from postgresql.auto.conf, as Tandem owns it: {Parameters}")]
    public static partial void DriftRemoved(ILogger logger, string parameters);

    [LoggerMessage(12, LogLevel.Information, "Kept {Files} WAL segments ({Bytes} bytes) beyond {Fork} in {Folder}")]
    public static partial void Salvaged(ILogger logger, int files, long bytes, string fork, string folder);

    [LoggerMessage(13, LogLevel.Information, "Dropped {Folder} from the salvage, to stay below its limit")]
    public static partial void SalvageDropped(ILogger logger, string folder);

    [LoggerMessage(14, LogLevel.Information, "Cleaning up an unclean shutdown ({State}) in single-user mode before the rewind")]
    public static partial void RecoveringSingleUser(ILogger logger, string state);

    [LoggerMessage(15, LogLevel.Debug, "Status not answered: {Reason}")]
    public static partial void StatusUnanswered(ILogger logger, string reason);

    [LoggerMessage(16, LogLevel.Information, "Promoted in {Milliseconds:F0} ms")]
    public static partial void Promoted(ILogger logger, double milliseconds);

    [LoggerMessage(17, LogLevel.Warning, "The server refuses parameter {Name} = '{Value}', which is left as it was: {Why}")]
    public static partial void ParameterRefused(ILogger logger, string name, string value, string why);

    [LoggerMessage(18, LogLevel.Debug, "Configuration tried: {Why}")]
    public static partial void ConfigurationRefused(ILogger logger, string why);

    [LoggerMessage(19, LogLevel.Information, "{Parameter} is raised to {Value} for this standby: the log that it replays was written with that")]
    public static partial void StandbyRaised(ILogger logger, string parameter, int value);
}
