using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Operator.Clusters;

/// <summary>Namespace and name of a cluster.</summary>
public readonly record struct ClusterKey(string Namespace, string Name)
{
    public static ClusterKey Of(IKubernetesObject cluster) => new(cluster.Metadata.Namespace!, cluster.Metadata.Name!);

    /// <summary>The cluster that an object of ours belongs to, by its label; null where it bears none.</summary>
    public static ClusterKey? OfPart(IKubernetesObject part) =>
        part.Metadata.Labels?.GetValueOrDefault(Names.ClusterLabel) is { } cluster && part.Metadata.Namespace is { } @namespace ? new ClusterKey(@namespace, cluster) : null;

    public override string ToString() => $"{Namespace}/{Name}";
}
