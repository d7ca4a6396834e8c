using System.Security.Cryptography.X509Certificates;
using Tandem.Operator.Certificates;

namespace Tandem.Tests.Operator.Certificates;

public sealed class CertificateAuthorityTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly KeyPair Authority = CertificateAuthority.Found("orders.shop", Now);

    [Fact]
    public void A_certificate_is_trusted_by_its_own_authority_and_by_no_other()
    {
        var issued = CertificateAuthority.Issue(Authority, "orders-1", ["orders-1"], Now);
        var stranger = CertificateAuthority.Found("orders.shop", Now);

        Assert.True(CertificateFacts.IsSignedBy(issued.CertificatePem, Authority.CertificatePem));
        Assert.False(CertificateFacts.IsSignedBy(issued.CertificatePem, stranger.CertificatePem));
        Assert.False(CertificateFacts.IsSignedBy("not a certificate", Authority.CertificatePem));
    }

    [Fact]
    public void A_certificate_names_its_bearer_and_all_its_hosts_and_serves_both_ends()
    {
        var hosts = InstanceHosts.Of("orders", "orders-1", "shop");
        var issued = CertificateAuthority.Issue(Authority, "orders-1", hosts, Now);

        var facts = CertificateFacts.Read(issued.CertificatePem)!;
        Assert.True(facts.Names("orders-1", hosts));
        Assert.False(facts.Names("orders-2", hosts));
        Assert.False(facts.Names("orders-1", ["elsewhere"]));
        Assert.Contains("orders-dr.shop.svc.cluster.local", facts.Hosts);
        using var certificate = issued.Load();
        Assert.True(certificate.HasPrivateKey);
        Assert.Equal(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"], certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>().Select(u => u.Value!).Order());
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
    }

    [Fact]
    public void A_certificate_is_due_for_renewal_after_two_thirds_of_its_life()
    {
        var facts = CertificateFacts.Read(CertificateAuthority.Issue(Authority, "orders-1", [], Now).CertificatePem)!;

        Assert.InRange(facts.RenewAt - Now, CertificateAuthority.CertificateLifetime * 0.66, CertificateAuthority.CertificateLifetime * 0.67);
        Assert.True(facts.NotBefore < Now);
    }

    [Fact]
    public void A_certificate_never_outlives_its_authority()
    {
        var late = Now + CertificateAuthority.AuthorityLifetime - TimeSpan.FromDays(1);

        Assert.Equal(CertificateFacts.Read(Authority.CertificatePem)!.NotAfter, CertificateFacts.Read(CertificateAuthority.Issue(Authority, "orders-1", [], late).CertificatePem)!.NotAfter);
    }

    [Fact]
    public void A_key_is_not_printed()
    {
        Assert.DoesNotContain("PRIVATE", Authority.ToString(), StringComparison.Ordinal);
    }
}
