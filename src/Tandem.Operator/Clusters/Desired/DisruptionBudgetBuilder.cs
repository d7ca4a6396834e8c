using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>
/// One instance at a time may be evicted. Draining the primary's node is a planned switchover: its agent hands over on SIGTERM.
/// A number of pods that must stay, not of pods that may go: Kubernetes can count the latter only for controllers that it knows.
/// </summary>
public static class DisruptionBudgetBuilder
{
    public static V1PodDisruptionBudget Build(DatabaseCluster cluster) => new()
    {
        Metadata = OwnedMetadata.Of(cluster, cluster.Metadata.Name!),
        Spec = Specification(cluster),
    };

    /// <summary>For servers before 1.21.</summary>
    public static V1Beta1PodDisruptionBudget BuildBeta(DatabaseCluster cluster) => new()
    {
        Metadata = OwnedMetadata.Of(cluster, cluster.Metadata.Name!),
        Spec = Specification(cluster),
    };

    private static V1PodDisruptionBudgetSpec Specification(DatabaseCluster cluster) => new()
    {
        MinAvailable = cluster.Spec.Instances - 1,
        Selector = new V1LabelSelector { MatchLabels = new() { [Names.ClusterLabel] = cluster.Metadata.Name! } },
    };
}
