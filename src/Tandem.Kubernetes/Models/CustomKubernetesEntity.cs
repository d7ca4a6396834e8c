namespace Tandem.Kubernetes.Models;

/// <summary>A custom resource: what the user wants in <see cref="Spec"/>. Classes bear <c>[KubernetesEntity]</c>; their schema is read off their properties.</summary>
public abstract record CustomKubernetesEntity<TSpec> : ExtensibleObject, IKubernetesObject
    where TSpec : class, new()
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public TSpec Spec { get; set; } = new();
}

/// <summary>A custom resource with a status subresource: what is, in <see cref="Status"/>.</summary>
public abstract record CustomKubernetesEntity<TSpec, TStatus> : CustomKubernetesEntity<TSpec>
    where TSpec : class, new()
    where TStatus : class
{
    /// <summary>Null until the first report.</summary>
    public TStatus? Status { get; set; }
}
