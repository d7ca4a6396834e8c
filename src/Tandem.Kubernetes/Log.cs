using Microsoft.Extensions.Logging;

namespace Tandem.Kubernetes;

/// <summary>Every log message of this project.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "{Kind} {Namespace}/{Name} cannot be read and is passed over: {Message}")]
    public static partial void ObjectUnreadable(ILogger logger, string kind, string? @namespace, string name, string message);

    [LoggerMessage(10, LogLevel.Debug, "Listed {Count} of {Kind} at version {Version}")]
    public static partial void Listed(ILogger logger, string kind, int count, string version);

    [LoggerMessage(11, LogLevel.Information, "The watch of {Kind} from version {Version} is too old, listing again: {Message}")]
    public static partial void WatchExpired(ILogger logger, string kind, string version, string message);

    [LoggerMessage(12, LogLevel.Warning, "The watch of {Kind} failed, again in {Seconds:0.0} s: {Message}")]
    public static partial void WatchFailed(ILogger logger, string kind, double seconds, string message);

    [LoggerMessage(20, LogLevel.Warning, "{Controller} {Key} failed ({Failures} in a row), again in {Seconds:0.000} s")]
    public static partial void ReconcileFailed(ILogger logger, Exception exception, string controller, string key, int failures, double seconds);

    [LoggerMessage(21, LogLevel.Information, "Controllers start: {Controllers}")]
    public static partial void ControllersStart(ILogger logger, string controllers);

    [LoggerMessage(22, LogLevel.Information, "Controllers have drained")]
    public static partial void ControllersDrained(ILogger logger);

    [LoggerMessage(23, LogLevel.Error, "A map of {Kind} to the keys of {Controller} failed for {Key}")]
    public static partial void MapFailed(ILogger logger, Exception exception, string kind, string controller, string key);

    [LoggerMessage(24, LogLevel.Warning, "Not listed anew within {Seconds} s: {Types}; the controllers start by what was heard before")]
    public static partial void NotCaughtUp(ILogger logger, string types, double seconds);

    [LoggerMessage(30, LogLevel.Information, "{Identity} leads ({Lease})")]
    public static partial void Leading(ILogger logger, string identity, string lease);

    [LoggerMessage(31, LogLevel.Warning, "{Identity} leads no more ({Lease}): {Message}")]
    public static partial void LeadLost(ILogger logger, string identity, string lease, string message);

    [LoggerMessage(32, LogLevel.Information, "{Identity} follows {Leader} ({Lease})")]
    public static partial void Following(ILogger logger, string identity, string leader, string lease);

    [LoggerMessage(33, LogLevel.Warning, "The lease {Lease} cannot be read or written: {Message}")]
    public static partial void LeaseFailed(ILogger logger, string lease, string message);

    [LoggerMessage(34, LogLevel.Information, "{Identity} has released {Lease}")]
    public static partial void LeaseReleased(ILogger logger, string identity, string lease);

    [LoggerMessage(40, LogLevel.Warning, "Event {Reason} of {Object} was not written: {Message}")]
    public static partial void EventNotWritten(ILogger logger, string reason, string @object, string message);

    [LoggerMessage(41, LogLevel.Warning, "Events were left out: {Count} since the last word of it")]
    public static partial void EventsDropped(ILogger logger, int count);
}
