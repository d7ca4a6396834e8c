using Tandem.Operator.Clusters.Deciding;
using Tandem.Operator.Clusters.Observing;
using Tandem.Protocol.Records;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>
/// Ready means: every instance is started as asked, exactly one is primary (at a standby site: one main standby receives from the other site), and every standby streams.
/// Each clause has its own reason; the first that does not hold is told.
/// </summary>
public static class ReadyRules
{
    private delegate Verdict? Rule(ClusterObservation observation);

    private static readonly Rule[] Rules =
    [
        RecordStands,
        EveryInstanceIsStarted,
        HolderIsHeard,
        ExactlyOnePrimary,
        HolderServes,
        EveryAgentIsHeard,
        EveryStandbyStreams,
        EveryPodIsReady,
        EveryParameterIsAccepted,
        EveryInstanceIsAsAsked,
    ];

    /// <param name="stuck">What the operator cannot do: where there is no database yet, that is why.</param>
    public static Verdict Judge(ClusterObservation observation, Hold? stuck = null)
    {
        if (observation.Record is RecordReading.Absent && (stuck is null ? ConditionRules.Failing(observation) : (stuck.Reason, stuck.Message)) is { } cause) return Verdict.No(cause.Reason, cause.Message);

        foreach (var rule in Rules)
        {
            if (rule(observation) is { } unmet) return unmet;
        }

        var count = observation.Cluster.Spec.Instances;
        return Verdict.Yes("AllInstancesStream", count == 1 ? $"{observation.Holder} runs" : $"{observation.Holder} runs and its {count - 1} standbys stream");
    }

    private static Verdict? RecordStands(ClusterObservation observation) => RecordRules.WhyNotStable(observation) is { } why ? Verdict.No(why.Reason, why.Message) : null;

    private static Verdict? EveryInstanceIsStarted(ClusterObservation observation)
    {
        foreach (var instance in observation.Instances.Where(i => i.IsWanted))
        {
            if (instance.Pod is null) return Verdict.No("InstanceMissing", $"{instance.Name} has no pod");
            if (instance.IsTerminating) return Verdict.No("InstanceEnding", $"the pod {instance.Name} is being ended");
            if (PodFacts.WhyNotRunning(instance.Pod) is { } why) return Verdict.No("InstanceNotRunning", $"{instance.Name}: {why.Reason}: {why.Message}");
        }

        return null;
    }

    private static Verdict? HolderIsHeard(ClusterObservation observation) =>
        RecordRules.HolderReport(observation) is null ? Verdict.No("HolderUnreachable", $"nothing is heard of {observation.Holder}{Silence(observation, observation.Holder!)}") : null;

    private static Verdict? ExactlyOnePrimary(ClusterObservation observation)
    {
        var primaries = observation.Instances.Where(i => i.Report is { Admitted: true, RunMode: nameof(RunMode.Primary) }).Select(i => i.Name).ToList();
        if (primaries.Count > 1) return Verdict.No("SeveralPrimaries", $"{string.Join(" and ", primaries)} say that they are primary: the record names {observation.Holder}");
        return null;
    }

    private static Verdict? HolderServes(ClusterObservation observation)
    {
        var (record, report) = (observation.PrimaryRecord!, RecordRules.HolderReport(observation)!);
        if (ConditionRules.HolderTakesOver(report, record) is { } taking) return taking;
        if (record.RunMode == RunMode.Standby)
            return report.StreamsFromOtherSite ? null : Verdict.No("MainStandbyNotStreaming", $"{observation.Holder}, the main standby, receives nothing from the other site ({report.State}){Words(report.Message)}");
        if (report.TurnsClientsAway) return Verdict.No("HandoverTurnsClientsAway", ConditionRules.TurnedAway(observation));
        return report.Admitted ? null : Verdict.No("PrimaryNotAdmitted", $"{observation.Holder} does not admit clients yet ({report.State}){Words(report.Message)}");
    }

    private static Verdict? EveryAgentIsHeard(ClusterObservation observation) =>
        observation.Instances.FirstOrDefault(i => i is { IsWanted: true, Report: null }) is { } silent ? Verdict.No("InstanceUnreachable", $"nothing is heard of {silent.Name}{Silence(observation, silent.Name)}") : null;

    private static Verdict? EveryStandbyStreams(ClusterObservation observation)
    {
        foreach (var standby in observation.Instances.Where(i => i is { IsWanted: true, IsHolder: false }))
        {
            var report = standby.Report!;
            if (!report.Streaming) return Verdict.No("StandbyNotStreaming", $"{standby.Name} does not stream: {report.State}{(report.Reason is { } reason ? $", {reason}" : "")}{Words(report.Message)}");
        }

        return null;
    }

    private static Verdict? EveryPodIsReady(ClusterObservation observation) =>
        observation.Instances.FirstOrDefault(i => i.IsWanted && !PodFacts.IsReady(i.Pod!)) is { } unready ? Verdict.No("InstanceNotReady", $"the pod {unready.Name} is not ready") : null;

    /// <summary>The database runs, and not with what was asked for.</summary>
    private static Verdict? EveryParameterIsAccepted(ClusterObservation observation)
    {
        foreach (var instance in observation.Instances.Where(i => i.IsWanted))
        {
            if (instance.Report!.RefusedParameters.FirstOrDefault() is { } refused)
                return Verdict.No("ParameterRefused", $"spec.parameters.{refused.Name}: the server of {instance.Name} refuses '{refused.Value}' ({refused.Message}) and goes on with {(refused.Kept is { } kept ? $"'{kept}'" : "its default")}: put it right or remove it");
        }

        return null;
    }

    private static Verdict? EveryInstanceIsAsAsked(ClusterObservation observation)
    {
        if (observation.Instances.FirstOrDefault(i => i.WhyOutdated is not null) is { } outdated) return Verdict.No("RollingOut", $"{outdated.Name} is due to be made anew: {outdated.WhyOutdated}");
        return observation.Instances.FirstOrDefault(i => !i.IsWanted) is { } surplus ? Verdict.No("ScalingDown", $"{surplus.Name} is to leave") : null;
    }

    private static string Silence(ClusterObservation observation, string instance) => observation.Reports.GetValueOrDefault(instance)?.Silence is { } silence ? $": {silence}" : "";

    private static string Words(string? message) => message is { Length: > 0 } ? $": {message}" : "";
}
