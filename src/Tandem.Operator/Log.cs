using Microsoft.Extensions.Logging;
using Tandem.Operator.Clusters;
using Tandem.Operator.Clusters.Observing;

namespace Tandem.Operator;

/// <summary>Every message of the operator. None takes a Secret, or anything read out of one.</summary>
internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Information, "{Cluster}: {Reason}: {Message}")]
    public static partial void Acting(ILogger logger, ClusterKey cluster, string reason, string message);

    [LoggerMessage(105, LogLevel.Debug, "{Cluster}: {Message}")]
    public static partial void Checking(ILogger logger, ClusterKey cluster, string message);

    [LoggerMessage(101, LogLevel.Warning, "{Cluster}: the API server refuses {Object}: {Message}")]
    public static partial void Refused(ILogger logger, ClusterKey cluster, ObjectName @object, string message);

    [LoggerMessage(102, LogLevel.Debug, "{Cluster}: holds: {Reason}: {Message}")]
    public static partial void Holding(ILogger logger, ClusterKey cluster, string reason, string message);

    [LoggerMessage(103, LogLevel.Information, "{Cluster}: {Condition} is {Status}: {Reason}: {Message}")]
    public static partial void Transition(ILogger logger, ClusterKey cluster, string condition, string status, string reason, string message);

    [LoggerMessage(104, LogLevel.Information, "{Cluster}: epoch {Epoch}: {Reason}: {Message}")]
    public static partial void Reign(ILogger logger, ClusterKey cluster, long epoch, string reason, string message);

    [LoggerMessage(110, LogLevel.Information, "site {Site}: server {Server}, Kubernetes {Version}, namespaces {Namespaces}, agents from {AgentImage}")]
    public static partial void Started(ILogger logger, string site, string server, string version, string namespaces, string agentImage);

    [LoggerMessage(111, LogLevel.Error, "cannot start: {Message}")]
    public static partial void CannotStart(ILogger logger, string message);

    [LoggerMessage(112, LogLevel.Warning, "waits for the API server: {Message}")]
    public static partial void WaitsForServer(ILogger logger, string message);

    [LoggerMessage(113, LogLevel.Information, "{Cluster} is gone")]
    public static partial void Gone(ILogger logger, ClusterKey cluster);
}
