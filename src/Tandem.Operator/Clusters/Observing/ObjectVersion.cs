using Tandem.Kubernetes.Models;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>What changes when somebody writes an object: its generation where it has one (it stands still when only status moves), else its resourceVersion.</summary>
public static class ObjectVersion
{
    public static string? Of(IKubernetesObject value) => value.Metadata.Generation is { } generation ? $"generation {generation}" : value.Metadata.ResourceVersion;
}
