using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

[KubernetesEntity(ApiVersion = "v1", Kind = "Service", PluralName = "services")]
public sealed record V1Service : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public V1ServiceSpec? Spec { get; set; }
    public V1ServiceStatus? Status { get; set; }
}

public sealed record V1ServiceSpec : ExtensibleObject
{
    /// <summary>ClusterIP (default), NodePort, LoadBalancer, ExternalName.</summary>
    public string? Type { get; set; }
    public string? ClusterIP { get; set; }
    public List<string>? ClusterIPs { get; set; }
    public Dictionary<string, string>? Selector { get; set; }
    public List<V1ServicePort>? Ports { get; set; }
    public List<string>? ExternalIPs { get; set; }
    public string? ExternalName { get; set; }
    public string? ExternalTrafficPolicy { get; set; }
    public string? InternalTrafficPolicy { get; set; }
    public List<string>? IpFamilies { get; set; }
    public string? IpFamilyPolicy { get; set; }
    public string? LoadBalancerIP { get; set; }
    public string? LoadBalancerClass { get; set; }
    public List<string>? LoadBalancerSourceRanges { get; set; }
    public bool? PublishNotReadyAddresses { get; set; }
    public string? SessionAffinity { get; set; }
    public V1SessionAffinityConfig? SessionAffinityConfig { get; set; }
}

public sealed record V1ServicePort : ExtensibleObject
{
    public string? Name { get; set; }
    public int? Port { get; set; }
    public IntOrString? TargetPort { get; set; }
    public int? NodePort { get; set; }
    public string? Protocol { get; set; }
    public string? AppProtocol { get; set; }
}

public sealed record V1SessionAffinityConfig : ExtensibleObject
{
    public V1ClientIPConfig? ClientIP { get; set; }
}

public sealed record V1ClientIPConfig : ExtensibleObject
{
    public int? TimeoutSeconds { get; set; }
}

public sealed record V1ServiceStatus : ExtensibleObject
{
    public V1LoadBalancerStatus? LoadBalancer { get; set; }
    public List<V1Condition>? Conditions { get; set; }
}

public sealed record V1LoadBalancerStatus : ExtensibleObject
{
    public List<V1LoadBalancerIngress>? Ingress { get; set; }
}

public sealed record V1LoadBalancerIngress : ExtensibleObject
{
    public string? Ip { get; set; }
    public string? Hostname { get; set; }
}
