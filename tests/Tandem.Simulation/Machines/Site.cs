using System.Globalization;
using Tandem.Simulation.Api;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Network;

namespace Tandem.Simulation.Machines;

/// <summary>How one site is built.</summary>
/// <param name="Seed">Of the whole world: each part takes a stream of its own from it.</param>
/// <param name="Programs">What runs in a pod's container; called for every start of one, in the kubelet's process.</param>
public sealed record SiteDesign(string Name, ulong Seed, IReadOnlyList<Machine> Machines, VolumeKind Volumes, Func<PodStart, IPodProgram> Programs);

/// <summary>One site: a Kubernetes cluster of its own.</summary>
public sealed class Site
{
    private readonly SiteDesign _design;
    private int _podAddresses;

    public Site(SiteDesign design, Events events, Wires wires, MachineClock apiClock, Trace trace)
    {
        (_design, Events, Wires) = (design, events, wires);
        Api = new ApiServer($"{design.Name}-api", events, wires, apiClock, Chance("api"));
        Volumes = new Volumes(Api, design.Volumes, Chance("volumes"));
        Scheduler = new Scheduler(Api, design.Machines, Volumes, Chance("scheduler"));
        Nodes = new NodeLifecycle(Api, design.Machines);
        Routing = new ServiceRouting(Api, wires, Chance("routing"));
        Kubelets = [.. design.Machines.Select(m => new Kubelet(this, m, Chance($"{m.Name}-kubelet"), trace))];
        foreach (var machine in design.Machines) machine.Booted += () => Routing.Reset(machine.Name);
    }

    public string Name => _design.Name;
    public IReadOnlyList<Machine> Machines => _design.Machines;

    /// <summary>At the place `east-api`.</summary>
    public ApiServer Api { get; }
    public Volumes Volumes { get; }
    public Scheduler Scheduler { get; }
    public NodeLifecycle Nodes { get; }
    public IReadOnlyList<Kubelet> Kubelets { get; }
    public KubeletOptions KubeletOptions { get; } = new();
    public ServiceRouting Routing { get; }

    internal Events Events { get; }
    internal Wires Wires { get; }

    /// <summary>All pods that some machine has, whatever the API knows of them.</summary>
    public IEnumerable<PodRun> Pods => Kubelets.SelectMany(k => k.Pods);

    /// <summary>Who has this pod IP now; null: nobody, connections to it go nowhere.</summary>
    public PodRun? PodAt(string address) => Pods.FirstOrDefault(p => p.Address == address && p.Program is not null);

    /// <summary>A machine's IP, as in a pod's hostIP.</summary>
    public string AddressOf(Machine machine)
    {
        for (var i = 0; i < Machines.Count; i++)
            if (Machines[i] == machine) return string.Create(CultureInfo.InvariantCulture, $"192.168.{Number}.{i + 1}");
        throw new ArgumentException($"{machine.Name} is no machine of {Name}");
    }

    internal string NewPodAddress()
    {
        var number = ++_podAddresses;
        return string.Create(CultureInfo.InvariantCulture, $"10.{Number}.{number >> 8}.{number & 255}");
    }

    internal IPodProgram NewProgram(PodStart start) => _design.Programs(start);

    /// <summary>Of this site among all, from its name, so that addresses of two sites differ.</summary>
    private int Number => _design.Name.Sum(c => c) % 200 + 1;

    private Chance Chance(string part) => Kernel.Chance.Of(_design.Seed, $"{_design.Name}-{part}");
}
