using System.Globalization;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Observing;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>Where the Services are reached: from outside where there is a load balancer, else inside of the Kubernetes cluster.</summary>
public static class ServiceAddresses
{
    public static ServicesStatus? Of(ClusterObservation observation) => observation.Services.IsEmpty ? null : new ServicesStatus
    {
        ReadWrite = Address(observation, Names.ReadWriteService(observation.Name)),
        ReadOnly = Address(observation, Names.ReadOnlyService(observation.Name)),
        Read = Address(observation, Names.ReadService(observation.Name)),
        Replication = ReplicationAddress(observation),
    };

    /// <summary>For the other site: a load balancer's address, else a node's with the node port.</summary>
    private static string? ReplicationAddress(ClusterObservation observation)
    {
        if (observation.Services.GetValueOrDefault(Names.ReplicationService(observation.Name)) is not { } service) return null;
        if (Balancer(service) is { } balancer) return balancer;
        var port = service.Spec?.Ports?.FirstOrDefault()?.NodePort;
        var node = observation.Pods.Values.Select(p => p.Status?.HostIP).FirstOrDefault(ip => ip is { Length: > 0 });
        return port is { } p && node is not null ? Join(node, p) : Inner(service);
    }

    private static string? Address(ClusterObservation observation, string name) => observation.Services.GetValueOrDefault(name) is { } service ? Balancer(service) ?? Inner(service) : null;

    private static string? Balancer(V1Service service) =>
        service.Status?.LoadBalancer?.Ingress?.FirstOrDefault() is { } ingress && (ingress.Ip ?? ingress.Hostname) is { } host ? Join(host, Names.PostgresPort) : null;

    private static string? Inner(V1Service service) => service.Spec?.ClusterIP is { Length: > 0 } ip and not "None" ? Join(ip, Names.PostgresPort) : null;

    private static string Join(string host, int port) => string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':') ? $"[{host}]" : host)}:{port}");
}
