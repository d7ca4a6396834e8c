using Tandem.Resources;

namespace Tandem.Operator.Certificates;

/// <summary>All names under which clients, other instances and the other site may call an instance: any instance can come to stand behind any Service.</summary>
public static class InstanceHosts
{
    public static IReadOnlyList<string> Of(string cluster, string instance, string @namespace)
    {
        string[] services = [Names.ReadWriteService(cluster), Names.ReadOnlyService(cluster), Names.ReadService(cluster), Names.ReplicationService(cluster)];
        return [instance, "localhost", .. services.SelectMany(s => new[] { s, $"{s}.{@namespace}", $"{s}.{@namespace}.svc", $"{s}.{@namespace}.svc.cluster.local" })];
    }
}
