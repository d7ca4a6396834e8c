using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tandem.Operator.Certificates;

/// <summary>
/// One authority per cluster (ECDSA P-256): it signs the instances' certificates and the operator's own. Whoever bears a certificate of it is a part of the cluster,
/// and of which part is in its common name; nothing outside of the cluster ever gets one.
/// </summary>
public static class CertificateAuthority
{
    /// <summary>An authority is made once and lives longer than the hardware: to replace it means to tell every client.</summary>
    public static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);

    public static readonly TimeSpan CertificateLifetime = TimeSpan.FromDays(90);

    /// <summary>Clocks of nodes differ: a certificate counts from a little before it was made.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    public static KeyPair Found(string commonName, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(DistinguishedName(commonName), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(now - ClockSkew, now + AuthorityLifetime);
        return new KeyPair(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A certificate for both ends of a connection: its bearer is <paramref name="commonName"/>, reachable under <paramref name="hosts"/>.</summary>
    public static KeyPair Issue(KeyPair authority, string commonName, IReadOnlyCollection<string> hosts, DateTimeOffset now)
    {
        using var issuer = authority.Load();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(DistinguishedName(commonName), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication), new Oid(ClientAuthentication)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (hosts.Count > 0) request.CertificateExtensions.Add(AlternativeNames(hosts));

        var end = now + CertificateLifetime;
        var authorityEnd = new DateTimeOffset(issuer.NotAfter.ToUniversalTime());
        using var certificate = request.Create(issuer, now - ClockSkew, end < authorityEnd ? end : authorityEnd, RandomNumberGenerator.GetBytes(16));
        return new KeyPair(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private static X500DistinguishedName DistinguishedName(string commonName)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(commonName);
        return builder.Build();
    }

    private static X509Extension AlternativeNames(IEnumerable<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts) names.AddDnsName(host);
        return names.Build();
    }
}
