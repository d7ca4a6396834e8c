using System.Security.Cryptography.X509Certificates;

namespace Tandem.Operator.Certificates;

/// <summary>A certificate with its private key, both as PEM text: the form in which Secrets keep them. The key is never printed.</summary>
public sealed record KeyPair(string CertificatePem, string KeyPem)
{
    /// <summary>The certificate with its key, ready for TLS. The caller disposes it.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The texts are no certificate and key, or do not belong together.</exception>
    public X509Certificate2 Load() => X509Certificate2.CreateFromPem(CertificatePem, KeyPem);

    public override string ToString() => "KeyPair(hidden)";
}
