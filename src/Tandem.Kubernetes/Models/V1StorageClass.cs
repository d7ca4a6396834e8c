using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

[KubernetesEntity(Group = "storage.k8s.io", ApiVersion = "v1", Kind = "StorageClass", PluralName = "storageclasses")]
public sealed record V1StorageClass : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public string? Provisioner { get; set; }
    public bool? AllowVolumeExpansion { get; set; }
    public string? ReclaimPolicy { get; set; }
    public string? VolumeBindingMode { get; set; }
    public Dictionary<string, string>? Parameters { get; set; }
}
