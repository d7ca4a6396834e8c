using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>
/// The four Services. <c>-rw</c> and <c>-dr</c> are written without a selector: it belongs to the agents, who pin it to the record's holder. Applied server-side,
/// a field that is not written is not owned, so nothing done here ever moves clients. A Service without a selector reaches nobody.
/// </summary>
public static class ServiceBuilder
{
    public static V1Service ReadWrite(DatabaseCluster cluster)
    {
        var asked = cluster.Spec.Services.ReadWrite;
        var service = Build(cluster, Names.ReadWriteService(cluster.Metadata.Name!), asked.Type, asked.NodePort, asked.Annotations, asked.SessionAffinity);
        // The instance is reachable as soon as it is pinned: readiness lags by a probe, and whom the server admits it says itself.
        service.Spec!.PublishNotReadyAddresses = true;
        return service;
    }

    public static V1Service Replication(DatabaseCluster cluster)
    {
        var asked = cluster.Spec.Services.Replication;
        var service = Build(cluster, Names.ReplicationService(cluster.Metadata.Name!), asked.Type, asked.NodePort, asked.Annotations, SessionAffinity.None);
        service.Spec!.PublishNotReadyAddresses = true;
        return service;
    }

    /// <summary>Whoever is fit to be read from says so by a label on its own pod: within the lag allowed, or the primary as a fallback.</summary>
    public static V1Service ReadOnly(DatabaseCluster cluster)
    {
        var asked = cluster.Spec.Services.ReadOnly;
        var service = Build(cluster, Names.ReadOnlyService(cluster.Metadata.Name!), asked.Type, asked.NodePort, asked.Annotations, asked.SessionAffinity);
        service.Spec!.Selector = new() { [Names.ClusterLabel] = cluster.Metadata.Name!, [Names.ReadableLabel] = "true" };
        return service;
    }

    public static V1Service Read(DatabaseCluster cluster)
    {
        var asked = cluster.Spec.Services.Read;
        var service = Build(cluster, Names.ReadService(cluster.Metadata.Name!), asked.Type, asked.NodePort, asked.Annotations, asked.SessionAffinity);
        service.Spec!.Selector = new() { [Names.ClusterLabel] = cluster.Metadata.Name! };
        return service;
    }

    private static V1Service Build(DatabaseCluster cluster, string name, ServiceType type, int? nodePort, Dictionary<string, string> annotations, SessionAffinity affinity) => new()
    {
        Metadata = OwnedMetadata.Of(cluster, name, annotations: new(annotations)),
        Spec = new V1ServiceSpec
        {
            Type = type switch { ServiceType.NodePort => "NodePort", ServiceType.LoadBalancer => "LoadBalancer", _ => "ClusterIP" },
            SessionAffinity = affinity == SessionAffinity.ClientIP ? "ClientIP" : "None",
            Ports = [new V1ServicePort { Name = "postgres", Port = Names.PostgresPort, TargetPort = Names.PostgresPort, Protocol = "TCP", NodePort = nodePort }],
        },
    };
}
