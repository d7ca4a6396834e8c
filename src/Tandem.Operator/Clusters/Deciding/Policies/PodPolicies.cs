using Tandem.Operator.Clusters.Observing;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Deciding.Policies;

/// <summary>Pods come and go by themselves; here they are made again. One claim never has two pods: both bear its name, and the API has room for one.</summary>
public static class PodPolicies
{
    /// <summary>An evicted pod, or one of a node that was shut down, is over for good and stands in the way of the next one.</summary>
    public static ClusterDecision FinishedPodsGiveWay(ClusterObservation observation) => observation.Instances
        .Where(i => i is { Pod: not null, IsTerminating: false } && PodFacts.IsFinished(i.Pod))
        .Aggregate(ClusterDecision.Nothing, (decision, i) => decision.And(ClusterDecision.Do(
            new ClusterAction.DeletePod(i.Name, i.Pod!.Metadata.Uid!, "PodFinished", $"the pod {i.Name} has ended ({PodFacts.WhyNotRunning(i.Pod)!.Value.Message}) and gives way to a new one"))));

    /// <summary>
    /// A pod whose node does not confirm its end may still run there. It is left: to force it away would let a second server start on the same data.
    /// The database does without it: the agents have elected another primary.
    /// </summary>
    public static ClusterDecision LostNodesAreNamed(ClusterObservation observation) => observation.Instances
        .Where(i => i.Pod is not null && PodFacts.IsStuckTerminating(i.Pod, observation.Now))
        .Aggregate(ClusterDecision.Nothing, (decision, i) => decision.And(ClusterDecision.Hold(HoldKind.Stuck, "NodeLost",
            $"the node {i.Pod!.Spec?.NodeName} does not confirm that the pod {i.Name} has ended: it is left until the node is back; if the node is gone for good, delete the node, then the pod with --force")));

    public static ClusterDecision EveryInstanceHasItsPod(ClusterObservation observation) => observation.Instances
        .Where(i => i is { IsToRun: true, Pod: null })
        .Aggregate(ClusterDecision.Nothing, (decision, i) => decision.And(Create(observation, i)));

    private static ClusterDecision Create(ClusterObservation observation, InstanceView instance)
    {
        if (WhatIsMissing(observation, instance) is { } missing) return ClusterDecision.Hold(HoldKind.Waiting, "InstanceIsComing", $"{instance.Name} waits for {missing}");
        if (Sending.WasJustSent(observation, "Pod", instance.Name)) return new ClusterDecision([], [], TimeSpan.FromSeconds(2));
        var pod = instance.DesiredPod!;
        return Sending.StandingRefusal(observation, "Pod", instance.Name, PodFacts.Template(pod)!, refusal => Blame(observation, refusal))
            ?? ClusterDecision.Do(new ClusterAction.CreatePod(pod, "InstanceStarted", $"the pod {instance.Name} is made{(instance.IsRecalled ? ", though it is to leave: the election waits for what it has" : "")}"));
    }

    private static string? Blame(ClusterObservation observation, string refusal) =>
        refusal.Contains("PriorityClass", StringComparison.Ordinal) && observation.Cluster.Spec.PriorityClassName is { } name ? $"spec.priorityClassName: {name}"
        : refusal.Contains("quota", StringComparison.Ordinal) ? "spec.resources"
        : null;

    /// <summary>A pod that is made too early would only fail, and be late because of it.</summary>
    private static string? WhatIsMissing(ClusterObservation observation, InstanceView instance)
    {
        if (instance.DesiredPod is null) return "its claim";
        if (observation.Certificates.Instances.GetValueOrDefault(instance.Name) is not { SignedByAuthority: true }) return "its certificate";
        var account = Names.AgentAccount(observation.Name);
        if (!observation.Live.ContainsKey(new ObjectName("ServiceAccount", account))) return $"the ServiceAccount {account}";
        if (!observation.Live.ContainsKey(new ObjectName("RoleBinding", account))) return $"the RoleBinding {account}";
        return null;
    }
}
