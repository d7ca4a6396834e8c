using Tandem.Kubernetes.Models;

namespace Tandem.Kubernetes.Watching;

/// <summary>Which object of its type: namespace (null for a type that lives in none) and name.</summary>
public readonly record struct ResourceKey(string? Namespace, string Name)
{
    public static ResourceKey Of(IKubernetesObject value) => new(value.Metadata.Namespace, value.Metadata.Name ?? "");

    public override string ToString() => Namespace is null ? Name : $"{Namespace}/{Name}";
}
