using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tandem.Agent.Links;

/// <summary>
/// This instance's certificate and the cluster's authority, from the mounted Secret. Read again when the files change, so that a renewal needs no restart.
/// Links trust the cluster's own authority alone; the other site's is for replication only.
/// </summary>
public sealed class LinkTls(string folder, TimeProvider time)
{
    private readonly Lock _lock = new();
    private (DateTime Stamp, X509Certificate2 Own, X509Certificate2Collection Authority)? _loaded;
    private long _checkedAt;

    public string CertificatePath => Path.Combine(folder, "tls.crt");
    public string KeyPath => Path.Combine(folder, "tls.key");
    public string AuthorityPath => Path.Combine(folder, "ca.crt");
    public string BundlePath => Path.Combine(folder, "bundle.crt");

    public X509Certificate2 Own => Load().Own;

    /// <summary>Whether <paramref name="certificate"/> was issued by the cluster's authority to one of <paramref name="names"/> (empty: to anybody).</summary>
    public bool Accepts(X509Certificate2? certificate, params ReadOnlySpan<string> names)
    {
        if (certificate is null) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(Load().Authority);
        chain.ChainPolicy.DisableCertificateDownloads = true;
        if (!chain.Build(certificate)) return false;
        var subject = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return names.IsEmpty || names.Contains(subject);
    }

    public SslClientAuthenticationOptions ClientOptions(string peer) => new()
    {
        TargetHost = peer,
        LocalCertificateSelectionCallback = (_, _, _, _, _) => Own,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => Accepts(certificate as X509Certificate2, peer),
        ApplicationProtocols = [SslApplicationProtocol.Http2],
    };

    private (DateTime Stamp, X509Certificate2 Own, X509Certificate2Collection Authority) Load()
    {
        lock (_lock)
        {
            if (_loaded is { } loaded && time.GetElapsedTime(_checkedAt) < TimeSpan.FromSeconds(10)) return loaded;
            _checkedAt = time.GetTimestamp();
            var stamp = File.GetLastWriteTimeUtc(File.ResolveLinkTarget(CertificatePath, returnFinalTarget: true)?.FullName ?? CertificatePath);
            if (_loaded is { } same && same.Stamp == stamp) return same;
            var authority = new X509Certificate2Collection();
            authority.ImportFromPemFile(AuthorityPath);
            var fresh = (stamp, X509Certificate2.CreateFromPemFile(CertificatePath, KeyPath), authority);
            _loaded = fresh;
            return fresh;
        }
    }
}
