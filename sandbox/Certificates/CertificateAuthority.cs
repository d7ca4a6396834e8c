using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tandem.Sandbox.Certificates;

/// <summary>A certificate authority in a folder: made at first, read again after that, so that a resumed start keeps every certificate.</summary>
public sealed class CertificateAuthority
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(365);

    // Nodes of a site are started at once, and share some certificates: each is made by one of them alone.
    private static readonly Lock Making = new();
    private readonly string folder;
    private readonly X509Certificate2 authority;

    private CertificateAuthority(string folder, X509Certificate2 authority) => (this.folder, this.authority) = (folder, authority);

    public string CertificatePath => Path.Combine(folder, "ca.crt");
    public string KeyPath => Path.Combine(folder, "ca.key");
    public string CertificatePem => File.ReadAllText(CertificatePath);

    /// <summary>Key that service account tokens are signed with.</summary>
    public string ServiceAccountKeyPath => Path.Combine(folder, "service-account.key");

    public static CertificateAuthority InFolder(string folder, string name)
    {
        Directory.CreateDirectory(folder);
        var certificate = Path.Combine(folder, "ca.crt");
        lock (Making)
            if (!File.Exists(certificate)) Create(folder, name, certificate);
        return new CertificateAuthority(folder, X509Certificate2.CreateFromPemFile(certificate, Path.Combine(folder, "ca.key")));
    }

    /// <summary>Certificate of a user (<paramref name="group"/> is a group of Kubernetes).</summary>
    public KeyPair User(string file, string name, string? group = null) => IssueOnce(file, name, group, [], []);

    /// <summary>Certificate of a server, which may also be used as a client.</summary>
    public KeyPair Server(string file, string name, IEnumerable<IPAddress> addresses, IEnumerable<string> names) => IssueOnce(file, name, null, [.. addresses], [.. names]);

    private KeyPair IssueOnce(string file, string name, string? group, IPAddress[] addresses, string[] names)
    {
        var pair = new KeyPair(Path.Combine(folder, $"{file}.crt"), Path.Combine(folder, $"{file}.key"));
        lock (Making)
            if (!File.Exists(pair.CertificatePath)) Issue(pair, name, group, addresses, names);
        return pair;
    }

    private void Issue(KeyPair pair, string name, string? group, IPAddress[] addresses, string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        if (group is not null) subject.AddOrganizationName(group);
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        if (addresses.Length + names.Length > 0)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            foreach (var address in addresses) alternatives.AddIpAddress(address);
            foreach (var alternative in names) alternatives.AddDnsName(alternative);
            request.CertificateExtensions.Add(alternatives.Build());
        }

        using var certificate = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(12));
        Write(pair.KeyPath, key.ExportPkcs8PrivateKeyPem());
        Write(pair.CertificatePath, certificate.ExportCertificatePem());
    }

    private static void Create(string folder, string name, string certificatePath)
    {
        using var tokens = RSA.Create(2048);
        Write(Path.Combine(folder, "service-account.key"), tokens.ExportRSAPrivateKeyPem());

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now + Validity);
        Write(Path.Combine(folder, "ca.key"), key.ExportPkcs8PrivateKeyPem());
        Write(certificatePath, certificate.ExportCertificatePem());
    }

    // Written beside and moved in, so that an interrupted start leaves no half a key.
    private static void Write(string path, string text)
    {
        var aside = path + ".partial";
        File.WriteAllText(aside, text + "\n");
        File.SetUnixFileMode(aside, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(aside, path, overwrite: true);
    }
}

/// <summary>A certificate and its key, as PEM files.</summary>
public sealed record KeyPair(string CertificatePath, string KeyPath);
