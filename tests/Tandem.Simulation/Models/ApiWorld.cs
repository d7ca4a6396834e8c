using System.Globalization;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Simulation.Api;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Network;
using Xunit;

namespace Tandem.Simulation.Models;

/// <summary>One API server and processes that call it: as small a world as the model of it can be tried in.</summary>
internal sealed class ApiWorld
{
    public const string Namespace = "db";

    private readonly ulong _seed;
    private readonly Trace _trace;

    public ApiWorld(ulong seed = 1)
    {
        _seed = seed;
        Events = new Events();
        Wires = new Wires(Events, Chance.Of(seed, "wires"), (_, _) => false);
        _trace = new Trace(Events, null);
        Server = new ApiServer("api", Events, Wires, Clock(), Chance.Of(seed, "api"));
    }

    public Events Events { get; }
    public Wires Wires { get; }
    public ApiServer Server { get; }

    public MachineClock Clock() => new(Events, 0, TimeSpan.Zero, TimeSpan.Zero);

    public SimulatedProcess Process(string name) => new(name, Events, Clock(), Chance.Of(_seed, name), _trace);

    public SimulatedKubernetesClient Client(string name, KubernetesClientOptions? options = null) => Client(Process(name), options);

    public SimulatedKubernetesClient Client(SimulatedProcess process, KubernetesClientOptions? options = null) => new(process, process.Name, Server, options);

    /// <summary>Runs the world for so long.</summary>
    public void Run(double seconds)
    {
        var end = Events.Now + TimeSpan.FromSeconds(seconds);
        while (Events.Step(end))
        {
        }
    }

    /// <summary>Begins it in the process; it goes on when the world runs.</summary>
    public static Task<R> Begin<R>(SimulatedProcess process, Func<Task<R>> work)
    {
        var done = new TaskCompletionSource<R>();
        process.Run(async () =>
        {
            try
            {
                done.SetResult(await work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Runs the world until it is done.</summary>
    public R Do<R>(SimulatedProcess process, Func<Task<R>> work, double withinSeconds = 60)
    {
        var task = Begin(process, work);
        var end = Events.Now + TimeSpan.FromSeconds(withinSeconds);
        while (!task.IsCompleted && Events.Step(end))
        {
        }
        Assert.True(task.IsCompleted, string.Create(CultureInfo.InvariantCulture, $"not done after {withinSeconds} s"));
        return Result(task);
    }

    /// <summary>Of what is done: nothing waits here.</summary>
    public static R Result<R>(Task<R> task)
    {
        Assert.True(task.IsCompleted);
        return task.GetAwaiter().GetResult();
    }

    public static V1Lease Lease(string name, string holder = "a") => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Namespace = Namespace, Labels = new() { ["app"] = "x" }, Annotations = new() { ["tandem.dev/record"] = new string('r', 800) } },
        Spec = new V1LeaseSpec { HolderIdentity = holder },
    };

    public static V1Lease With(V1Lease lease, string holder)
    {
        var changed = Copies.Of(lease);
        changed.Spec!.HolderIdentity = holder;
        return changed;
    }
}
