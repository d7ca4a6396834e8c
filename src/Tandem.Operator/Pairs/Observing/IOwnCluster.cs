using Tandem.Kubernetes.Models;
using Tandem.Protocol.Links;
using Tandem.Resources;

namespace Tandem.Operator.Pairs.Observing;

/// <summary>What the pair part asks of this site's cluster, from what the cluster part keeps in memory.</summary>
public interface IOwnCluster
{
    DatabaseCluster? Find(string @namespace, string cluster);

    /// <summary>The instance's last report, if it speaks of the present.</summary>
    /// <param name="askNow">Ask the agent first: positions in a handover must not be a second old.</param>
    Task<AgentReport?> ReportAsync(string @namespace, string cluster, string instance, bool askNow, CancellationToken cancellation);

    /// <summary>The last reports of all instances, those that speak of the present.</summary>
    IReadOnlyList<AgentReport> Reports(string @namespace, string cluster);

    /// <summary>The public certificate of the cluster's authority.</summary>
    string? AuthorityPem(string @namespace, string cluster);

    V1Service? ReplicationService(string @namespace, string cluster);

    /// <summary>Addresses of the nodes that run instances, that of <paramref name="holder"/> first.</summary>
    IReadOnlyList<string> NodeAddresses(string @namespace, string cluster, string? holder);

    V1Secret? ApplicationSecret(string @namespace, string cluster);

    /// <summary>Writes the application's Secret with this password, in this cluster's own form.</summary>
    Task ApplyApplicationSecretAsync(DatabaseCluster cluster, string password, CancellationToken cancellation);
}
