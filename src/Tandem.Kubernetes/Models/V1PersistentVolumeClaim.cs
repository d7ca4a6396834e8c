using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

[KubernetesEntity(ApiVersion = "v1", Kind = "PersistentVolumeClaim", PluralName = "persistentvolumeclaims")]
public sealed record V1PersistentVolumeClaim : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public V1PersistentVolumeClaimSpec? Spec { get; set; }
    public V1PersistentVolumeClaimStatus? Status { get; set; }
}

public sealed record V1PersistentVolumeClaimSpec : ExtensibleObject
{
    public List<string>? AccessModes { get; set; }
    public V1ResourceRequirements? Resources { get; set; }
    public string? StorageClassName { get; set; }
    public string? VolumeMode { get; set; }
    public string? VolumeName { get; set; }
    public V1LabelSelector? Selector { get; set; }
    public V1TypedLocalObjectReference? DataSource { get; set; }
}

public sealed record V1TypedLocalObjectReference : ExtensibleObject
{
    public string? ApiGroup { get; set; }
    public string Kind { get; set; } = "";
    public string Name { get; set; } = "";
}

public sealed record V1PersistentVolumeClaimStatus : ExtensibleObject
{
    public string? Phase { get; set; }
    public List<string>? AccessModes { get; set; }
    public Dictionary<string, string>? Capacity { get; set; }
    public List<V1PersistentVolumeClaimCondition>? Conditions { get; set; }
}

public sealed record V1PersistentVolumeClaimCondition : ExtensibleObject
{
    public string Type { get; set; } = "";
    public string Status { get; set; } = "";
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public DateTimeOffset? LastTransitionTime { get; set; }
    public DateTimeOffset? LastProbeTime { get; set; }
}
