using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

[KubernetesEntity(ApiVersion = "v1", Kind = "ServiceAccount", PluralName = "serviceaccounts")]
public sealed record V1ServiceAccount : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public bool? AutomountServiceAccountToken { get; set; }
    public List<V1ObjectReference>? Secrets { get; set; }
    public List<V1LocalObjectReference>? ImagePullSecrets { get; set; }
}
