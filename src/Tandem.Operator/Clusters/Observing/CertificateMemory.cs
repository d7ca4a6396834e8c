using System.Collections.Concurrent;
using System.Collections.Immutable;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Certificates;
using Tandem.Operator.Clusters.Desired;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>Reads a cluster's certificates out of its Secrets; each only once, since signatures cost time and looks are many.</summary>
public sealed class CertificateMemory
{
    private readonly ConcurrentDictionary<ClusterKey, (IReadOnlyDictionary<string, V1Secret> Secrets, CertificateSet Set)> _known = new();

    /// <param name="secrets">The same object where none of them has changed.</param>
    public CertificateSet Read(ClusterKey cluster, IReadOnlyDictionary<string, V1Secret> secrets)
    {
        var isKnown = _known.TryGetValue(cluster, out var known);
        if (isKnown && ReferenceEquals(known.Secrets, secrets)) return known.Set;
        var set = Read(cluster.Name, secrets, isKnown ? known.Set : CertificateSet.None);
        _known[cluster] = (secrets, set);
        return set;
    }

    public void Forget(ClusterKey cluster) => _known.TryRemove(cluster, out _);

    private static CertificateSet Read(string cluster, IReadOnlyDictionary<string, V1Secret> secrets, CertificateSet before)
    {
        var authority = secrets.GetValueOrDefault(Names.AuthoritySecret(cluster));
        var pair = authority is null ? null : Authority(authority, before.Authority);
        var isSame = pair is not null && pair.CertificatePem == before.Authority?.CertificatePem;
        return new CertificateSet(
            authority is not null,
            pair,
            isSame ? before.AuthorityFacts : CertificateFacts.Read(pair?.CertificatePem),
            secrets.Values
                .Where(s => s.Metadata.Labels?.ContainsKey(Names.InstanceLabel) == true)
                .Select(s => (Name: s.Metadata.Labels![Names.InstanceLabel], Secret: s))
                .ToImmutableDictionary(s => s.Name, s => ObservedCertificate.Of(s.Secret, pair?.CertificatePem, isSame ? before.Instances.GetValueOrDefault(s.Name) : null)!),
            ObservedCertificate.Of(secrets.GetValueOrDefault(Names.OperatorSecret(cluster)), pair?.CertificatePem, isSame ? before.Operator : null));
    }

    /// <returns>Null where certificate and key are not there or do not belong together.</returns>
    private static KeyPair? Authority(V1Secret secret, KeyPair? before)
    {
        if (ObservedCertificate.Text(secret, CertificateSecretBuilder.Authority) is not { } certificate || ObservedCertificate.Text(secret, CertificateSecretBuilder.AuthorityKey) is not { } key) return null;
        var pair = new KeyPair(certificate, key);
        if (pair == before) return before;
        try
        {
            using var loaded = pair.Load();
            return pair;
        }
        catch (Exception exception) when (exception is System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            return null;
        }
    }
}
