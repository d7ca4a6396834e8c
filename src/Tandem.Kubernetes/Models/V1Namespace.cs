using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

[KubernetesEntity(ApiVersion = "v1", Kind = "Namespace", PluralName = "namespaces")]
public sealed record V1Namespace : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public V1NamespaceStatus? Status { get; set; }
}

public sealed record V1NamespaceStatus : ExtensibleObject
{
    public string? Phase { get; set; }
}
