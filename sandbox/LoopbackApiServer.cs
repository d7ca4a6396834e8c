using System.Net;
using Tandem.Sandbox.Certificates;
using Tandem.Sandbox.ControlPlane;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox;

/// <summary>
/// A real kube-apiserver with its etcd on free ports of 127.0.0.1, for tests: RBAC, client certificates, no controllers, no nodes.
/// Both end with <see cref="DisposeAsync"/>, and with this process however it ends.
/// </summary>
public sealed class LoopbackApiServer : IAsyncDisposable
{
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(60);
    private readonly KubernetesPrograms programs;
    private readonly CertificateAuthority authority;
    private readonly ApiServerEndpoint endpoint;
    private readonly ApiClient client;
    private readonly GuardedProcess etcd;
    private GuardedProcess? apiServer;

    private LoopbackApiServer(string folder, KubernetesPrograms programs, CertificateAuthority authority, ApiServerEndpoint endpoint, GuardedProcess etcd)
    {
        (Folder, this.programs, this.authority, this.endpoint, this.etcd) = (folder, programs, authority, endpoint, etcd);
        var admin = authority.User("admin", "admin", "system:masters");
        client = new ApiClient(endpoint.Url, authority, admin);
        KubeconfigPath = Kubeconfig.Write(Path.Combine(folder, "kubeconfig"), "loopback", endpoint.Url, authority, admin);
    }

    public string Url => endpoint.Url;

    /// <summary>Where etcd's clients connect, for tests that reach behind the API server (compaction).</summary>
    public string EtcdUrl => $"http://127.0.0.1:{endpoint.EtcdPort}";
    public string CaPem => authority.CertificatePem;

    /// <summary>kubeconfig of a user who may do everything (group system:masters).</summary>
    public string KubeconfigPath { get; }

    /// <summary>Certificates, logs and data; gone after <see cref="DisposeAsync"/>.</summary>
    public string Folder { get; }

    public Version Version => programs.Version;

    public static async Task<LoopbackApiServer> StartAsync(CancellationToken cancellation = default)
    {
        await Prerequisites.EnsureAsync(Progress.Silent, cancellation);
        var programs = await KubernetesPrograms.FindAsync(Progress.Silent, cancellation);
        var folder = Directory.CreateTempSubdirectory("tandem-loopback-").FullName;
        var ports = Ports.Free(3);
        var endpoint = new ApiServerEndpoint(IPAddress.Loopback, ports[0], ports[1], "10.73.0.0/24", IPAddress.Parse("10.73.0.1"));
        var etcd = await GuardedProcess.StartAsync("etcd", Path.Combine(folder, "etcd.log"), EtcdCommand.Of(programs, Path.Combine(folder, "etcd"), ports[1], ports[2]), cancellation);
        var server = new LoopbackApiServer(folder, programs, CertificateAuthority.InFolder(Path.Combine(folder, "pki"), "loopback"), endpoint, etcd);
        try
        {
            await server.StartApiServerAsync(cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the API server (SIGKILL): its connections break, its port refuses. etcd keeps what was written.</summary>
    public async Task StopApiServerAsync()
    {
        if (apiServer is not null) await apiServer.DisposeAsync();
        apiServer = null;
    }

    /// <summary>Starts the API server (again), at the same address; ready when this returns.</summary>
    public async Task StartApiServerAsync(CancellationToken cancellation = default)
    {
        if (apiServer is not null) return;
        // A loopback address cannot be an endpoint of the Service `kubernetes`; without a controller manager no namespace has a service account.
        var command = ApiServerCommand.Of(programs, endpoint, authority, "--endpoint-reconciler-type=none", "--disable-admission-plugins=ServiceAccount", "--shutdown-delay-duration=0s");
        var started = apiServer = await GuardedProcess.StartAsync("kube-apiserver", Path.Combine(Folder, "kube-apiserver.log"), command, cancellation);
        await Waiting.UntilAsync($"API server {Url}", ReadyDeadline, async token =>
        {
            etcd.ThrowIfEnded();
            started.ThrowIfEnded();
            return await client.ReadinessAsync(token)
                ?? (await client.GetAsync("/api/v1/namespaces/default", token) is null ? "namespace `default` is not there yet" : null);
        }, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await StopApiServerAsync();
        await etcd.DisposeAsync();
        client.Dispose();
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }
}
