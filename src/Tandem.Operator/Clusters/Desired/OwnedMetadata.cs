using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>Metadata that every object of a cluster bears: its labels, and the owner reference by which Kubernetes collects it when the cluster is deleted.</summary>
public static class OwnedMetadata
{
    public const string ManagedBy = "app.kubernetes.io/managed-by";

    public static V1ObjectMeta Of(DatabaseCluster cluster, string name, string? instance = null, Dictionary<string, string>? annotations = null)
    {
        var metadata = new V1ObjectMeta
        {
            Name = name,
            Namespace = cluster.Metadata.Namespace,
            Labels = new()
            {
                ["app.kubernetes.io/name"] = "tandem",
                ["app.kubernetes.io/instance"] = cluster.Metadata.Name!,
                [ManagedBy] = "tandem-operator",
                [Names.ClusterLabel] = cluster.Metadata.Name!,
            },
            Annotations = annotations is { Count: > 0 } ? annotations : null,
            OwnerReferences = [OwnerReference(cluster)],
        };
        if (instance is not null) metadata.Labels[Names.InstanceLabel] = instance;
        return metadata;
    }

    /// <summary>Whether it belongs to this very cluster, not to an earlier one of the name.</summary>
    public static bool IsOf(DatabaseCluster cluster, IKubernetesObject part) => part.Metadata.OwnerReferences?.Any(o => o.Uid == cluster.Metadata.Uid) == true;

    /// <summary>Whether it belongs to a cluster of the same name that is no more.</summary>
    public static bool IsOfAnother(DatabaseCluster cluster, IKubernetesObject part) =>
        part.Metadata.OwnerReferences?.Any(o => o.Kind == nameof(DatabaseCluster) && o.Name == cluster.Metadata.Name && o.Uid != cluster.Metadata.Uid) == true;

    public static V1OwnerReference OwnerReference(DatabaseCluster cluster) => new()
    {
        ApiVersion = Names.Group + "/v1alpha1",
        Kind = nameof(DatabaseCluster),
        Name = cluster.Metadata.Name!,
        Uid = cluster.Metadata.Uid!,
        Controller = true,
    };
}
