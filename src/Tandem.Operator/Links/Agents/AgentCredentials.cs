using System.Security.Cryptography.X509Certificates;
using Tandem.Operator.Certificates;

namespace Tandem.Operator.Links.Agents;

/// <summary>
/// How the operator shows itself to the agents of one cluster, and what it trusts there. Equal where the texts are equal, so that a renewed certificate is noticed.
/// Its printed form hides the key.
/// </summary>
public sealed record AgentCredentials(KeyPair Client, string AuthorityPem)
{
    /// <summary>The caller disposes it. TLS wants the key in a store of its own, hence the way over PKCS 12.</summary>
    public X509Certificate2 LoadClient()
    {
        using var pair = Client.Load();
        return X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null);
    }

    public X509Certificate2 LoadAuthority() => X509Certificate2.CreateFromPem(AuthorityPem);

    public override string ToString() => "AgentCredentials(hidden)";
}
