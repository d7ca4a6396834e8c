using Tandem.Sandbox.ContainerImages;
using Tandem.Sandbox.ControlPlane;
using Tandem.Sandbox.Faults;
using Tandem.Sandbox.Host;
using Tandem.Sandbox.Sites;
using Tandem.Sandbox.Volumes;

namespace Tandem.Sandbox;

/// <param name="Sites">Their names, of at most 8 letters.</param>
/// <param name="Nodes">Of each site.</param>
public sealed record SandboxOptions(IReadOnlyList<string> Sites, int Nodes)
{
    public static SandboxOptions Default { get; } = new(["east", "west"], 3);
}

/// <summary>Makes the sandbox, and removes it without a trace.</summary>
public static class SandboxLifecycle
{
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromMinutes(3);

    /// <summary>
    /// Brings every site up: what runs already is left alone, what an interrupted start left half done is finished. All nodes are Ready when this returns.
    /// Nodes that were killed boot again; cuts stay.
    /// </summary>
    /// <exception cref="FatalException">A sandbox of another shape is up.</exception>
    public static async Task<RunningSandbox> UpAsync(SandboxOptions options, Progress progress, CancellationToken cancellation = default)
    {
        using var held = await SandboxLock.TakeAsync(progress, cancellation);
        await Prerequisites.EnsureAsync(progress, cancellation);
        var state = await StateAsync(options, progress, cancellation);
        var sandbox = new RunningSandbox(state);
        var images = ImageTemplate.EnsureAsync(progress, cancellation);
        await SiteNetwork.MakeHostAsync(cancellation);
        await Task.WhenAll(sandbox.Sites.Select(site => StartAsync(sandbox, site, images, progress, cancellation)));
        progress.Step($"up: {string.Join(", ", sandbox.Sites.Select(site => $"{site.Name} {site.ApiUrl} (KUBECONFIG={site.KubeconfigPath})"))}");
        return sandbox;
    }

    /// <summary>Removes everything that `up` made, however far it came: processes, mounts, namespaces, links, rules, control groups, folders.</summary>
    public static async Task DownAsync(Progress progress, CancellationToken cancellation = default)
    {
        using var held = await SandboxLock.TakeAsync(progress, cancellation);
        var state = SandboxState.Read();
        progress.Step("ending all processes");
        await Daemon.KillAllAsync(cancellation);
        progress.Step("removing the network");
        await NetworkFaults.RemoveChainAsync(cancellation);
        await SiteNetwork.RemoveAllAsync(cancellation);
        progress.Step("removing control groups, mounts and files");
        await MachineCgroup.RemoveAsync($"{MachineCgroup.Prefix}*", cancellation);
        await UnmountAsync(cancellation);
        if (state is not null)
        {
            MachineSettings.Restore(state.MachineSettings);
            foreach (var folder in state.MadeFolders) await RemoveIfEmptyAsync(folder, cancellation);
        }
        await Command.RunAsync(["rm", "-rf", "--one-file-system", SandboxPaths.Home], cancellation, TimeSpan.FromMinutes(3));
        progress.Step("down");
    }

    private static async Task<SandboxState> StateAsync(SandboxOptions options, Progress progress, CancellationToken cancellation)
    {
        if (SandboxState.Read() is { } state)
            return state.Sites.SequenceEqual(options.Sites) && state.Nodes == options.Nodes
                ? state
                : throw new FatalException($"a sandbox of {string.Join(", ", state.Sites)} with {state.Nodes} nodes each is up: `down` first");

        var programs = await KubernetesPrograms.FindAsync(progress, cancellation);
        programs.DemandAllOfASite();
        progress.Step($"Kubernetes {programs.Version} from {programs.Folder}");
        state = new SandboxState
        {
            Sites = options.Sites,
            Nodes = options.Nodes,
            Programs = programs.Folder,
            Etcd = programs.EtcdPath,
            Kubernetes = programs.Version,
            MachineSettings = MachineSettings.Read(),
            MadeFolders = [.. NodeRuntime.MountPoints.Append("/run/netns").Where(folder => !Directory.Exists(folder))],
        };
        state.Write();
        return state;
    }

    private static async Task StartAsync(RunningSandbox sandbox, Site site, Task<ImageTemplate> images, Progress progress, CancellationToken cancellation)
    {
        await sandbox.ControlPlane(site).StartAsync(cancellation);
        progress.Step($"{site.Name}: API server ready at {site.ApiUrl}");
        var template = await images;
        await Task.WhenAll(site.Nodes.Select(node => sandbox.Runtime(node).StartAsync(template, cancellation)));
        progress.Step($"{site.Name}: {site.Nodes.Count} nodes booted");
        await new LocalVolumes(site).EnsureAsync(cancellation);
        foreach (var node in site.Nodes)
        {
            await Waiting.UntilAsync($"node {node.Name} Ready", ReadyDeadline, token => UnreadinessAsync(sandbox, node, token), cancellation, TimeSpan.FromMilliseconds(300));
            progress.Step($"{site.Name}: {node.Name} Ready");
        }
        await Waiting.UntilAsync($"service account of {site.Name}", ReadyDeadline,
            async token => await site.Api.GetAsync("/api/v1/namespaces/default/serviceaccounts/default", token) is null ? "not there yet" : null, cancellation);
    }

    /// <returns>Null when the node is Ready and shows it by a recent heartbeat, else what is wrong.</returns>
    internal static async Task<string?> UnreadinessAsync(RunningSandbox sandbox, SiteNode node, CancellationToken cancellation)
    {
        var missing = sandbox.Runtime(node).Missing();
        if (missing.Count > 0) return $"not running: {string.Join(", ", missing)}; {LogFile.Tail(Path.Combine(node.LogFolder, $"{missing[0]}.log"), 5)}";
        var found = await node.Site.Api.GetAsync($"/api/v1/nodes/{node.Name}", cancellation);
        if (found is null) return $"not registered; {LogFile.Tail(Path.Combine(node.LogFolder, "kubelet.log"), 5)}";
        var ready = found["status"]?["conditions"]?.AsArray().FirstOrDefault(condition => condition?["type"]?.GetValue<string>() == "Ready");
        return ready?["status"]?.GetValue<string>() == "True" ? null : $"{ready?["reason"]}: {ready?["message"]}";
    }

    // Nodes take their mounts with them; this is for what was made by hand, or by an older sandbox.
    private static async Task UnmountAsync(CancellationToken cancellation)
    {
        var mounts = (await File.ReadAllLinesAsync("/proc/self/mounts", cancellation)).Select(line => line.Split(' ')[1]).Where(path => path.StartsWith(SandboxPaths.Home + '/', StringComparison.Ordinal));
        foreach (var mount in mounts.Reverse()) await Command.TryAsync(["umount", "--lazy", mount], cancellation);
    }

    private static async Task RemoveIfEmptyAsync(string folder, CancellationToken cancellation)
    {
        if (!Directory.Exists(folder) || Directory.EnumerateFileSystemEntries(folder).Any()) return;
        // `ip netns` mounts its folder on itself.
        await Command.TryAsync(["umount", folder], cancellation);
        await Command.TryAsync(["rmdir", folder], cancellation);
    }
}
