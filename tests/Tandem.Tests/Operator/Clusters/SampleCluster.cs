using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Clusters.Observing;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Tests.Operator.Clusters;

internal static class SampleCluster
{
    public const string Uid = "00000000-0000-0000-0000-00000000c1c1";
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly PodSettings Settings = new("east", "tandem:test");

    static SampleCluster() => KubernetesJson.Register(TandemJsonContext.Default);

    public static DatabaseCluster Make(int instances = 3, string? pair = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = "orders", Namespace = "shop", Uid = Uid, Generation = 1, ResourceVersion = "1" },
        Spec = new DatabaseClusterSpec { Instances = instances, Image = "postgres:17", Pair = pair, Storage = new StorageSpec { Size = new Quantity("20Gi") } },
    };

    public static ClusterObservation Bare(DatabaseCluster cluster) => new() { Now = Now, BootTime = TimeSpan.FromHours(1), Cluster = cluster, Settings = Settings };
}
