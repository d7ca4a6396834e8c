using System.Security.Cryptography.X509Certificates;

namespace Tandem.Operator.Certificates;

/// <summary>Checks a certificate against one authority and nothing else: the machine's own trust store plays no part.</summary>
public static class AuthorityTrust
{
    public static bool Accepts(X509Certificate2 certificate, X509Certificate2 authority, bool ignoreDates = false)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        if (ignoreDates) chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        try
        {
            return chain.Build(certificate);
        }
        finally
        {
            foreach (var element in chain.ChainElements) element.Certificate.Dispose();
        }
    }
}
