using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

[KubernetesEntity(ApiVersion = "v1", Kind = "Endpoints", PluralName = "endpoints")]
public sealed record V1Endpoints : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public List<V1EndpointSubset>? Subsets { get; set; }
}

public sealed record V1EndpointSubset : ExtensibleObject
{
    public List<V1EndpointAddress>? Addresses { get; set; }
    public List<V1EndpointAddress>? NotReadyAddresses { get; set; }
    public List<V1EndpointPort>? Ports { get; set; }
}

public sealed record V1EndpointAddress : ExtensibleObject
{
    public string Ip { get; set; } = "";
    public string? Hostname { get; set; }
    public string? NodeName { get; set; }
    public V1ObjectReference? TargetRef { get; set; }
}

public sealed record V1EndpointPort : ExtensibleObject
{
    public string? Name { get; set; }
    public int? Port { get; set; }
    public string? Protocol { get; set; }
}
