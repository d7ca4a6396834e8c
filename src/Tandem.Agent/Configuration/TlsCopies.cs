using Tandem.Postgres.Files;

namespace Tandem.Agent.Configuration;

/// <summary>
/// Copies of the mounted certificate for the server and for libpq, which both insist that a key belongs to them and is closed to others.
/// They lie in memory and are refreshed when the Secret is renewed.
/// </summary>
public sealed class TlsCopies(PodPaths paths)
{
    private DateTime _copied;

    /// <returns>Whether the mounted files had changed, so that the server must be reloaded.</returns>
    public bool Refresh()
    {
        var source = Path.Combine(paths.Tls, "tls.crt");
        var stamp = File.GetLastWriteTimeUtc(File.ResolveLinkTarget(source, returnFinalTarget: true)?.FullName ?? source);
        if (stamp == _copied && File.Exists(paths.ServerKey)) return false;
        Directory.CreateDirectory(Path.GetDirectoryName(paths.ServerKey)!);
        Copy(source, paths.ServerCertificate);
        Copy(Path.Combine(paths.Tls, "tls.key"), paths.ServerKey);
        var bundle = Path.Combine(paths.Tls, "bundle.crt");
        Copy(File.Exists(bundle) ? bundle : Path.Combine(paths.Tls, "ca.crt"), paths.Bundle);
        _copied = stamp;
        return true;
    }

    /// <summary>A key file for one upstream's epoch; see <see cref="PodPaths.Credential"/>.</summary>
    public string MakeCredential(string epoch)
    {
        var path = paths.Credential(epoch);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!File.Exists(path)) Copy(Path.Combine(paths.Tls, "tls.key"), path);
        return path;
    }

    private static void Copy(string source, string target) => AtomicFile.Write(target, File.ReadAllBytes(source));
}
