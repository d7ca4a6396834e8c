using System.Net;
using Tandem.Sandbox.Certificates;
using Tandem.Sandbox.ControlPlane;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Sites;

/// <summary>etcd, API server, controller manager and scheduler of a site, in the control plane's namespace.</summary>
public sealed class SiteControlPlane(Site site, KubernetesPrograms programs)
{
    private const int EtcdPort = 2379;
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(120);

    public Daemon Etcd => Part("etcd");
    public Daemon ApiServer => Part("kube-apiserver");
    public Daemon ControllerManager => Part("kube-controller-manager");
    public Daemon Scheduler => Part("kube-scheduler");

    private ApiServerEndpoint Endpoint => new(IPAddress.Parse(site.Addresses.ControlPlane), Site.ApiPort, EtcdPort, site.Addresses.ServiceRange, site.Addresses.KubernetesService);

    /// <summary>Starts what does not run. The API server is ready when this returns.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        if (Etcd.Process is null && ApiServer.Process is null)
        {
            await ControllerManager.KillAsync(cancellation);
            await Scheduler.KillAsync(cancellation);
            await SiteNetwork.MakeAsync(site, cancellation);
        }
        Kubeconfig.Write(site.KubeconfigPath, site.Name, site.ApiUrl, site.Authority, site.Administrator);
        await StartAsync(Etcd, EtcdCommand.Of(programs, Path.Combine(site.Folder, "etcd"), EtcdPort, EtcdPort + 1), cancellation);
        await StartApiServerAsync(cancellation);
        await StartAsync(ControllerManager, ControllerManagerCommand(), cancellation);
        await StartAsync(Scheduler, SchedulerCommand(), cancellation);
    }

    /// <summary>Ready when this returns.</summary>
    public async Task StartApiServerAsync(CancellationToken cancellation)
    {
        await StartAsync(ApiServer, ApiServerCommand.Of(programs, Endpoint, site.Authority, "--enable-admission-plugins=NodeRestriction"), cancellation);
        await Waiting.UntilAsync($"API server of {site.Name}", ReadyDeadline, async token =>
        {
            Etcd.ThrowIfEnded();
            ApiServer.ThrowIfEnded();
            return await site.Api.ReadinessAsync(token);
        }, cancellation);
    }

    private Task StartAsync(Daemon part, IReadOnlyList<string> command, CancellationToken cancellation) =>
        part.StartAsync(command, site.NetworkNamespace, MachineCgroup.Make(site.Cgroup), writesPidFile: false, cancellation);

    private string[] ControllerManagerCommand()
    {
        var user = site.Authority.User("controller-manager", "system:kube-controller-manager");
        return
        [
            programs["kube-controller-manager"],
            $"--kubeconfig={KubeconfigOf("controller-manager", user)}",
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            $"--service-account-private-key-file={site.Authority.ServiceAccountKeyPath}",
            $"--root-ca-file={site.Authority.CertificatePath}",
            $"--cluster-signing-cert-file={site.Authority.CertificatePath}",
            $"--cluster-signing-key-file={site.Authority.KeyPath}",
            "--controllers=*,bootstrapsigner,tokencleaner",
            "--bind-address=127.0.0.1",
            "--pvclaimbinder-sync-period=2s",
            "--profiling=false",
            .. NoInsecurePort(),
        ];
    }

    private string[] SchedulerCommand()
    {
        var user = site.Authority.User("scheduler", "system:kube-scheduler");
        return [programs["kube-scheduler"], $"--kubeconfig={KubeconfigOf("scheduler", user)}", "--leader-elect=false", "--bind-address=127.0.0.1", "--profiling=false", .. NoInsecurePort()];
    }

    // Until 1.22 both also listen without TLS, unless told not to; 1.24 knows the flag no more.
    private string[] NoInsecurePort() => programs.IsAtLeast(23) ? [] : ["--port=0"];

    private string KubeconfigOf(string name, KeyPair user) => Kubeconfig.Write(Path.Combine(site.Folder, $"{name}.kubeconfig"), site.Name, site.ApiUrl, site.Authority, user);

    private Daemon Part(string name) => new($"{site.Name}/{name}", Path.Combine(site.Folder, "run", $"{name}.pid"), Path.Combine(site.Folder, "log", $"{name}.log"));
}
