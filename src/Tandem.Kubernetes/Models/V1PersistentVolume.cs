using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

[KubernetesEntity(ApiVersion = "v1", Kind = "PersistentVolume", PluralName = "persistentvolumes")]
public sealed record V1PersistentVolume : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public V1PersistentVolumeSpec? Spec { get; set; }
    public V1PersistentVolumeStatus? Status { get; set; }
}

/// <summary>The sources of a volume beside local are kept, not modelled.</summary>
public sealed record V1PersistentVolumeSpec : ExtensibleObject
{
    public List<string>? AccessModes { get; set; }
    public Dictionary<string, string>? Capacity { get; set; }
    public V1ObjectReference? ClaimRef { get; set; }
    public string? PersistentVolumeReclaimPolicy { get; set; }
    public string? StorageClassName { get; set; }
    public string? VolumeMode { get; set; }
    public V1LocalVolumeSource? Local { get; set; }
    public V1VolumeNodeAffinity? NodeAffinity { get; set; }
}

public sealed record V1LocalVolumeSource : ExtensibleObject
{
    public string Path { get; set; } = "";
    public string? FsType { get; set; }
}

public sealed record V1VolumeNodeAffinity : ExtensibleObject
{
    public V1NodeSelector? Required { get; set; }
}

public sealed record V1PersistentVolumeStatus : ExtensibleObject
{
    public string? Phase { get; set; }
    public string? Reason { get; set; }
    public string? Message { get; set; }
}
