using Tandem.Operator.Clusters.Observing;
using Tandem.Resources.Validation;

namespace Tandem.Operator.Clusters.Deciding.Policies;

/// <summary>When nothing at all is done.</summary>
public static class GatePolicies
{
    /// <summary>Owner references do the collecting: pods, volumes and all else go with the cluster.</summary>
    public static ClusterDecision? ClusterIsBeingDeleted(ClusterObservation observation) =>
        observation.Cluster.Metadata.DeletionTimestamp is null ? null : ClusterDecision.Hold(HoldKind.Waiting, "Deleting", "the cluster is being deleted");

    public static ClusterDecision? ClusterIsPaused(ClusterObservation observation) =>
        observation.Cluster.Spec.Paused ? ClusterDecision.Hold(HoldKind.Paused, "Paused", "spec.paused is true: the operator changes nothing; the agents go on keeping the database alive") : null;

    /// <summary>What belongs to an earlier cluster of the name is about to be collected, its volumes and its record too: a new one must not be built upon it.</summary>
    public static ClusterDecision? NamesAreTaken(ClusterObservation observation) => observation.Foreign.IsEmpty
        ? null
        : ClusterDecision.HoldFor(TimeSpan.FromSeconds(5), HoldKind.Waiting, "NameTaken",
            $"{string.Join(", ", observation.Foreign)} belong to an earlier cluster of this name: waits until they are gone");

    /// <summary>A spec that is wrong in one field is not obeyed in any: the running database stays as it is.</summary>
    public static ClusterDecision? SpecIsRefused(ClusterObservation observation)
    {
        var errors = observation.Desired.Errors(SpecHistory.Of(observation));
        if (errors.Count == 0) return null;
        var (reason, message) = FieldError.Describe(errors);
        return ClusterDecision.Hold(HoldKind.Refused, reason, message);
    }
}
