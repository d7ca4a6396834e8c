using Tandem.Resources;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>Which instances a cluster shall have.</summary>
public static class ClusterShape
{
    /// <summary>As the schema of spec.instances says.</summary>
    public const int MaximumInstances = 9;

    public static IEnumerable<string> Instances(DatabaseCluster cluster) => Enumerable.Range(1, cluster.Spec.Instances).Select(n => Names.Instance(cluster.Metadata.Name!, n));

    /// <summary>The number at the end of an instance's name; 0 where it is none of this cluster.</summary>
    public static int Ordinal(string cluster, string instance) =>
        instance.Length > cluster.Length + 1 && instance.StartsWith(cluster, StringComparison.Ordinal) && instance[cluster.Length] == '-'
        && int.TryParse(instance.AsSpan(cluster.Length + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var ordinal) ? ordinal : 0;
}
