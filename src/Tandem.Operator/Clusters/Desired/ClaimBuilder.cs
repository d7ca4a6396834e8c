using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>
/// The volume of one instance. It outlives its pod, and a scale-down; it belongs to the cluster, so that deleting the cluster deletes the data,
/// as every other operator of this field does: who wants to keep it takes a backup, or a storage class that retains.
/// </summary>
public static class ClaimBuilder
{
    public static V1PersistentVolumeClaim Build(DatabaseCluster cluster, string instance) => new()
    {
        Metadata = OwnedMetadata.Of(cluster, instance, instance),
        Spec = new V1PersistentVolumeClaimSpec
        {
            AccessModes = ["ReadWriteOnce"],
            VolumeMode = "Filesystem",
            StorageClassName = cluster.Spec.Storage.StorageClass,
            Resources = new V1ResourceRequirements { Requests = new() { ["storage"] = cluster.Spec.Storage.Size.Text } },
        },
    };
}
