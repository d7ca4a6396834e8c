using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Simulation.Api;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Machines;

/// <summary>
/// Runs the pods of one machine. It sees the API over the network, and may be cut off: then what runs goes on, and what it has to tell waits. It is a process of its
/// machine: paused with it, gone with its power, and a new one after a boot.
/// </summary>
public sealed class Kubelet
{
    private readonly Site _site;
    private readonly Chance _chance;
    private readonly Trace _trace;
    private readonly List<PodRun> _runs = [];
    private SimulatedProcess _process;
    private bool _isPushPlanned;
    private long _asked, _seen;

    internal Kubelet(Site site, Machine machine, Chance chance, Trace trace)
    {
        (_site, Machine, _chance, _trace) = (site, machine, chance, trace);
        _process = NewProcess();
        machine.Lost += PowerIsLost;
        machine.Booted += Boot;
        site.Api.Changed += write =>
        {
            if ((write.New ?? write.Old) is V1Pod pod && pod.Spec?.NodeName == machine.Name && write.Writer != Name) Push();
        };
        site.Api.Restored += Push;
        Begin(TimeSpan.Zero);
    }

    public Machine Machine { get; }
    public string Name => $"{Machine.Name}-kubelet";

    /// <summary>The pods that it has, whatever their state, in the order in which they came.</summary>
    public IReadOnlyList<PodRun> Pods => _runs;

    internal KubeletOptions Options => _site.KubeletOptions;
    internal Chance Chance => _chance;
    internal DateTimeOffset Now => Machine.Clock.Wall;
    internal Site Site => _site;

    // ---- what the parts of it use ----

    /// <summary>Later, as a timer of this process: not while it is paused, never when it is dead.</summary>
    internal IDisposable After(TimeSpan delay, Action action) => _process.Time.CreateTimer(_ => action(), null, delay, Timeout.InfiniteTimeSpan);

    internal void Run(Action action) => _process.Run(action);

    /// <returns>What lets it go on.</returns>
    public Action Pause()
    {
        var process = _process;
        process.Pause();
        return process.Resume;
    }

    internal void Trace(string what) => _trace.Write(Name, what);

    /// <summary>Tells the API. Whether it came is seen from what the API shows later.</summary>
    internal void Report(PodRun run)
    {
        var (status, number) = (run.Status(), run.NextReport());
        ToApi(() =>
        {
            // Of two reports the later one holds, whichever comes last.
            if (!run.Supersedes(number)) return;
            _site.Api.Edit<V1Pod>(run.Pod.Metadata.Namespace, run.Pod.Metadata.Name!, p => p.Status = status, Name, run.Uid);
        });
    }

    /// <summary>The pod has ended here: the API may forget it.</summary>
    internal void ConfirmEnd(V1Pod pod) =>
        ToApi(() => _site.Api.Delete<V1Pod>(pod.Metadata.Namespace, pod.Metadata.Name!, new DeleteOptions(Uid: pod.Metadata.Uid, GracePeriodSeconds: 0), Name));

    internal void Forget(PodRun run) => _runs.Remove(run);

    // ---- seeing the API ----

    private void ToApi(Action act) => _site.Wires.Send(Machine.Name, _site.Api.Place, () =>
    {
        if (_site.Api.IsUp) act();
    });

    private void Look()
    {
        After(Options.Period, Look);
        ToApi(() =>
        {
            _site.Nodes.Heard(Machine);
            Answer();
        });
    }

    /// <summary>Something changed: a moment later it is told, as by its watch.</summary>
    private void Push()
    {
        if (_isPushPlanned) return;
        _isPushPlanned = true;
        _site.Events.After(_chance.Milliseconds(1, 30), () =>
        {
            _isPushPlanned = false;
            if (_site.Api.IsUp) Answer();
        });
    }

    private void Answer()
    {
        var pods = _site.Api.All<V1Pod>().Where(p => p.Spec?.NodeName == Machine.Name).ToList();
        var number = ++_asked;
        var process = _process;
        _site.Wires.Send(_site.Api.Place, Machine.Name, () => process.Run(() => See(pods, number)));
    }

    private void See(List<V1Pod> pods, long number)
    {
        if (number <= _seen) return;
        _seen = number;
        foreach (var pod in pods)
        {
            if (_runs.Find(r => r.Uid == pod.Metadata.Uid) is { } run) run.Update(pod);
            else if (pod.Metadata.DeletionTimestamp is not null) ConfirmEnd(pod); // nothing of it runs here
            else if (pod.Status?.Phase is not ("Failed" or "Succeeded")) Take(pod);
        }
        foreach (var run in _runs.Where(r => !pods.Exists(p => p.Metadata.Uid == r.Uid)).ToList()) run.Orphan();
    }

    private void Take(V1Pod pod)
    {
        var run = new PodRun(this, pod);
        _runs.Add(run);
        run.Begin();
    }

    // ---- its machine ----

    private void Begin(TimeSpan after) => After(after, Look);

    private void PowerIsLost()
    {
        var runs = _runs.ToList();
        _runs.Clear();
        foreach (var run in runs) run.PowerIsLost();
    }

    private void Boot()
    {
        _process = NewProcess();
        Begin(_chance.Between(Options.Boot.Least, Options.Boot.Most));
    }

    private SimulatedProcess NewProcess()
    {
        var process = new SimulatedProcess(Name, _site.Events, Machine.Clock, _chance, _trace);
        Machine.Add(process);
        return process;
    }
}
