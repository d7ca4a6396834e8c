using Tandem.Sandbox.ContainerImages;
using Tandem.Sandbox.ControlPlane;
using Tandem.Sandbox.Host;
using Tandem.Sandbox.Sites;
using Tandem.Sandbox.Volumes;

namespace Tandem.Sandbox;

/// <summary>
/// The sandbox as tests and the demo use it: its sites, its nodes, and what can be done to them. Cuts of the network are in <see cref="Faults.NetworkFaults"/>.
/// <see cref="SandboxLifecycle"/> makes and removes it.
/// </summary>
public sealed class RunningSandbox
{
    private readonly KubernetesPrograms programs;

    internal RunningSandbox(SandboxState state)
    {
        programs = new KubernetesPrograms(state.Programs, state.Etcd, state.Kubernetes);
        Options = new SandboxOptions(state.Sites, state.Nodes);
        Sites = [.. state.Sites.Select((name, index) => new Site(name, index, state.Nodes))];
    }

    /// <summary>What it was brought up with.</summary>
    public SandboxOptions Options { get; }

    public IReadOnlyList<Site> Sites { get; }

    public Version KubernetesVersion => programs.Version;

    public Site this[string name] => Sites.FirstOrDefault(site => site.Name == name) ?? throw new FatalException($"no site {name}; there are {string.Join(", ", Sites.Select(site => site.Name))}");

    /// <returns>The machine's sandbox, or null where there is none. Whether all of it runs is for `up` to see to.</returns>
    public static RunningSandbox? Open() => SandboxState.Read() is { } state ? new RunningSandbox(state) : null;

    /// <param name="name">E.g. east-n2.</param>
    public SiteNode Node(string name) => Sites.SelectMany(site => site.Nodes).FirstOrDefault(node => node.Name == name)
        ?? throw new FatalException($"no node {name}; there are {string.Join(", ", Sites.SelectMany(site => site.Nodes).Select(node => node.Name))}");

    public SiteControlPlane ControlPlane(Site site) => new(site, programs);

    public NodeRuntime Runtime(SiteNode node) => new(node, programs);

    /// <summary>
    /// Power off: packets from and to the node are dropped first, then all its processes get SIGKILL, containers too. So its connections are
    /// not closed, they fall silent, as those of a machine that lost its power. Other nodes are not touched.
    /// </summary>
    public async Task KillNodeAsync(SiteNode node, CancellationToken cancellation = default)
    {
        await Faults.NetworkFaults.CutNodeAsync(node, Faults.CutDirection.Both, cancellation);
        await Runtime(node).KillAsync(cancellation);
    }

    /// <summary>Power on. The node's volumes and images are as they were; it is reachable again, whatever cut it was under.</summary>
    public async Task StartNodeAsync(SiteNode node, CancellationToken cancellation = default)
    {
        await Runtime(node).StartAsync(await ImageTemplate.EnsureAsync(Progress.Silent, cancellation), cancellation);
        await Faults.NetworkFaults.MendNodeAsync(node, cancellation);
    }

    /// <summary>SIGKILL to the site's API server. etcd, controllers and nodes run on.</summary>
    public Task StopApiAsync(Site site, CancellationToken cancellation = default) => ControlPlane(site).ApiServer.KillAsync(cancellation);

    /// <summary>Ready when this returns.</summary>
    public Task StartApiAsync(Site site, CancellationToken cancellation = default) => ControlPlane(site).StartApiServerAsync(cancellation);

    /// <summary>Imports an OCI (or docker) archive into every node that runs.</summary>
    public Task LoadImageAsync(string archive, Progress progress, CancellationToken cancellation = default) =>
        NodeImages.LoadAsync(Sites.SelectMany(site => site.Nodes).Select(Runtime), archive, progress, cancellation);

    /// <summary>Wipes the volumes whose claims are gone, and offers them again.</summary>
    /// <returns>How many.</returns>
    public async Task<int> RecycleVolumesAsync(CancellationToken cancellation = default)
    {
        var recycled = 0;
        foreach (var site in Sites) recycled += await new LocalVolumes(site).RecycleAsync(cancellation);
        return recycled;
    }
}
