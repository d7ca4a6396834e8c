using Tandem.Agent.Configuration;
using Tandem.Agent.Fencing;
using Tandem.Agent.Hosting;
using Tandem.Agent.Jobs;
using Tandem.Agent.Links;
using Tandem.Agent.State;
using Tandem.Arbiter;
using Tandem.Kubernetes.Client;
using Tandem.Postgres;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Simulation.Api;
using Tandem.Simulation.Invariants;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Machines;
using Tandem.Simulation.Network;
using Tandem.Simulation.Postgres;

namespace Tandem.Simulation.Agents;

/// <summary>What every agent of a simulation needs from outside.</summary>
public sealed record AgentWorld(Events Events, Wires Wires, PostgresWorld Postgres, AgentDirectory Agents, Trace Trace, ulong Seed, string Version, ApiServer? Arbiter)
{
    public required Holds Holds { get; init; }

    /// <summary>Told of each life of a volume that is ended, so that its data may be wiped: by site.</summary>
    public required Action<string, Incarnation> Discards { get; init; }
}

/// <summary>Agents by the address of their pod.</summary>
public sealed class AgentDirectory
{
    private readonly Dictionary<string, AgentProgram> _agents = new(StringComparer.Ordinal);

    public void Set(string address, AgentProgram agent) => _agents[address] = agent;

    public AgentProgram? Find(string address) => _agents.GetValueOrDefault(address);
}

/// <summary>What runs in a database pod: the real agent, in a process of its own, over the models of everything that it touches. One life of a container.</summary>
public sealed class AgentProgram : IPodProgram
{
    /// <summary>The image that has this version's agent, and one that has that of the version before.</summary>
    public const string Image = "tandem:1";
    public const string ImageBefore = "tandem:0";

    private AgentHost? _host;

    /// <param name="image">The image that the agent was copied from.</param>
    public AgentProgram(AgentWorld world, InstanceIdentity identity, string? image, Machine machine, Disk disk, Func<SimulatedProcess, IKubernetesClient> connect, Func<ArbiterAddress?> mountedArbiter)
    {
        (Identity, Machine, Disk) = (identity, machine, disk);
        var chance = Chance.Of(world.Seed, $"{identity.Site}/{identity.Instance}/{world.Events.Count}");
        Process = new SimulatedProcess(identity.Site is { } site ? $"{site}/{identity.Instance}" : identity.Instance, world.Events, machine.Clock, chance, world.Trace);
        machine.Add(Process);
        disk.Machine = machine;
        Server = new SimulatedPostgresServer(world.Postgres, Process.Name, disk, machine, Process);
        Process.Ended += OnEnded;
        Process.Run(() => Start(world, image == ImageBefore ? PrimaryRecord.FirstFormat : PrimaryRecord.CurrentFormat, connect(Process), mountedArbiter));
    }

    public InstanceIdentity Identity { get; }
    public Machine Machine { get; }
    public Disk Disk { get; }
    public SimulatedProcess Process { get; }
    public SimulatedPostgresServer Server { get; }
    public bool IsEnded { get; private set; }
    public int? ExitCode { get; private set; }

    /// <summary>Null until it has started.</summary>
    public ILinkService? Links => _host?.Links;

    public bool IsReady => !IsEnded && !Process.IsPaused && _host?.Links.Snapshot.Ready == true;
    public bool IsAlive => !IsEnded && !Process.IsPaused && _host?.Links.Alive == true;

    public event Action? Ended;

    /// <summary>
    /// A call of its link port from another place. Answered with null where it has ended, does not serve yet, or is not the instance that was meant; not at all where its machine is down.
    /// </summary>
    /// <param name="again">Given where the connection is kept for long enough for TCP to send again what a cut has swallowed.</param>
    public void Ask<T>(Wires wires, string from, string instance, Action<ILinkService, Action<T?>> ask, Action<T?> answered, Events? again = null) where T : class
    {
        void Send(string sender, string receiver, Action arrive)
        {
            if (again is not null) new Pipe(again, wires, sender, receiver).Send(arrive);
            else wires.Send(sender, receiver, arrive);
        }

        void Answer(T? value) => Send(Machine.Name, from, () => answered(value));
        Send(from, Machine.Name, () =>
        {
            if (!Machine.IsUp) return;
            if (IsEnded) Answer(null);
            else Process.Run(() =>
            {
                if (Links is { } service && Identity.Instance == instance) ask(service, Answer);
                else Answer(null);
            });
        });
    }

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Process.Run(() => _host?.RequestShutdown());

    public void Kill()
    {
        ExitCode ??= -9;
        Process.Kill();
    }

    private async void Start(AgentWorld world, int format, IKubernetesClient client, Func<ArbiterAddress?> mountedArbiter)
    {
        var paths = new PodPaths(Names.VolumePath, Names.RuntimePath, Names.TlsPath, Names.ApplicationPath, Names.ArbiterPath);
        var ports = new AgentPorts(client, Server, new SimulatedAgentLink(world, this), new DiskStore(Disk, Process, world.Holds, volume => world.Discards(Identity.Site!, new Incarnation(Identity.Instance, volume, Identity.ClaimUid))), new PodSecrets(paths, Server, mountedArbiter), new ArbiterLinks(world.Arbiter, Process, Machine.Name), Process.Time, Process.Chance, Process, Process.Logger);
        _host = new AgentHost(Identity, paths, ports, world.Version, format);
        using var guard = Process.Time.CreateTimer(_ => _host.Guard.Look(), null, Guard.Tick, Guard.Tick);
        ExitCode = await _host.RunAsync(CancellationToken.None);
        Process.Kill();
    }

    /// <summary>Whoever is process 1 takes everything with it.</summary>
    private void OnEnded()
    {
        IsEnded = true;
        Server.Live?.KillAll(-9);
        Ended?.Invoke();
    }

    private sealed class PodSecrets(PodPaths paths, SimulatedPostgresServer server, Func<ArbiterAddress?> mountedArbiter) : IMountedSecrets
    {
        public void RefreshCertificate()
        {
        }

        public string MakeCredential(string epoch)
        {
            var path = paths.Credential(epoch);
            server.SetCredential(path, stands: true);
            return path;
        }

        public ApplicationDatabase? ReadApplication() => new("app", "app", "secret");

        public ArbiterAddress? ReadArbiter() => mountedArbiter();
    }

    /// <summary>The agent's own file on its volume. A write blocks the thread for as long as the flush takes, as the real one does.</summary>
    private sealed class DiskStore(Disk disk, SimulatedProcess process, Holds holds, Action<string> discards) : IVolumeStore
    {
        public VolumeState? Load() => disk.IsLost ? throw new IOException("input/output error") : disk.AgentState;

        public void Save(VolumeState state)
        {
            if (!disk.CanFlush) throw new IOException("no space left on device");
            if (disk.AgentState is { } before)
            {
                if (state.Promise > before.Promise) holds.Promised(disk.ClaimUid, state.Promise, process.Name);
                if (state.Volume != before.Volume) discards(before.Volume);
            }
            disk.AgentState = state;
            process.Stall(process.Chance.LongTailed(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(80)) + disk.Slowness);
        }

        public async Task ProbeAsync(CancellationToken cancellation)
        {
            await Task.Delay(process.Chance.Milliseconds(1, 10) + disk.Slowness, process.Time, cancellation);
            if (!disk.CanFlush) throw new IOException("no space left on device");
        }
    }
}
