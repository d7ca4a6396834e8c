using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

/// <summary>For servers from 1.21 on; before, <see cref="V1Beta1PodDisruptionBudget"/>.</summary>
[KubernetesEntity(Group = "policy", ApiVersion = "v1", Kind = "PodDisruptionBudget", PluralName = "poddisruptionbudgets")]
public sealed record V1PodDisruptionBudget : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public V1PodDisruptionBudgetSpec? Spec { get; set; }
    public V1PodDisruptionBudgetStatus? Status { get; set; }
}

/// <summary>For servers below 1.21. There an empty selector selects nothing (in v1: everything).</summary>
[KubernetesEntity(Group = "policy", ApiVersion = "v1beta1", Kind = "PodDisruptionBudget", PluralName = "poddisruptionbudgets")]
public sealed record V1Beta1PodDisruptionBudget : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public V1PodDisruptionBudgetSpec? Spec { get; set; }
    public V1PodDisruptionBudgetStatus? Status { get; set; }
}

public sealed record V1PodDisruptionBudgetSpec : ExtensibleObject
{
    public IntOrString? MinAvailable { get; set; }
    public IntOrString? MaxUnavailable { get; set; }
    public V1LabelSelector? Selector { get; set; }
}

public sealed record V1PodDisruptionBudgetStatus : ExtensibleObject
{
    public int? CurrentHealthy { get; set; }
    public int? DesiredHealthy { get; set; }
    public int? DisruptionsAllowed { get; set; }
    public int? ExpectedPods { get; set; }
    public long? ObservedGeneration { get; set; }
    public List<V1Condition>? Conditions { get; set; }
}
