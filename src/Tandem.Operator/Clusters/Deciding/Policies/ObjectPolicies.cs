using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Clusters.Observing;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Deciding.Policies;

/// <summary>The objects around the pods.</summary>
public static class ObjectPolicies
{
    /// <summary>The agents make the record, and know nothing of owners. A record that outlived its cluster would bind the next one of the name to volumes that are gone.</summary>
    public static ClusterDecision RecordBelongsToTheCluster(ClusterObservation observation) => observation is { RecordIsOwned: false, PrimaryRecord: { } record }
        ? ClusterDecision.Do(new ClusterAction.AdoptRecord(record.ResourceVersion, "RecordAdopted", $"the Lease {Names.Record(observation.Name)} comes to belong to the cluster"))
        : ClusterDecision.Nothing;

    public static ClusterDecision AgentsMayDoTheirWork(ClusterObservation observation) =>
        Sending.Object(observation, observation.Desired.Account)
            .And(Sending.Object(observation, observation.Desired.Role))
            .And(Sending.Object(observation, observation.Desired.Binding));

    public static ClusterDecision ServicesStand(ClusterObservation observation)
    {
        var asked = observation.Cluster.Spec.Services;
        var decision = Sending.Object(observation, observation.Desired.ReadWrite, Port("readWrite", asked.ReadWrite.NodePort))
            .And(Sending.Object(observation, observation.Desired.ReadOnly, Port("readOnly", asked.ReadOnly.NodePort)))
            .And(Sending.Object(observation, observation.Desired.Read, Port("read", asked.Read.NodePort)));
        return observation.Cluster.Spec.Pair is null
            ? decision
            : decision.And(Sending.Object(observation, observation.Desired.Replication, Port("replication", asked.Replication.NodePort)));

        static string? Port(string service, int? port) => port is null ? null : $"spec.services.{service}.nodePort: {port}";
    }

    /// <summary>The cluster waits for its pair: at a standby site it must never make a database of its own. Its pods are made meanwhile; their agents wait for the pair's record.</summary>
    public static ClusterDecision PairIsThere(ClusterObservation observation) => observation is { Cluster.Spec.Pair: { } pair, PairExists: false }
        ? ClusterDecision.Hold(HoldKind.Stuck, "PairMissing", $"spec.pair: {pair} is no DisasterRecoveryPair in this namespace: the cluster waits for it before it makes a database; apply it, or remove spec.pair")
        : ClusterDecision.Nothing;

    /// <summary>A claim of a class that is not there would wait for ever, and its class cannot be changed any more.</summary>
    public static ClusterDecision StorageClassIsThere(ClusterObservation observation) => observation.MissingStorageClass is { } missing
        ? ClusterDecision.Hold(HoldKind.Stuck, "StorageClassMissing", $"spec.storage.storageClass: {missing} is no StorageClass of this Kubernetes cluster: make it, or name another")
        : ClusterDecision.Nothing;

    public static ClusterDecision OneEvictionAtATime(ClusterObservation observation) => Sending.Object(observation, observation.HasPolicyV1 ? observation.Desired.DisruptionBudget : observation.Desired.BetaDisruptionBudget);

    /// <summary>At a standby site they come from the other site: an application that is sent over must be let in with what it has.</summary>
    public static ClusterDecision ApplicationHasCredentials(ClusterObservation observation)
    {
        var name = Names.ApplicationSecret(observation.Name);
        if (observation.Application is not null || Sending.WasJustSent(observation, "Secret", name)) return ClusterDecision.Nothing;
        if (!observation.Pair.FoundsCredentials) return ClusterDecision.Hold(HoldKind.Waiting, "WaitingForCredentials", $"Secret {name} comes from the site that is primary, over the link of the pair");
        return Sending.StandingRefusal(observation, "Secret", name, "")
            ?? ClusterDecision.Do(new ClusterAction.FoundApplicationSecret("SecretMissing", $"Secret {name} is made, with a password of its own"));
    }

    public static ClusterDecision EveryInstanceHasItsClaim(ClusterObservation observation) =>
        ClusterShape.Instances(observation.Cluster).Aggregate(ClusterDecision.Nothing, (decision, instance) => decision.And(Claim(observation, instance)));

    private static ClusterDecision Claim(ClusterObservation observation, string instance) => observation.Claims.GetValueOrDefault(instance) switch
    {
        null when observation.MissingStorageClass is not null => ClusterDecision.Nothing,
        { Metadata.DeletionTimestamp: not null } => ClusterDecision.Hold(HoldKind.Waiting, "ClaimIsBeingDeleted", $"the claim {instance} is being deleted: a new one is made when it is gone, which its pod prevents as long as it stands"),
        { Status.Phase: "Lost" } => ClusterDecision.Hold(HoldKind.Stuck, "VolumeLost", $"the volume of the claim {instance} is gone: delete the claim and the pod {instance} to have the instance built anew"),
        _ => Sending.Object(observation, observation.Desired.Claim(instance), $"spec.storage.size: {observation.Cluster.Spec.Storage.Size}"),
    };
}
