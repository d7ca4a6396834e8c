using System.Text.Json.Nodes;
using Tandem.Sandbox.Certificates;
using Tandem.Sandbox.ContainerImages;
using Tandem.Sandbox.ControlPlane;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Sites;

/// <summary>containerd, kubelet and kube-proxy of a node, under the node's first process (node/init.sh).</summary>
public sealed class NodeRuntime(SiteNode node, KubernetesPrograms programs)
{
    /// <summary>Names of the processes that a node consists of, under its first one.</summary>
    public static readonly IReadOnlyList<string> Programs = ["containerd", "kubelet", "kube-proxy"];

    /// <summary>Folders of the machine over which each node mounts its own (node/init.sh). On the machine they stay empty.</summary>
    public static readonly string[] MountPoints = ["/var/lib/kubelet", "/var/lib/cni", "/etc/cni"];

    private Site Site => node.Site;

    public Daemon Init { get; } = new($"{node.Site.Name}/{node.Name}", Path.Combine(node.Folder, "init.pid"), Path.Combine(node.LogFolder, "init.log"));

    /// <summary>Those of the node's own programs that do not run.</summary>
    public IReadOnlyList<string> Missing()
    {
        if (Init.Process is null) return Programs;
        var running = HostProcess.MarkedWith($"{Daemon.MarkName}={Init.Part}").Select(process => process.Name).ToHashSet();
        return [.. Programs.Where(program => !running.Contains(program))];
    }

    /// <summary>Boots the node unless all of it runs. It registers by itself; nothing here waits for that.</summary>
    public async Task StartAsync(ImageTemplate images, CancellationToken cancellation)
    {
        if (Missing().Count == 0) return;
        await KillAsync(cancellation);
        await images.CopyToAsync(Path.Combine(node.Folder, "containerd"), cancellation);
        await SiteNetwork.MakeAsync(node, cancellation);
        await MachineCgroup.RemoveAsync(node.Cgroup, cancellation);
        var daemons = MachineCgroup.Make(node.Cgroup);
        WriteFiles();
        string[] command =
        [
            "unshare", "--mount", "--pid", "--fork", "--kill-child=SIGKILL",
            SandboxPaths.Script("node", "init.sh"), node.Folder, programs.Folder, Path.Combine(SandboxPaths.Tools, "pause"),
            "--", .. KubeletArguments(), "--", .. ProxyArguments(),
        ];
        await Init.StartAsync(command, node.NetworkNamespace, daemons, writesPidFile: true, cancellation);
    }

    /// <summary>SIGKILL to the node's first process, and by that to all that runs on it, containers too.</summary>
    public Task KillAsync(CancellationToken cancellation) => Init.KillAsync(cancellation);

    /// <summary>Prefix of a command that runs it on the node: in its network, its processes, its mounts.</summary>
    public string[] Enter() => Init.Process is { } init
        ? ["nsenter", $"--target={init.Id}", "--net", "--mount", "--pid"]
        : throw new FatalException($"{node.Name} does not run");

