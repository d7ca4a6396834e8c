using System.Globalization;
using Tandem.Operator.Clusters.Observing;
using Tandem.Protocol.Records;

namespace Tandem.Operator.Clusters.Deciding.Policies;

/// <summary>
/// Changes reach the instances one at a time: standbys first, each back and streaming before the next, the primary last, by a planned switchover.
/// Never is more than one down because of it. What does not run anyway is replaced at once, so that a mended spec mends what the wrong one broke.
/// </summary>
public static class RollOutPolicies
{
    /// <summary>A request is made anew when it had this long beyond its own deadline and the epoch has not moved.</summary>
    private static readonly TimeSpan RequestGrace = TimeSpan.FromSeconds(15);

    /// <summary>spec.instances was lowered: the highest number leaves first. Its claim stays, so that scaling up again costs no copy.</summary>
    public static ClusterDecision SurplusInstancesLeave(ClusterObservation observation)
    {
        var instances = observation.Instances;
        if (instances.LastOrDefault(i => i is { IsWanted: false, IsTerminating: false, Pod: not null }) is not { Pod: { } pod } surplus) return ClusterDecision.Nothing;
        if (Unsettled(observation, instances.Where(i => i.IsWanted)) is { } why) return ClusterDecision.Hold(HoldKind.Waiting, "ScaleDownWaits", $"{surplus.Name} leaves when {why}");
        if (surplus.IsRecalled) return ClusterDecision.Hold(HoldKind.Waiting, "ScaleDownWaits", $"{surplus.Name} leaves when there is a primary: the election waits for what it has");
        // Whom the other site counts is let go by it: until then no election passes that one by, and commits over there wait for it.
        if (observation.PrimaryRecord is { RunMode: RunMode.Standby, Named: { } named } && named.Instance == surplus.Name && !observation.Pair.CanTellPeer)
            return ClusterDecision.Hold(HoldKind.Waiting, "ScaleDownWaits", $"{surplus.Name} leaves when the other site, which counts it, can be told so: it cannot be read, or an operation of the pair is open");
        if (surplus.IsHolder && !GoesByElection(observation)) return HandOver(observation, instances, surplus, "ScaleDown", "it is to leave");
        return ClusterDecision.Do(new ClusterAction.DeletePod(surplus.Name, pod.Metadata.Uid!, "ScaleDown", $"{surplus.Name} leaves: spec.instances is {observation.Cluster.Spec.Instances}; its claim stays"));
    }

    public static ClusterDecision ChangesRollOut(ClusterObservation observation)
    {
        var instances = observation.Instances;
        var outdated = instances.Where(i => i is { WhyOutdated: not null, IsTerminating: false }).ToList();
        if (outdated.Count == 0) return ClusterDecision.Nothing;

        var down = outdated.Where(i => i.IsDown && !PodFacts.IsFinished(i.Pod!)).ToList();
        if (down.Count > 0) return down.Aggregate(ClusterDecision.Nothing, (decision, i) => decision.And(Replace(i)));
        if (Unsettled(observation, instances.Where(i => i.IsWanted)) is { } why) return ClusterDecision.Hold(HoldKind.Waiting, "RollOutWaits", $"a change is rolled out; the next instance follows when {why}");
        if (instances.FirstOrDefault(i => !i.IsWanted) is { } leaving) return ClusterDecision.Hold(HoldKind.Waiting, "RollOutWaits", $"a change is rolled out; the next instance follows when {leaving.Name} has left");
        if (outdated.FirstOrDefault(i => !i.IsHolder) is { } standby) return Replace(standby);
        return Last(observation, instances, outdated[0]);
    }

    private static ClusterDecision Last(ClusterObservation observation, IReadOnlyList<InstanceView> instances, InstanceView holder)
    {
        if (instances.Count == 1 || GoesByElection(observation)) return Replace(holder);
        return HandOver(observation, instances, holder, "RollOut", holder.WhyOutdated!);
    }

    /// <summary>A site that follows another one has no clients to spare: its standbys elect the next main standby when this one goes.</summary>
    private static bool GoesByElection(ClusterObservation observation) => observation.PrimaryRecord?.RunMode == RunMode.Standby;

    private static ClusterDecision HandOver(ClusterObservation observation, IReadOnlyList<InstanceView> instances, InstanceView holder, string reason, string why)
    {
        if (observation.PrimaryRecord is not { State: RecordState.Stable } record) return ClusterDecision.Hold(HoldKind.Waiting, "RollOutWaits", "a change is rolled out; the primary follows when the record is stable");
        if (SwitchoverRequest.Of(observation.Cluster) is { } request && request.FromEpoch == record.Epoch.Value && !IsOverdue(observation, request))
            return ClusterDecision.HoldFor(RequestGrace, HoldKind.Waiting, "SwitchoverRequested", $"{holder.Name} hands over to {request.To}: {why}");
        // One that is to be made anew itself is better than none: the change goes on only when the surplus primary has left.
        var target = instances.Where(i => i is { IsWanted: true, IsHolder: false, Report.Promotable: true } && (i.WhyOutdated is null || !holder.IsWanted)).MaxBy(i => (i.WhyOutdated is null, Priority(observation, i.Name)));
        if (target is null) return ClusterDecision.Hold(HoldKind.Waiting, "RollOutWaits", $"{holder.Name} is the primary and no standby can take over from it: {Candidates(instances)}");
        var id = $"{reason.ToLowerInvariant()}-{observation.Now.UtcDateTime.ToString(SwitchoverRequest.TimeFormat, CultureInfo.InvariantCulture)}";
        return ClusterDecision.Do(new ClusterAction.RequestSwitchover(id, target.Name, record.Epoch.Value, reason, $"{holder.Name} hands over to {target.Name}: {why}"));
    }

    private static bool IsOverdue(ClusterObservation observation, SwitchoverRequest request) =>
        request.At is not { } at || observation.Now - at > observation.Cluster.Spec.Failover.SwitchoverTimeout.Value + RequestGrace;

    private static ClusterDecision Replace(InstanceView instance) =>
        ClusterDecision.Do(new ClusterAction.DeletePod(instance.Name, instance.Pod!.Metadata.Uid!, "RollOut", $"the pod {instance.Name} is made anew: {instance.WhyOutdated}"));

    private static string? Unsettled(ClusterObservation observation, IEnumerable<InstanceView> instances) => instances
        .Select(i => (i.Name, Why: i.WhyUnsettled(observation.PrimaryRecord?.RunMode ?? RunMode.Primary)))
        .Where(i => i.Why is not null)
        .Select(i => $"{i.Name} is back: {i.Why}")
        .FirstOrDefault();

    private static int Priority(ClusterObservation observation, string instance) => observation.Cluster.Spec.InstancePriorities.FirstOrDefault(p => p.Instance == instance)?.Priority ?? 0;

    private static string Candidates(IEnumerable<InstanceView> instances) =>
        string.Join("; ", instances.Where(i => i is { IsHolder: false, IsWanted: true }).Select(i => $"{i.Name}: {i.WhyOutdated ?? i.Report?.NotPromotableReason ?? "not promotable"}"));
}
