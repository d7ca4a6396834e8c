using System.Collections.Immutable;
using System.Text;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Certificates;
using Tandem.Operator.Clusters.Desired;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>A Secret with a certificate, as far as decisions need it; nothing secret is in it but for the key, which is only there to be written back.</summary>
/// <param name="Facts">Null: the certificate cannot be read.</param>
/// <param name="SignedByAuthority">By the authority that the cluster has now.</param>
public sealed record ObservedCertificate(CertificateFacts? Facts, bool SignedByAuthority, string? Bundle, KeyPair Pair)
{
    /// <param name="before">What was seen of it under the same authority: what was read and verified once is not again. Null: nothing was.</param>
    public static ObservedCertificate? Of(V1Secret? secret, string? authorityPem, ObservedCertificate? before = null)
    {
        if (secret is null) return null;
        var certificate = Text(secret, CertificateSecretBuilder.Certificate);
        var key = Text(secret, CertificateSecretBuilder.Key);
        var isWhole = certificate is not null && key is not null && Text(secret, CertificateSecretBuilder.Authority) == authorityPem;
        var isKnown = before is not null && before.Pair.CertificatePem == certificate;
        return new ObservedCertificate(
            isKnown ? before!.Facts : CertificateFacts.Read(certificate),
            isWhole && (isKnown && before!.SignedByAuthority || CertificateFacts.IsSignedBy(certificate, authorityPem)),
            Text(secret, CertificateSecretBuilder.Bundle),
            new KeyPair(certificate ?? "", key ?? ""));
    }

    public static string? Text(V1Secret secret, string key) => secret.Data?.GetValueOrDefault(key) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
}

/// <summary>The certificates of a cluster.</summary>
/// <param name="Authority">Null: there is none yet, or its Secret cannot be read (<paramref name="AuthorityExists"/> tells which).</param>
public sealed record CertificateSet(bool AuthorityExists, KeyPair? Authority, CertificateFacts? AuthorityFacts, ImmutableDictionary<string, ObservedCertificate> Instances, ObservedCertificate? Operator)
{
    public static readonly CertificateSet None = new(false, null, null, ImmutableDictionary<string, ObservedCertificate>.Empty, null);
}
