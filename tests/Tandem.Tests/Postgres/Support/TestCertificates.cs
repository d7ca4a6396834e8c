using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Tandem.Postgres;

namespace Tandem.Tests.Postgres.Support;

/// <summary>An authority, a certificate for servers on loopback, and client certificates for standbys, as PEM files that the servers' user can read.</summary>
internal sealed class TestCertificates
{
    public const string PeerName = "tandem-peer";

    private readonly string folder;
    private readonly X509Certificate2 authority;

    private TestCertificates(string folder, X509Certificate2 authority)
    {
        this.folder = folder;
        this.authority = authority;
    }

    public string Authority => Path.Combine(folder, "ca.crt");
    public string ServerCertificate => Path.Combine(folder, "server.crt");
    public string ServerKey => Path.Combine(folder, "server.key");

    public static async Task<TestCertificates> MakeAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=tandem-test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var certificates = new TestCertificates(folder, request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2)));
        await File.WriteAllTextAsync(certificates.Authority, certificates.authority.ExportCertificatePem());
        certificates.Write("server", "localhost");
        await ServerUser.OwnAsync(folder);
        return certificates;
    }

    /// <summary>Files of one standby's own, since starving removes its key.</summary>
    public async Task<TlsFiles> ClientAsync(string name)
    {
        Write(name, PeerName);
        await ServerUser.OwnAsync(folder);
        return new TlsFiles(Authority, Path.Combine(folder, name + ".crt"), Path.Combine(folder, name + ".key"));
    }

    private void Write(string file, string commonName)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Path.Combine(folder, file + ".crt"), certificate.ExportCertificatePem());
        var keyFile = Path.Combine(folder, file + ".key");
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