    private void WriteFiles()
    {
        foreach (var folder in (string[])["kubelet", "log/pods", "log/containers", "cni"]) Directory.CreateDirectory(Path.Combine(node.Folder, folder));
        foreach (var folder in MountPoints) Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(node.Folder, "containerd.toml"), ContainerdConfiguration());
        File.WriteAllText(Path.Combine(node.Folder, "cni", "10-tandem.conflist"), NetworkConfiguration().ToJsonString());
        File.WriteAllText(Path.Combine(node.Folder, "kubelet.json"), KubeletConfiguration().ToJsonString());
        // No DNS: names fail at once in a pod, instead of going to the servers of the machine.
        File.WriteAllText(Path.Combine(node.Folder, "resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
        var kubelet = Site.Authority.User($"kubelet-{node.Name}", $"system:node:{node.Name}", "system:nodes");
        Kubeconfig.Write(Path.Combine(node.Folder, "kubelet.kubeconfig"), Site.Name, Site.ApiUrl, Site.Authority, kubelet);
        var proxy = Site.Authority.User("kube-proxy", "system:kube-proxy");
        Kubeconfig.Write(Path.Combine(node.Folder, "kube-proxy.kubeconfig"), Site.Name, Site.ApiUrl, Site.Authority, proxy);
    }

    private string[] KubeletArguments() =>
    [
        $"--config={Path.Combine(node.Folder, "kubelet.json")}",
        $"--kubeconfig={Path.Combine(node.Folder, "kubelet.kubeconfig")}",
        $"--hostname-override={node.Name}",
        $"--node-ip={node.Address}",
        "--container-runtime-endpoint=unix:///run/containerd/containerd.sock",
        .. programs.IsAtLeast(27) ? (string[])[] : ["--container-runtime=remote"],
    ];

    private string[] ProxyArguments() =>
    [
        $"--kubeconfig={Path.Combine(node.Folder, "kube-proxy.kubeconfig")}",
        "--proxy-mode=iptables",
        $"--cluster-cidr={Site.Addresses.PodRange}",
        $"--hostname-override={node.Name}",
        $"--bind-address={node.Address}",
        "--healthz-bind-address=127.0.0.1:10256",
        "--metrics-bind-address=127.0.0.1:10249",
        "--conntrack-max-per-core=0",
        "--iptables-min-sync-period=100ms",
    ];

    private JsonObject KubeletConfiguration()
    {
        var configuration = new JsonObject
        {
            ["apiVersion"] = "kubelet.config.k8s.io/v1beta1",
            ["kind"] = "KubeletConfiguration",
            ["address"] = node.Address,
            ["readOnlyPort"] = 0,
            ["authentication"] = new JsonObject
            {
                ["anonymous"] = new JsonObject { ["enabled"] = false },
                ["webhook"] = new JsonObject { ["enabled"] = true },
                ["x509"] = new JsonObject { ["clientCAFile"] = Site.Authority.CertificatePath },
            },
            ["authorization"] = new JsonObject { ["mode"] = "Webhook" },
            ["cgroupDriver"] = "cgroupfs",
            ["cgroupRoot"] = $"/{node.Cgroup}",
            ["failSwapOn"] = false,
            ["clusterDomain"] = "cluster.local",
            ["resolvConf"] = Path.Combine(node.Folder, "resolv.conf"),
            ["maxPods"] = 60,
            ["registryPullQPS"] = 0,
            // The disk is the machine's own, which others fill and empty too.
            ["evictionHard"] = new JsonObject { ["memory.available"] = "50Mi", ["nodefs.available"] = "1%", ["nodefs.inodesFree"] = "1%", ["imagefs.available"] = "1%" },
            ["imageGCHighThresholdPercent"] = 100,
            ["imageGCLowThresholdPercent"] = 99,
        };
        if (programs.IsAtLeast(31)) configuration["failCgroupV1"] = false;
        return configuration;
    }

    // Point to point, no bridge: every packet between two pods is routed, and so meets the node's iptables, which undo the translation of a Service's address.
    private JsonObject NetworkConfiguration() => new()
    {
        ["cniVersion"] = "0.4.0",
        ["name"] = node.Name,
        ["plugins"] = new JsonArray(
            new JsonObject
            {
                ["type"] = "ptp",
                ["ipMasq"] = false,
                ["ipam"] = new JsonObject
                {
                    ["type"] = "host-local",
                    ["dataDir"] = "/run/cni-addresses",
                    ["ranges"] = new JsonArray(new JsonArray(new JsonObject { ["subnet"] = node.PodRange })),
                    ["routes"] = new JsonArray(new JsonObject { ["dst"] = "0.0.0.0/0" }),
                },
            },
            new JsonObject { ["type"] = "portmap", ["capabilities"] = new JsonObject { ["portMappings"] = true } }),
    };

    private string ContainerdConfiguration() => $"""
        version = 2
        root = "{Path.Combine(node.Folder, "containerd")}"
        state = "/run/containerd"
        disabled_plugins = [{ImageTemplate.DisabledPlugins}]
        [grpc]
          address = "/run/containerd/containerd.sock"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "{ImageTemplate.PauseImage}"
          # Without CAP_SYS_RESOURCE nobody may lower the score, and runc fails where it is told to.
          restrict_oom_score_adj = true
          netns_mounts_under_state_dir = true
          disable_apparmor = true
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "/usr/lib/cni"
            conf_dir = "{Path.Combine(node.Folder, "cni")}"
          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "overlayfs"
            default_runtime_name = "runc"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"
              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
                SystemdCgroup = false

        """;
}
