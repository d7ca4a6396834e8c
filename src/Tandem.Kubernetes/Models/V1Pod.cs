using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

[KubernetesEntity(ApiVersion = "v1", Kind = "Pod", PluralName = "pods")]
public sealed record V1Pod : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public V1PodSpec? Spec { get; set; }
    public V1PodStatus? Status { get; set; }
}

public sealed record V1PodSpec : ExtensibleObject
{
    public List<V1Container> Containers { get; set; } = new();
    public List<V1Container>? InitContainers { get; set; }
    public List<V1Volume>? Volumes { get; set; }
    public V1PodSecurityContext? SecurityContext { get; set; }
    public V1Affinity? Affinity { get; set; }
    public List<V1Toleration>? Tolerations { get; set; }
    public List<V1TopologySpreadConstraint>? TopologySpreadConstraints { get; set; }
    public Dictionary<string, string>? NodeSelector { get; set; }
    public string? NodeName { get; set; }
    public string? ServiceAccountName { get; set; }
    public bool? AutomountServiceAccountToken { get; set; }
    public bool? EnableServiceLinks { get; set; }
    public bool? HostNetwork { get; set; }
    public bool? ShareProcessNamespace { get; set; }
    public string? Hostname { get; set; }
    public string? Subdomain { get; set; }
    public string? RestartPolicy { get; set; }
    public string? PriorityClassName { get; set; }
    public string? RuntimeClassName { get; set; }
    public string? SchedulerName { get; set; }
    public string? DnsPolicy { get; set; }
    public long? TerminationGracePeriodSeconds { get; set; }
    public long? ActiveDeadlineSeconds { get; set; }
    public List<V1LocalObjectReference>? ImagePullSecrets { get; set; }
}

public sealed record V1PodStatus : ExtensibleObject
{
    /// <summary>Pending, Running, Succeeded, Failed, Unknown.</summary>
    public string? Phase { get; set; }
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public string? PodIP { get; set; }
    public List<V1PodIP>? PodIPs { get; set; }
    public string? HostIP { get; set; }
    public string? NominatedNodeName { get; set; }
    public string? QosClass { get; set; }
    public DateTimeOffset? StartTime { get; set; }
    public List<V1PodCondition>? Conditions { get; set; }
    public List<V1ContainerStatus>? ContainerStatuses { get; set; }
    public List<V1ContainerStatus>? InitContainerStatuses { get; set; }
}

public sealed record V1PodIP : ExtensibleObject
{
    public string? Ip { get; set; }
}

public sealed record V1PodCondition : ExtensibleObject
{
    public string Type { get; set; } = "";
    public string Status { get; set; } = "";
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public DateTimeOffset? LastTransitionTime { get; set; }
    public DateTimeOffset? LastProbeTime { get; set; }
}
