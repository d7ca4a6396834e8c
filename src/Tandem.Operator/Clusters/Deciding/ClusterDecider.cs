using Tandem.Operator.Clusters.Deciding.Policies;
using Tandem.Operator.Clusters.Observing;

namespace Tandem.Operator.Clusters.Deciding;

/// <summary>
/// What is to be done for a cluster: pure. First the gates, in this order: the first one that closes is the whole decision. Then every policy says its part.
/// A new rule is one new function and one line here. The database itself is the agents' affair: nothing here elects, promotes, or writes the record or the selectors that follow it.
/// </summary>
public static class ClusterDecider
{
    private delegate ClusterDecision? Gate(ClusterObservation observation);

    private delegate ClusterDecision Policy(ClusterObservation observation);

    private static readonly Gate[] Gates =
    [
        GatePolicies.ClusterIsBeingDeleted,
        GatePolicies.ClusterIsPaused,
        GatePolicies.SpecIsRefused,
        GatePolicies.NamesAreTaken,
    ];

    private static readonly Policy[] Policies =
    [
        ObjectPolicies.RecordBelongsToTheCluster,
        ObjectPolicies.AgentsMayDoTheirWork,
        ObjectPolicies.ServicesStand,
        ObjectPolicies.OneEvictionAtATime,
        CertificatePolicies.AuthorityStands,
        CertificatePolicies.InstancesAreCertified,
        CertificatePolicies.OperatorIsCertified,
        ObjectPolicies.ApplicationHasCredentials,
        ObjectPolicies.PairIsThere,
        ObjectPolicies.StorageClassIsThere,
        ObjectPolicies.EveryInstanceHasItsClaim,
        PodPolicies.FinishedPodsGiveWay,
        PodPolicies.LostNodesAreNamed,
        PodPolicies.EveryInstanceHasItsPod,
        RollOutPolicies.SurplusInstancesLeave,
        RollOutPolicies.ChangesRollOut,
    ];

    public static ClusterDecision Decide(ClusterObservation observation)
    {
        foreach (var gate in Gates)
        {
            if (gate(observation) is { } closed) return closed;
        }

        return Policies.Aggregate(ClusterDecision.Nothing, (decision, policy) => decision.And(policy(observation)));
    }
}
