using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

[KubernetesEntity(Group = "rbac.authorization.k8s.io", ApiVersion = "v1", Kind = "Role", PluralName = "roles")]
public sealed record V1Role : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public List<V1PolicyRule>? Rules { get; set; }
}

[KubernetesEntity(Group = "rbac.authorization.k8s.io", ApiVersion = "v1", Kind = "ClusterRole", PluralName = "clusterroles")]
public sealed record V1ClusterRole : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public List<V1PolicyRule>? Rules { get; set; }
}

public sealed record V1PolicyRule : ExtensibleObject
{
    public List<string>? ApiGroups { get; set; }
    public List<string>? Resources { get; set; }
    public List<string>? ResourceNames { get; set; }
    public List<string>? Verbs { get; set; }
    public List<string>? NonResourceURLs { get; set; }
}
