using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values;

namespace Tandem.Resources;

public sealed record StorageSpec
{
    [Description("Size of each instance's volume, at least 1Gi. Can grow where the storage class allows it, never shrink.")]
    [Required]
    public Quantity Size { get; set; }

    [Description("StorageClass of the volumes. Absent: the cluster's default class. Cannot be changed.")]
    [Length(1, 253), ValidationRule("self == oldSelf", "spec.storage.storageClass cannot be changed: volumes do not move between classes; make a new cluster")]
    public string? StorageClass { get; set; }
}
