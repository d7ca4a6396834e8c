using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Desired;
using Tandem.Resources;
using Tandem.Simulation.Api;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Machines;
using Tandem.Simulation.Network;

namespace Tandem.Simulation.Models;

/// <summary>A site of three machines whose pods run a program that does nothing but what a test tells it.</summary>
internal sealed class SiteWorld
{
    public const string Namespace = "db";

    public SiteWorld(VolumeKind volumes = VolumeKind.Local, ulong seed = 1)
    {
        Wires = new Wires(Events, Chance.Of(seed, "wires"), (_, _) => false);
        var machines = Enumerable.Range(1, 3).Select(n => new Machine($"east-n{n}", "east", Clock())).ToList();
        Site = new Site(new SiteDesign("east", seed, machines, volumes, Start), Events, Wires, Clock(), new Trace(Events, null));
        Cluster = Site.Api.Put(ApiServerTests.Cluster());
    }

    public Events Events { get; } = new();
    public Wires Wires { get; }
    public Site Site { get; }
    public DatabaseCluster Cluster { get; }
    public List<Program> Programs { get; } = [];
    public ApiServer Api => Site.Api;

    public void Run(double seconds)
    {
        var end = Events.Now + TimeSpan.FromSeconds(seconds);
        while (Events.Step(end))
        {
        }
    }

    /// <summary>The claim (unless it is there), the certificate and the pod of an instance, as the operator makes them.</summary>
    public void Make(string instance)
    {
        if (Api.Find<V1PersistentVolumeClaim>(Namespace, instance) is null) Api.Put(ClaimBuilder.Build(Cluster, instance));
        Api.Put(new V1Secret { Metadata = OwnedMetadata.Of(Cluster, Names.InstanceSecret(instance)) });
        var uid = Api.Find<V1PersistentVolumeClaim>(Namespace, instance)!.Metadata.Uid!;
        Api.Put(PodBuilder.Build(Cluster, instance, uid, new PodSettings("east", "image")));
    }

    public V1Pod? Pod(string instance) => Api.Find<V1Pod>(Namespace, instance);

    public Program Last(string instance) => Programs.Last(p => p.Started.Pod.Metadata.Name == instance);

    public Machine MachineOf(string instance) => Site.Machines.Single(m => m.Name == Pod(instance)!.Spec!.NodeName);

    private Program Start(PodStart start)
    {
        var program = new Program(start);
        Programs.Add(program);
        return program;
    }

    private MachineClock Clock() => new(Events, 0, TimeSpan.Zero, TimeSpan.Zero);

    internal sealed class Program(PodStart start) : IPodProgram
    {
        public PodStart Started => start;
        public bool IsEnded => ExitCode is not null;
        public int? ExitCode { get; private set; }
        public event Action? Ended;
        public bool IsReady { get; set; } = true;
        public bool IsAlive { get; set; } = true;
        public bool EndsWhenAsked { get; set; } = true;
        public bool WasAsked { get; private set; }

        public void Terminate()
        {
            WasAsked = true;
            if (EndsWhenAsked) End(0);
        }

        public void Kill() => End(137);

        public void End(int code)
        {
            if (IsEnded) return;
            ExitCode = code;
            Ended?.Invoke();
        }
    }
}
