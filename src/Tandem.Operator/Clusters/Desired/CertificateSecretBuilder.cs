using System.Text;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Certificates;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>The Secrets and the ConfigMap that certificates are kept in.</summary>
public static class CertificateSecretBuilder
{
    public const string Certificate = "tls.crt";
    public const string Key = "tls.key";
    public const string Authority = "ca.crt";
    public const string AuthorityKey = "ca.key";
    public const string Bundle = "bundle.crt";

    public static V1Secret AuthoritySecret(DatabaseCluster cluster, KeyPair authority) => new()
    {
        Metadata = OwnedMetadata.Of(cluster, Names.AuthoritySecret(cluster.Metadata.Name!)),
        Type = "Opaque",
        Data = new() { [Authority] = Encoding.ASCII.GetBytes(authority.CertificatePem), [AuthorityKey] = Encoding.ASCII.GetBytes(authority.KeyPem) },
    };

    public static V1ConfigMap AuthorityConfigMap(DatabaseCluster cluster, string authorityPem) => new()
    {
        Metadata = OwnedMetadata.Of(cluster, Names.AuthorityConfigMap(cluster.Metadata.Name!)),
        Data = new() { [Authority] = authorityPem },
    };

    /// <param name="peerAuthorityPem">Of the other site's cluster; null where there is none, or where it is not known yet.</param>
    public static V1Secret InstanceSecret(DatabaseCluster cluster, string instance, KeyPair certificate, string authorityPem, string? peerAuthorityPem) =>
        Build(cluster, Names.InstanceSecret(instance), instance, certificate, authorityPem, peerAuthorityPem);

    public static V1Secret OperatorSecret(DatabaseCluster cluster, KeyPair certificate, string authorityPem) =>
        Build(cluster, Names.OperatorSecret(cluster.Metadata.Name!), null, certificate, authorityPem, null);

    public static string BundleOf(string authorityPem, string? peerAuthorityPem) =>
        peerAuthorityPem is null ? authorityPem : authorityPem.TrimEnd() + "\n" + peerAuthorityPem.TrimEnd() + "\n";

    private static V1Secret Build(DatabaseCluster cluster, string name, string? instance, KeyPair certificate, string authorityPem, string? peerAuthorityPem) => new()
    {
        Metadata = OwnedMetadata.Of(cluster, name, instance),
        Type = "kubernetes.io/tls",
        Data = new()
        {
            [Certificate] = Encoding.ASCII.GetBytes(certificate.CertificatePem),
            [Key] = Encoding.ASCII.GetBytes(certificate.KeyPem),
            [Authority] = Encoding.ASCII.GetBytes(authorityPem),
            [Bundle] = Encoding.ASCII.GetBytes(BundleOf(authorityPem, peerAuthorityPem)),
        },
    };
}
