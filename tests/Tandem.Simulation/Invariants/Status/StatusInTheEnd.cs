using Tandem.Kubernetes.Models;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Invariants.Status;

/// <summary>When everything is well and stays so, what is written must say it before long: a status that stays wrong is one that nobody puts right.</summary>
public static class StatusInTheEnd
{
    /// <summary>
    /// Reports, records and what is written are each told again within a few seconds. But a list whose answer was lost is waited for as long as a page may take, 30 s, with the caches that are filled from it as
    /// they were; and where the operator that led was lost with its machine, the next one leads only when the lease of that one has stood still for its 15 s.
    /// </summary>
    public static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    /// <summary>Null: every status of the site says what is so.</summary>
    public static string? WhyWrong(SimulatedSite site)
    {
        if (site.Operators.Count == 0 || site.Record is not { Holder: { } holder } record) return null;
        var cluster = site.Api.Find<DatabaseCluster>(World.Namespace, World.ClusterName)!;
        return (OfCluster(cluster, cluster.Status ?? new(), record, holder.Instance)
            ?? (site.PairRecord is { } pair && site.Api.Find<DisasterRecoveryPair>(World.Namespace, World.PairName) is { } asked ? OfPair(asked, asked.Status ?? new(), pair) : null)) is { } why ? $"{site.Name}: {why}" : null;
    }

    private static string? OfCluster(DatabaseCluster cluster, DatabaseClusterStatus status, PrimaryRecord record, string holder)
    {
        // A roll-out may wait for what a look at the servers does not show, as a drained node: to say so is right.
        if (Conditions.Find(status.Conditions, ConditionTypes.Ready)?.Reason != "RollingOut" && Differs("the cluster", status.Conditions, ConditionTypes.Ready, true) is { } unready) return unready;
        if (status.ObservedGeneration != cluster.Metadata.Generation) return $"the cluster's status speaks of generation {status.ObservedGeneration}, the spec is of {cluster.Metadata.Generation}";
        if (status.Primary != holder || status.Epoch != record.Epoch || status.PairEpoch != record.PairEpoch) return $"the cluster's status names {status.Primary} of epoch {status.Epoch} in {status.PairEpoch}, the record {holder} of {record.Epoch} in {record.PairEpoch}";
        var isPrimary = record.RunMode == RunMode.Primary;
        if (status.RunMode != (isPrimary ? ClusterRunMode.Primary : ClusterRunMode.Standby)) return $"the cluster's status says that it is {status.RunMode}";
        foreach (var instance in status.Instances)
        {
            var role = (isPrimary, instance.Name == holder) switch { (true, true) => InstanceRole.Primary, (true, false) => InstanceRole.Standby, (false, true) => InstanceRole.MainStandby, _ => InstanceRole.Cascade };
            if (instance.Role != role) return $"the cluster's status says that {instance.Name} is {instance.Role}, and it is {role}";
        }
        if (status.Instances.Count != cluster.Spec.Instances || status.ReadyInstances != cluster.Spec.Instances) return $"the cluster's status says that {status.InstancesText} are ready";
        var isSynchronous = isPrimary && cluster.Spec.Synchronization.ModeFor(cluster.Spec.Instances) != SynchronizationMode.Asynchronous;
        return Differs("the cluster", status.Conditions, ConditionTypes.Writable, isPrimary) ?? Differs("the cluster", status.Conditions, ConditionTypes.Synchronized, isSynchronous);
    }

    private static string? OfPair(DisasterRecoveryPair pair, DisasterRecoveryPairStatus status, PairRecord record)
    {
        // Where a person carries letters, he edits the spec again and again; and no site ever reaches the other.
        var hasLink = pair.Spec.Sites.TrueForAll(s => s.Kubernetes?.KubeconfigSecret is not null);
        if (hasLink && status.ObservedGeneration != pair.Metadata.Generation) return $"the pair's status speaks of generation {status.ObservedGeneration}, the spec is of {pair.Metadata.Generation}";
        if (status.PairEpoch != record.PairEpoch || status.Role != (record.Role == PairRole.Primary ? ClusterRunMode.Primary : ClusterRunMode.Standby)) return $"the pair's status says {status.Role} in {status.PairEpoch}, the record {record.Role} in {record.PairEpoch}";
        if (status.PrimarySite != record.PairEpoch.Site) return $"the pair's status says that {status.PrimarySite} is primary, the record {record.PairEpoch}";
        if (status.Phase != PairPhase.Streaming) return $"the pair's status says {status.Phase} ({Conditions.Find(status.Conditions, ConditionTypes.Ready)?.Message})";
        if (record.Role == PairRole.Primary && status.RecoveryPoint is null) return "the pair's status has no recovery point, and the stream flows";
        return Differs("the pair", status.Conditions, ConditionTypes.Ready, true) ?? Differs("the pair", status.Conditions, ConditionTypes.Protected, true) ?? Differs("the pair", status.Conditions, ConditionTypes.PeerReachable, hasLink)
            ?? (hasLink || record.Role == PairRole.Primary ? Differs("the pair", status.Conditions, ConditionTypes.Synchronized, true) ?? Differs("the pair", status.Conditions, ConditionTypes.SwitchoverReady, true) : null);
    }

    private static string? Differs(string whose, List<V1Condition> conditions, string type, bool isSo)
    {
        var said = Conditions.Find(conditions, type);
        return said?.Status == (isSo ? "True" : "False") ? null : $"{type} of {whose} is {said?.Status ?? "absent"} ({said?.Reason}: {said?.Message})";
    }
}
