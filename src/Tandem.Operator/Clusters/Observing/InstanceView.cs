using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Links.Agents;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>One instance in one look: what is asked for, what the kubelet says of its pod, what its agent says.</summary>
public sealed record InstanceView
{
    public required string Name { get; init; }

    /// <summary>Whether spec.instances still covers it.</summary>
    public required bool IsWanted { get; init; }

    /// <summary>
    /// spec.instances does not cover it, and the election that is open waits for one of the members, of whom it is one: it was lost before it could leave in order. It comes back, and leaves once there is a primary.
    /// </summary>
    public bool IsRecalled { get; init; }
    public bool IsToRun => IsWanted || IsRecalled;
    public required bool IsHolder { get; init; }
    public V1Pod? Pod { get; init; }
    public V1PersistentVolumeClaim? Claim { get; init; }

    /// <summary>As it would be made now; null as long as there is no claim to make it for.</summary>
    public V1Pod? DesiredPod { get; init; }
    public HeardReport Heard { get; init; } = HeardReport.Nothing;

    /// <summary>Its agent's report, if it speaks of the present.</summary>
    public AgentReport? Report => Heard.Fresh;

    public bool IsTerminating => Pod is not null && PodFacts.IsTerminating(Pod);

    /// <summary>Why the pod does not do what is asked for; null: it does.</summary>
    public string? WhyOutdated
    {
        get
        {
            if (Pod is null || DesiredPod is null) return null;
            if (PodFacts.Template(Pod) != PodFacts.Template(DesiredPod)) return "its pod was made from an earlier spec";
            if (Report is { PendingRestart.Count: > 0 } report) return $"{string.Join(", ", report.PendingRestart)} take effect at a restart";
            return null;
        }
    }

    /// <summary>Nothing runs in it that could be missed: by the kubelet's word, or by its agent's that it cannot use the image.</summary>
    public bool IsDown => Pod is not null && (!PodFacts.IsRunning(Pod) || Report is { Reason: AgentStates.EngineNotFound });

    /// <summary>What keeps it from being of use, that waiting alone does not end; null: nothing known.</summary>
    public (string Reason, string Message)? WhyFailing
    {
        get
        {
            if (Report is { Reason: AgentStates.EngineNotFound } engine) return (AgentStates.EngineNotFound, $"spec.image: {Image} has no database server ({Name}: {engine.Message})");
            if (Report is { State: AgentStates.Held } held) return (held.Reason ?? "Held", $"{Name} is held: {held.Message ?? held.Reason}");
            if (Pod is not null && PodFacts.IsFailing(Pod) && PodFacts.WhyNotRunning(Pod) is { } why) return (why.Reason, $"{Name} does not start: {why.Message}");
            return null;
        }
    }

    private string? Image => Pod?.Spec?.Containers.FirstOrDefault(c => c.Name == Names.PostgresContainer)?.Image;

    /// <summary>Why it cannot be counted on; null: it runs and streams (or holds the record and admits clients), so that another one may be taken down.</summary>
    public string? WhyUnsettled(RunMode runMode)
    {
        if (Pod is null) return "it has no pod";
        if (IsTerminating) return "its pod is being ended";
        if (PodFacts.WhyNotRunning(Pod) is { } why) return why.Message;
        if (Report is not { } report) return Heard.Silence is { } silence ? $"its agent is silent: {silence}" : "its agent has not reported yet";
        if (!PodFacts.IsReady(Pod)) return $"its pod is not ready (its agent says: {report.State})";
        if (IsHolder && runMode == RunMode.Primary) return report.Admitted ? null : $"it does not admit clients yet ({report.State})";
        return report.Streaming ? null : $"it does not stream ({report.State})";
    }

    public static IReadOnlyList<InstanceView> All(ClusterObservation observation)
    {
        var wanted = ClusterShape.Instances(observation.Cluster).ToHashSet();
        var recalled = Recalled(observation).Except(wanted).ToHashSet();
        return [.. wanted.Union(observation.Pods.Keys).Union(recalled).OrderBy(n => ClusterShape.Ordinal(observation.Name, n)).Select(n => Of(observation, n, wanted.Contains(n), recalled.Contains(n)))];
    }

    private static IEnumerable<string> Recalled(ClusterObservation observation) =>
        observation.PrimaryRecord is { State: RecordState.Electing } record && observation.Pods.Keys.Any(p => Election.WaitsForAnother(observation.Fresh(p)?.Reason))
            ? record.Members.Select(m => m.Instance).Where(m => observation.Claims.ContainsKey(m))
            : [];

    private static InstanceView Of(ClusterObservation observation, string name, bool isWanted, bool isRecalled)
    {
        var claim = observation.Claims.GetValueOrDefault(name);
        return new InstanceView
        {
            Name = name,
            IsWanted = isWanted,
            IsRecalled = isRecalled,
            IsHolder = observation.Holder == name,
            Pod = observation.Pod(name),
            Claim = claim,
            DesiredPod = (isWanted || isRecalled) && claim is { Metadata: { Uid: { } uid, DeletionTimestamp: null } } ? observation.Desired.Pod(name, uid) : null,
            Heard = observation.Reports.GetValueOrDefault(name, HeardReport.Nothing),
        };
    }
}
