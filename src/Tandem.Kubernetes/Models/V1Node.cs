using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

[KubernetesEntity(ApiVersion = "v1", Kind = "Node", PluralName = "nodes")]
public sealed record V1Node : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public V1NodeSpec? Spec { get; set; }
    public V1NodeStatus? Status { get; set; }
}

public sealed record V1NodeSpec : ExtensibleObject
{
    public bool? Unschedulable { get; set; }
    public List<V1Taint>? Taints { get; set; }
    public string? PodCIDR { get; set; }
    public string? ProviderID { get; set; }
}

public sealed record V1Taint : ExtensibleObject
{
    public string Key { get; set; } = "";
    public string? Value { get; set; }
    public string Effect { get; set; } = "";
    public DateTimeOffset? TimeAdded { get; set; }
}

public sealed record V1NodeStatus : ExtensibleObject
{
    public List<V1NodeCondition>? Conditions { get; set; }
    public List<V1NodeAddress>? Addresses { get; set; }
    public Dictionary<string, string>? Capacity { get; set; }
    public Dictionary<string, string>? Allocatable { get; set; }
    public V1NodeSystemInfo? NodeInfo { get; set; }
}

public sealed record V1NodeCondition : ExtensibleObject
{
    public string Type { get; set; } = "";
    public string Status { get; set; } = "";
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public DateTimeOffset? LastHeartbeatTime { get; set; }
    public DateTimeOffset? LastTransitionTime { get; set; }
}

public sealed record V1NodeAddress : ExtensibleObject
{
    public string Type { get; set; } = "";
    public string Address { get; set; } = "";
}

public sealed record V1NodeSystemInfo : ExtensibleObject
{
    public string? BootID { get; set; }
    public string? MachineID { get; set; }
    public string? KernelVersion { get; set; }
    public string? KubeletVersion { get; set; }
    public string? OsImage { get; set; }
}
