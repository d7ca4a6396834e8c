using System.Globalization;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Deciding;
using Tandem.Operator.Clusters.Observing;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>The whole status, rebuilt from the record, the reports and the pods at every look; only history and what the spec was obeyed at carry on.</summary>
public static class StatusBuilder
{
    public static DatabaseClusterStatus Build(ClusterObservation observation, ClusterDecision decision, ReignFacts reign)
    {
        var old = observation.Cluster.Status;
        var record = observation.PrimaryRecord;
        var holder = RecordRules.HolderReport(observation);
        var generation = ObservedGeneration(observation, decision);
        var wanted = observation.Instances.Where(i => i.IsWanted).ToList();
        var ready = wanted.Count(i => i.Pod is not null && PodFacts.IsReady(i.Pod));
        return new DatabaseClusterStatus
        {
            ObservedGeneration = generation,
            RunMode = record?.RunMode switch { RunMode.Primary => ClusterRunMode.Primary, RunMode.Standby => ClusterRunMode.Standby, _ => null },
            Primary = observation.Holder,
            PreferredPrimary = observation.Cluster.Spec.InstancePriorities.MaxBy(p => p.Priority)?.Instance,
            Epoch = record?.Epoch,
            PairEpoch = record?.PairEpoch,
            Floor = record?.Floor is { } floor ? new FloorStatus { Epoch = floor.Epoch, Lsn = floor.Lsn } : null,
            Instances = [.. observation.Instances.Select(i => InstanceStatusBuilder.Build(observation, i))],
            ReadyInstances = ready,
            InstancesText = string.Create(CultureInfo.InvariantCulture, $"{ready}/{wanted.Count}"),
            Synchronization = Synchronization(observation),
            History = HistoryBuilder.Build(old?.History ?? [], observation, reign),
            Conditions = Conditions(observation, decision, generation),
            // Not with the record: where that is lost, it is what keeps a database from being made in the place of this one.
            SystemIdentifier = record?.SystemIdentifier ?? old?.SystemIdentifier,
            Image = ImageInUse(observation),
            Version = Version(holder?.ServerVersion) ?? old?.Version,
            Services = ServiceAddresses.Of(observation),
        };
    }

    /// <summary>A generation whose spec is refused, or not looked at because of a pause, is not one that this status speaks of.</summary>
    private static long? ObservedGeneration(ClusterObservation observation, ClusterDecision decision) =>
        decision.Holds.Any(h => h.Kind is HoldKind.Refused or HoldKind.Paused) ? observation.Cluster.Status?.ObservedGeneration : observation.Cluster.Metadata.Generation;

    private static List<V1Condition> Conditions(ClusterObservation observation, ClusterDecision decision, long? generation)
    {
        var conditions = observation.Cluster.Status?.Conditions.Select(c => c with { }).ToList() ?? [];
        void Set(string type, Verdict verdict, long? of) => Resources.Conditions.Set(conditions, type, verdict.Status, verdict.Reason, verdict.Message, of, observation.Now);
        // A cluster that was never obeyed has nothing to be ready: the refusal is the reason.
        var refused = generation is null ? decision.Holds.FirstOrDefault(h => h.Kind is HoldKind.Refused or HoldKind.Paused) : null;
        Set(ConditionTypes.Ready, refused is null ? ReadyRules.Judge(observation, decision.Holds.FirstOrDefault(h => h.Kind == HoldKind.Stuck)) : Verdict.No(refused.Reason, refused.Message), generation);
        Set(ConditionTypes.Writable, ConditionRules.Writable(observation), generation);
        Set(ConditionTypes.Synchronized, ConditionRules.Synchronized(observation), generation);
        Set(ConditionTypes.StorageWritable, ConditionRules.StorageWritable(observation), generation);
        Set(ConditionTypes.RewindPossible, ConditionRules.RewindPossible(observation), generation);
        Set(ConditionTypes.Degraded, ConditionRules.Degraded(observation, decision), generation);
        // These two speak of the spec as it stands now, refused or not.
        Set(ConditionTypes.Progressing, ConditionRules.Progressing(observation, decision), observation.Cluster.Metadata.Generation);
        Set(ConditionTypes.Paused, ConditionRules.Paused(observation), observation.Cluster.Metadata.Generation);
        return conditions;
    }

    private static string? Synchronization(ClusterObservation observation)
    {
        if (observation.PrimaryRecord is not { } record || observation.RecordIsBehind || record.Quorums.LastOrDefault() is not { } clause) return null;
        if (clause.IsEmpty || RecordRules.OwnClauses(record).Any(c => c.IsEmpty)) return nameof(SynchronizationMode.Asynchronous);
        var word = clause.Acknowledgements == clause.Members.Count ? nameof(SynchronizationMode.Synchronous) : nameof(SynchronizationMode.Quorum);
        return string.Create(CultureInfo.InvariantCulture, $"{word} {clause.Acknowledgements} of {clause.Members.Count}");
    }

    /// <summary>Of the holder, else of any; absent as long as there is no pod.</summary>
    private static string? ImageInUse(ClusterObservation observation) =>
        (observation.Holder is { } holder ? observation.Pod(holder) : null ?? observation.Pods.Values.FirstOrDefault())?.Spec?.Containers.FirstOrDefault(c => c.Name == Names.PostgresContainer)?.Image;

    /// <summary>server_version_num as people say it: 170004 is 17.4.</summary>
    private static string? Version(int? number) => number is { } n ? string.Create(CultureInfo.InvariantCulture, $"{n / 10000}.{n % 10000}") : null;
}
