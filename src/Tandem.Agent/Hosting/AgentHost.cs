using Microsoft.Extensions.Logging;
using Tandem.Agent.Configuration;
using Tandem.Agent.Fencing;
using Tandem.Agent.Jobs;
using Tandem.Agent.Links;
using Tandem.Agent.Loop;
using Tandem.Agent.Record;
using Tandem.Agent.Services;
using Tandem.Agent.Sight;
using Tandem.Agent.State;
using Tandem.Arbiter;
using Tandem.Kubernetes.Client;
using Tandem.Postgres;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Agent.Hosting;

/// <summary>What an agent touches the world with. A simulation has others of each.</summary>
/// <param name="Time">Its timestamps run on through a suspend of the machine.</param>
/// <param name="Thread">Everything that decides or acts runs there, one thing after another.</param>
public sealed record AgentPorts(
    IKubernetesClient Kubernetes,
    IPostgresServer Server,
    IAgentLink Links,
    IVolumeStore Volume,
    IMountedSecrets Secrets,
    IArbiterFactory Arbiters,
    TimeProvider Time,
    Random Random,
    SynchronizationContext Thread,
    ILogger Logger);

/// <summary>An agent put together: which part knows which. Runs in a pod, and in a simulation.</summary>
public sealed class AgentHost
{
    private readonly ClusterSight _sight;
    private readonly InstanceLoop _loop;

    /// <param name="format">The highest format of the record that this agent knows.</param>
    public AgentHost(InstanceIdentity identity, PodPaths paths, AgentPorts ports, string version, int format = PrimaryRecord.CurrentFormat)
    {
        var (client, server, links, store, secrets, arbiters, time, random, thread, logger) = ports;
        var volume = store.Load() ?? New(store, random);
        Log.Starting(logger, version, identity.Instance, volume.Volume, volume.Promise);
        Guard = new Guard(server.KillNow, time, logger);
        var records = new RecordKeeper(client, identity.Cluster, identity.Namespace, time, random, logger, format);
        records.Recall(volume.Record);
        var memory = new InstanceMemory(store, volume, new Incarnation(identity.Instance, volume.Volume, identity.ClaimUid));
        _sight = new ClusterSight(identity, client, records, time, random, logger);
        var context = new JobContext(identity, paths, records, client, server, links, memory, Guard, secrets, new ArbiterKeeper(arbiters, secrets, Guard, identity, time, random, logger), new SelectorKeeper(client, identity.Cluster, identity.Namespace, logger),
            () => throw new InvalidOperationException("the loop has not looked yet"), time, random, logger);
        _loop = new InstanceLoop(context, _sight, store, thread, new Signal(time), version, logger);
    }

    /// <summary>Must be looked at, whatever else happens here.</summary>
    public Guard Guard { get; }

    public ILinkService Links => _loop;

    /// <summary>SIGTERM: the pod is to end.</summary>
    public void RequestShutdown() => _loop.RequestShutdown();

    /// <returns>The process's exit code, when the agent is done.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var seeing = _sight.RunAsync(ended.Token);
        var code = await _loop.RunAsync(ended.Token);
        ended.Cancel(); // not CancelAsync: that goes to another thread
        try
        {
            await seeing;
        }
        catch (OperationCanceledException)
        {
            // It ends with the loop.
        }
        return code;
    }

    private static VolumeState New(IVolumeStore store, Random random)
    {
        var state = new VolumeState { Volume = random.NextHex(32), Marker = VolumeMarker.Cloning };
        store.Save(state);
        return state;
    }
}
