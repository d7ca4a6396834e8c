using Tandem.Arbiter;
using Tandem.Postgres;
using Tandem.Postgres.Files;
using Tandem.Resources;

namespace Tandem.Agent.Configuration;

/// <summary>
/// The mounted Secrets, and copies of the certificate for the server and for libpq, which both insist that a key belongs to them and is closed to others.
/// The copies lie in memory and are refreshed when the Secret is renewed.
/// </summary>
public sealed class MountedSecrets(PodPaths paths) : IMountedSecrets
{
    private DateTime _copied;

    public void RefreshCertificate()
    {
        var source = Path.Combine(paths.Tls, "tls.crt");
        var stamp = File.GetLastWriteTimeUtc(File.ResolveLinkTarget(source, returnFinalTarget: true)?.FullName ?? source);
        if (stamp == _copied && File.Exists(paths.ServerKey)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(paths.ServerKey)!);
        Copy(source, paths.ServerCertificate);
        Copy(Path.Combine(paths.Tls, "tls.key"), paths.ServerKey);
        var bundle = Path.Combine(paths.Tls, "bundle.crt");
        Copy(File.Exists(bundle) ? bundle : Path.Combine(paths.Tls, "ca.crt"), paths.Bundle);
        _copied = stamp;
    }

    public string MakeCredential(string epoch)
    {
        var path = paths.Credential(epoch);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!File.Exists(path)) Copy(Path.Combine(paths.Tls, "tls.key"), path);
        return path;
    }

    public ApplicationDatabase? ReadApplication() =>
        Application("dbname") is { } database && Application("username") is { } owner && Application("password") is { } password ? new ApplicationDatabase(database, owner, password) : null;

    public ArbiterAddress? ReadArbiter()
    {
        var address = new ArbiterAddress(Read(paths.Arbiter, Names.ArbiterKubeconfigKey), Read(paths.Arbiter, Names.ArbiterNamespaceKey), Read(paths.Arbiter, Names.ArbiterUriKey));
        return address is { Kubeconfig: null, Uri: null } ? null : address;
    }

    private string? Application(string key) => Read(paths.Application, key);

    private static string? Read(string folder, string key)
    {
        var path = Path.Combine(folder, key);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
    }

    private static void Copy(string source, string target) => AtomicFile.Write(target, File.ReadAllBytes(source));
}
