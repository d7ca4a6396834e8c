using System.Collections.Concurrent;
using System.Collections.Immutable;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Links.Agents;
using Tandem.Protocol.Clocks;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>Looks at a cluster: out of the caches and the agents' last reports, without a request.</summary>
public sealed class ClusterObserver(ClusterCaches caches, AgentReports reports, SentLedger sent, CertificateMemory certificates, IPairStandings pairs, PodSettings settings, TimeProvider time)
{
    private readonly DesiredMemory _desired = new(settings);
    private readonly ConcurrentDictionary<ClusterKey, ClusterParts> _parts = new();

    /// <returns>Null where the cluster is gone.</returns>
    public ClusterObservation? Observe(ClusterKey key)
    {
        if (caches.Clusters.Get(key.Namespace, key.Name) is not { } cluster) return null;

        var parts = _parts[key] = ClusterParts.Read(caches, cluster, _parts.GetValueOrDefault(key));
        var lease = caches.Leases.Get(key.Namespace, Names.Record(key.Name));
        var foreign = lease is not null && OwnedMetadata.IsOfAnother(cluster, lease) ? parts.Foreign.Add($"Lease {lease.Metadata.Name}") : parts.Foreign;

        return new ClusterObservation
        {
            Now = time.GetUtcNow(),
            BootTime = time.BootTime(),
            Cluster = cluster,
            Settings = settings,
            Desired = _desired.Of(cluster),
            Record = RecordReading.Of(lease),
            RecordIsOwned = lease is null || OwnedMetadata.IsOf(cluster, lease),
            Pods = parts.Pods,
            Claims = parts.Claims,
            Services = parts.Services,
            Live = parts.Live,
            Foreign = foreign,
            Sent = sent.Of(key),
            Certificates = certificates.Read(key, parts.Secrets),
            Application = parts.Secrets.GetValueOrDefault(Names.ApplicationSecret(key.Name)) is { } application
                ? (ObservedCertificate.Text(application, "dbname"), ObservedCertificate.Text(application, "user"))
                : null,
            Reports = parts.Pods.ToImmutableSortedDictionary(p => p.Key, p => reports.Latest(p.Value.Metadata.Uid!)),
            Pair = cluster.Spec.Pair is { } pair ? pairs.Find(key, pair) : PairStanding.Alone,
            PairExists = cluster.Spec.Pair is not { } named || caches.Pairs.Get(key.Namespace, named) is not null,
            MissingStorageClass = cluster.Spec.Storage.StorageClass is { } storageClass && caches.StorageClasses.Get(null, storageClass) is null ? storageClass : null,
            HasPolicyV1 = caches.HasPolicyV1,
        };
    }

    /// <summary>Has the agents of the pods that are there asked from now on.</summary>
    public void Listen(ClusterObservation observation)
    {
        var certificates = observation.Certificates;
        var credentials = certificates is { Authority: { } authority, Operator: { SignedByAuthority: true } own } ? new AgentCredentials(own.Pair, authority.CertificatePem) : null;
        reports.Track(observation.Key.Namespace, observation.Name,
            [.. observation.Pods.Values.Where(p => p.Status?.PodIP is { Length: > 0 } && !PodFacts.IsFinished(p)).Select(p => new AgentEndpoint(p.Metadata.Name!, p.Metadata.Uid!, p.Status!.PodIP!))],
            credentials);
    }

    public void Forget(ClusterKey key)
    {
        reports.Forget(key.Namespace, key.Name);
        sent.Forget(key);
        certificates.Forget(key);
        _desired.Forget(key);
        _parts.TryRemove(key, out _);
    }
}
