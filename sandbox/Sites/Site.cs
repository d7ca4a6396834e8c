using Tandem.Sandbox.Certificates;
using Tandem.Sandbox.ControlPlane;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Sites;

/// <summary>One Kubernetes cluster: a control plane and nodes, each in a network namespace of its own. Names and places; what makes them run is beside this file.</summary>
public sealed class Site
{
    public const int ApiPort = 6443;
    private readonly Lazy<ApiClient> api;

    public Site(string name, int index, int nodes)
    {
        Name = name;
        Addresses = new SiteAddresses(index);
        Nodes = [.. Enumerable.Range(1, nodes).Select(number => new SiteNode(this, number))];
        api = new Lazy<ApiClient>(() => new ApiClient(ApiUrl, Authority, Administrator));
    }

    public string Name { get; }
    public SiteAddresses Addresses { get; }
    public IReadOnlyList<SiteNode> Nodes { get; }
    public string Folder => Path.Combine(SandboxPaths.Home, Name);
    public string ApiUrl => $"https://{Addresses.ControlPlane}:{ApiPort}";

    /// <summary>kubeconfig of the administrator; valid on the host and in pods of both sites.</summary>
    public string KubeconfigPath => Path.Combine(SandboxPaths.Home, $"{Name}.kubeconfig");

    /// <summary>The API, as the administrator.</summary>
    public ApiClient Api => api.Value;

    /// <summary>kubectl, as the administrator.</summary>
    public Kubectl Kubectl => new(KubeconfigPath);

    public string NetworkNamespace => $"{SiteNetwork.NamespacePrefix}{Name}-cp";
    public string Link => $"{SiteNetwork.LinkPrefix}{Name}-cp";
    public string Cgroup => $"{MachineCgroup.Prefix}{Name}-cp";

    internal CertificateAuthority Authority => CertificateAuthority.InFolder(Path.Combine(Folder, "pki"), $"tandem-sandbox-{Name}");
    internal KeyPair Administrator => Authority.User("admin", "admin", "system:masters");

    /// <param name="name">As Kubernetes has it, e.g. east-n2.</param>
    public SiteNode Node(string name) => Nodes.FirstOrDefault(node => node.Name == name) ?? throw new FatalException($"no node {name}; there are {string.Join(", ", Nodes.Select(node => node.Name))}");
}

/// <summary>A node: a namespace for network, processes and mounts each, so that the end of its first process is the end of all that ran on it.</summary>
public sealed record SiteNode(Site Site, int Number)
{
    /// <summary>Also the node's name in Kubernetes.</summary>
    public string Name => $"{Site.Name}-n{Number}";

    public string Address => Site.Addresses.Node(Number);
    public string PodRange => Site.Addresses.PodRangeOf(Number);
    public string Folder => Path.Combine(Site.Folder, $"n{Number}");
    public string VolumesFolder => Path.Combine(Folder, "volumes");
    public string LogFolder => Path.Combine(Folder, "log");
    public string NetworkNamespace => $"{SiteNetwork.NamespacePrefix}{Name}";
    public string Link => $"{SiteNetwork.LinkPrefix}{Name}";
    public string Cgroup => $"{MachineCgroup.Prefix}{Name}";

    public override string ToString() => Name;
}
