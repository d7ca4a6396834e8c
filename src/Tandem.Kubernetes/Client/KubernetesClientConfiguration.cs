using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tandem.Kubernetes.Client;

/// <summary>Which API server, whom to trust, and who one is. Holds secrets: its printed form is the server's address alone.</summary>
public sealed class KubernetesClientConfiguration
{
    private const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    public required Uri Server { get; init; }

    /// <summary>The namespace of the context, or of the pod; null where none is said.</summary>
    public string? Namespace { get; init; }

    /// <summary>Trust these roots alone; null: the system's.</summary>
    public X509Certificate2Collection? CertificateAuthority { get; init; }
    public bool SkipTlsVerify { get; init; }

    /// <summary>The name that the server's certificate must bear, where it is not the one in <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>The first has the private key; the others are its intermediates.</summary>
    public X509Certificate2Collection? ClientCertificate { get; init; }
    public BearerTokenSource? Token { get; init; }

    /// <summary>An HTTP proxy to go through; null: as the environment says.</summary>
    public Uri? Proxy { get; init; }

    public override string ToString() => Server.ToString();

    /// <summary>
    /// A kubeconfig that came over the wire, as the content of a Secret. It must hold all it needs: references to files and programs of
    /// this machine are refused, since whoever wrote it could otherwise have ours read and sent to a server of their own.
    /// </summary>
    /// <exception cref="KubeconfigException">Says what is wrong, never what is secret.</exception>
    public static KubernetesClientConfiguration FromKubeconfig(string yaml, string? context = null) => Kubeconfig.Read(yaml, context, folder: null, TimeProvider.System);

    /// <summary>A kubeconfig on this machine, with the files that it names.</summary>
    /// <exception cref="KubeconfigException">Says what is wrong, never what is secret.</exception>
    public static KubernetesClientConfiguration FromFile(string path, string? context = null)
    {
        string yaml;
        try
        {
            yaml = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"the kubeconfig {path} cannot be read: {e.Message}");
        }
        return Kubeconfig.Read(yaml, context, Path.GetDirectoryName(Path.GetFullPath(path))!, TimeProvider.System);
    }

    /// <summary>As the pod's service account.</summary>
    /// <exception cref="KubeconfigException">This is no pod, or it has no service account.</exception>
    public static KubernetesClientConfiguration InCluster(TimeProvider? time = null, string folder = ServiceAccountFolder)
    {
        var host = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST");
        var port = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT") ?? "443";
        if (string.IsNullOrEmpty(host)) throw new KubeconfigException("KUBERNETES_SERVICE_HOST is not set: this does not run in a Kubernetes pod");
        if (host.Contains(':')) host = $"[{host}]";
        var token = new BearerTokenFile(Path.Combine(folder, "token"), time ?? TimeProvider.System);
        token.Current(); // a pod without a token is told at once
        return new KubernetesClientConfiguration
        {
            Server = new Uri($"https://{host}:{port}"),
            Namespace = ReadNamespace(Path.Combine(folder, "namespace")),
            CertificateAuthority = ReadAuthority(Path.Combine(folder, "ca.crt")),
            Token = token,
        };
    }

    /// <summary>In a pod as its service account; else <paramref name="kubeconfig"/>, $KUBECONFIG or ~/.kube/config.</summary>
    /// <exception cref="KubeconfigException">None of them will do.</exception>
    public static KubernetesClientConfiguration Default(string? kubeconfig = null, string? context = null)
    {
        if (kubeconfig is not null) return FromFile(kubeconfig, context);
        var variable = Environment.GetEnvironmentVariable("KUBECONFIG")?.Split(':', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(File.Exists);
        if (variable is not null) return FromFile(variable, context);
        if (Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 }) return InCluster();
        return FromFile(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config"), context);
    }

    private static string? ReadNamespace(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : null;

    private static X509Certificate2Collection ReadAuthority(string path)
    {
        var authority = new X509Certificate2Collection();
        try
        {
            authority.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new KubeconfigException($"the certificate authority {path} cannot be read: {e.Message}");
        }
        return authority;
    }
}

/// <summary>A kubeconfig cannot be used; the message says which part and why, and holds no secret.</summary>
public sealed class KubeconfigException(string message) : Exception(message);
