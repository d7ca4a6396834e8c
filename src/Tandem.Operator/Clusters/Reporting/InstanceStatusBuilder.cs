using Tandem.Operator.Clusters.Observing;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>One row of <c>status.instances</c>. What its agent does not tell now is absent; what the kubelet tells stays.</summary>
public static class InstanceStatusBuilder
{
    public static InstanceStatus Build(ClusterObservation observation, InstanceView instance)
    {
        var report = instance.Report;
        var sender = SenderOf(observation, report);
        var isPrimary = report is { RunMode: nameof(RunMode.Primary) };
        return new InstanceStatus
        {
            Name = instance.Name,
            Incarnation = Incarnation.TryParse(report?.Incarnation, out var incarnation) ? incarnation : null,
            Epoch = report?.Epoch is > 0 and var promised ? new Epoch(promised) : null,
            Revision = report?.Revision,
            Role = Word<InstanceRole>(report?.Role),
            RunMode = Word<InstanceRunMode>(report?.RunMode),
            State = State(instance),
            DataStatus = DataStatusOf(instance, report, sender),
            Timeline = report?.Timeline is { } timeline ? new TimelineId((uint)timeline) : null,
            SentLsn = Position(isPrimary ? report?.Written : sender?.Sent),
            WriteLsn = Position(report?.Written),
            FlushLsn = Position(report?.Flushed),
            ReplayLsn = Position(report?.Replayed),
            LagBytes = Lag(observation, instance, report),
            SyncState = sender?.SyncState,
            Upstream = report?.Upstream,
            Node = instance.Pod?.Spec?.NodeName,
            PodIP = instance.Pod?.Status?.PodIP,
            Ready = instance.Pod is null ? null : PodFacts.IsReady(instance.Pod),
            Promotable = report is null || instance.IsHolder ? null : report.Promotable,
            Reason = Why(instance).Reason,
            Message = Why(instance).Message,
            Progress = report?.Progress is { } progress ? (int)progress : null,
            Priority = observation.Cluster.Spec.InstancePriorities.FirstOrDefault(p => p.Instance == instance.Name)?.Priority,
            Restarts = report?.Restarts,
            LastFailure = report?.LastFailure,
            PendingRestart = report is null ? [] : [.. report.PendingRestart],
        };
    }

    private static InstanceState State(InstanceView instance)
    {
        if (instance.Pod is null) return InstanceState.Pending;
        if (PodFacts.IsFinished(instance.Pod)) return InstanceState.Failed;
        // A word of a newer agent still says that it lives.
        if (instance.Report is { } report) return Word<InstanceState>(report.State) ?? (report.RunMode is nameof(RunMode.Primary) ? InstanceState.Running : InstanceState.Starting);
        if (!PodFacts.IsRunning(instance.Pod)) return PodFacts.IsFailing(instance.Pod) ? InstanceState.Failed : InstanceState.Pending;
        return InstanceState.Unreachable;
    }

    private static (string? Reason, string? Message) Why(InstanceView instance)
    {
        if (instance.Pod is null) return ("NoPod", "it has no pod");
        if (instance.IsTerminating) return ("Ending", "its pod is being ended");
        if (instance.Report is { } report) return report.Reason is not null ? (report.Reason, report.Message) : (report.Promotable ? null : report.NotPromotableReason, report.Message);
        if (PodFacts.WhyNotRunning(instance.Pod) is { } why) return (why.Reason, why.Message);
        return ("Unreachable", instance.Heard.Silence ?? "its agent has not reported yet");
    }

    /// <summary>The words of pha4pgsql's data-status (requirement E12): of the holder LATEST, of the others as their upstream sees them.</summary>
    private static DataStatus? DataStatusOf(InstanceView instance, AgentReport? report, SenderReport? sender)
    {
        if (report is null) return null;
        if (instance.IsHolder) return DataStatus.Latest;
        if (report.State is AgentStates.Founding or AgentStates.Cloning) return DataStatus.Init;
        if (sender is null) return report.Streaming ? DataStatus.StreamingAsync : DataStatus.Disconnect;
        if (sender.State is "startup" or "catchup") return DataStatus.Catchup;
        if (sender.State == "backup") return DataStatus.Init;
        return sender.SyncState switch
        {
            "sync" or "quorum" => DataStatus.StreamingSync,
            "potential" => DataStatus.StreamingPotential,
            _ => DataStatus.StreamingAsync,
        };
    }

    /// <summary>The row of its upstream about it; by the name of its incarnation, which no other life of it bears.</summary>
    private static SenderReport? SenderOf(ClusterObservation observation, AgentReport? report)
    {
        if (report is null || !Incarnation.TryParse(report.Incarnation, out var incarnation)) return null;
        return observation.Instances.SelectMany(i => i.Report?.Senders ?? []).FirstOrDefault(s => s.ApplicationName == incarnation.ReplicationName);
    }

    private static long? Lag(ClusterObservation observation, InstanceView instance, AgentReport? report)
    {
        if (instance.IsHolder || Position(report?.Replayed) is not { } replayed) return null;
        var holder = RecordRules.HolderReport(observation);
        return Position(holder?.Flushed ?? holder?.Written) is { } end ? Math.Max(0, end - replayed) : null;
    }

    private static Lsn? Position(string? text) => Lsn.TryParse(text, out var lsn) ? lsn : null;

    private static T? Word<T>(string? text) where T : struct, Enum => Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value) ? value : null;
}
