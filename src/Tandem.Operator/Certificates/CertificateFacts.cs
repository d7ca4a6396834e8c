using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tandem.Operator.Certificates;

/// <summary>What decisions need to know of a certificate that exists: nothing secret is in it.</summary>
public sealed record CertificateFacts(string CommonName, ImmutableSortedSet<string> Hosts, DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <summary>Renewed once two thirds of its life are over, so that a month is left to notice that renewing fails.</summary>
    public DateTimeOffset RenewAt => NotBefore + (NotAfter - NotBefore) * 2 / 3;

    /// <summary>Whether it speaks for all of <paramref name="hosts"/> in the name of <paramref name="commonName"/>.</summary>
    public bool Names(string commonName, IEnumerable<string> hosts) => CommonName == commonName && Hosts.IsSupersetOf(hosts);

    /// <returns>Null where the text is no certificate.</returns>
    public static CertificateFacts? Read(string? pem)
    {
        if (string.IsNullOrEmpty(pem)) return null;
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return new CertificateFacts(
                certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false),
                [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames())],
                new DateTimeOffset(certificate.NotBefore.ToUniversalTime()),
                new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Whether <paramref name="pem"/> was signed by <paramref name="authorityPem"/>; its dates are not looked at.</summary>
    public static bool IsSignedBy(string? pem, string? authorityPem)
    {
        if (string.IsNullOrEmpty(pem) || string.IsNullOrEmpty(authorityPem)) return false;
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            using var authority = X509Certificate2.CreateFromPem(authorityPem);
            return AuthorityTrust.Accepts(certificate, authority, ignoreDates: true);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
