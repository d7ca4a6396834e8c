using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters;
using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Clusters.Observing;
using Tandem.Operator.Links.Agents;
using Tandem.Protocol.Links;
using Tandem.Resources;

namespace Tandem.Operator.Pairs.Observing;

/// <summary>This site's clusters, from the cluster part's caches and from what its agents report.</summary>
public sealed class OwnClusters(IKubernetesClient client, ClusterCaches caches, AgentReports reports) : IOwnCluster
{
    public DatabaseCluster? Find(string @namespace, string cluster) => caches.Clusters.Get(@namespace, cluster);

    public async Task<AgentReport?> ReportAsync(string @namespace, string cluster, string instance, bool askNow, CancellationToken cancellation)
    {
        if (caches.Pods.Get(@namespace, instance) is not { Metadata.Uid: { } uid } pod || pod.Metadata.Labels?.GetValueOrDefault(Names.ClusterLabel) != cluster) return null;
        var heard = askNow ? await reports.AskNowAsync(uid).WaitAsync(cancellation) : reports.Latest(uid);
        return heard.Fresh;
    }

    public IReadOnlyList<AgentReport> Reports(string @namespace, string cluster) =>
        [.. caches.Pods.Of(new ClusterKey(@namespace, cluster)).Values.Select(p => reports.Latest(p.Metadata.Uid!).Fresh).OfType<AgentReport>()];

    public string? AuthorityPem(string @namespace, string cluster) => caches.ConfigMaps.Get(@namespace, Names.AuthorityConfigMap(cluster))?.Data?.GetValueOrDefault(CertificateSecretBuilder.Authority);

    public V1Service? ReplicationService(string @namespace, string cluster) => caches.Services.Get(@namespace, Names.ReplicationService(cluster));

    public IReadOnlyList<string> NodeAddresses(string @namespace, string cluster, string? holder) =>
    [
        .. caches.Pods.Of(new ClusterKey(@namespace, cluster)).Values
            .Where(p => p.Metadata.DeletionTimestamp is null)
            .OrderBy(p => p.Metadata.Name != holder).ThenBy(p => p.Metadata.Name, StringComparer.Ordinal)
            .Select(p => p.Status?.HostIP).OfType<string>().Distinct(),
    ];

    public V1Secret? ApplicationSecret(string @namespace, string cluster) => caches.Secrets.Get(@namespace, Names.ApplicationSecret(cluster));

    public Task ApplyApplicationSecretAsync(DatabaseCluster cluster, string password, CancellationToken cancellation) =>
        client.ApplyAsync(ApplicationSecretBuilder.Build(cluster, password), OperatorNames.FieldManager, force: true, cancellation);
}
