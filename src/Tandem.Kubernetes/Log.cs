using Microsoft.Extensions.Logging;

namespace Tandem.Kubernetes;

/// <summary>Every log message of this project.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "{Kind} {Namespace}/{Name} cannot be read and is passed over: {Message}")]
    public static partial void ObjectUnreadable(ILogger logger, string kind, string? @namespace, string name, string message);
}
