using Tandem.Kubernetes.Models;

namespace Tandem.Simulation.Machines;

/// <summary>One pod on one machine, from when its kubelet takes it until it lets go of it: one container after another, each with a new program.</summary>
public sealed class PodRun
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly Kubelet _kubelet;
    private readonly PodStatusWriter _status;
    private IDisposable? _planned;
    private IDisposable? _killing;
    private DateTimeOffset _startedAt;
    private int _failedReadiness, _failedLiveness, _crashes;
    private long _reports, _applied;
    private long? _grace;
    private bool _isEnding, _isOrphan, _isDone;

    internal PodRun(Kubelet kubelet, V1Pod pod)
    {
        (_kubelet, Pod) = (kubelet, pod);
        _status = new PodStatusWriter(pod, kubelet.Now);
    }

    /// <summary>As the kubelet last saw it.</summary>
    public V1Pod Pod { get; private set; }
    public string Uid => Pod.Metadata.Uid!;
    public Machine Machine => _kubelet.Machine;

    /// <summary>Null until the first container was started. A machine that was rebooted gives it another.</summary>
    public string? Address { get; private set; }
    public Disk? Disk { get; private set; }

    /// <summary>What runs now; null: nothing.</summary>
    public IPodProgram? Program { get; private set; }
    public bool IsReady { get; private set; }

    // ---- what the kubelet sees ----

    internal void Begin()
    {
        _kubelet.Report(this);
        _planned = _kubelet.After(_kubelet.Chance.Between(_kubelet.Options.Start.Least, _kubelet.Options.Start.Most), Start);
    }

    internal void Update(V1Pod pod)
    {
        Pod = pod;
        if (pod.Metadata.DeletionTimestamp is not null) End(pod.Metadata.DeletionGracePeriodSeconds ?? 0);
        if (_isDone) _kubelet.ConfirmEnd(Pod);
        else if (!_status.IsShownBy(pod)) _kubelet.Report(this);
    }

    /// <summary>The API does not know it any more: it was forced away, or its cluster is another one.</summary>
    internal void Orphan()
    {
        _isOrphan = true;
        if (_isDone) _kubelet.Forget(this);
        else End(Pod.Metadata.DeletionGracePeriodSeconds ?? Pod.Spec?.TerminationGracePeriodSeconds ?? 30);
    }

    internal void PowerIsLost()
    {
        var program = Release();
        program?.Kill();
        Unmount();
    }

    // ---- reports ----

    internal V1PodStatus Status() => _status.Build(Pod, IsReady, _kubelet.Site.AddressOf(Machine), Address, _kubelet.Now);

    internal long NextReport() => ++_reports;

    internal bool Supersedes(long number)
    {
        if (number <= _applied) return false;
        _applied = number;
        return true;
    }

    // ---- the container ----

    private void Start()
    {
        if (_isEnding) return;
        if (!TryMount() || !HasSecrets())
        {
            _planned = _kubelet.After(Retry, Start);
            return;
        }
        Address ??= _kubelet.Site.NewPodAddress();
        _startedAt = _kubelet.Now;
        (_failedReadiness, _failedLiveness) = (0, 0);
        _status.Started(_startedAt);
        var program = _kubelet.Site.NewProgram(new PodStart(Pod, Machine, Address, Disk));
        Program = program;
        program.Ended += Ended;
        _kubelet.Report(this);
        if (program.IsEnded) Ended();
        else _planned = _kubelet.After(_kubelet.Options.ProbePeriod, Probe);
    }

    private bool TryMount()
    {
        if (Volumes.ClaimName(Pod) is null) return true;
        var volumes = _kubelet.Site.Volumes;
        if (Disk is not null) return volumes.TryMount(Disk, Machine, Uid);
        if (volumes.ClaimOf(Pod) is not { } claim || volumes.Of(claim.Metadata.Uid!) is not { } disk || !volumes.TryMount(disk, Machine, Uid)) return false;
        Disk = disk;
        return true;
    }

    private void Unmount()
    {
        if (Disk is not null) _kubelet.Site.Volumes.Unmount(Disk, Machine, Uid);
    }

    /// <summary>A pod whose Secrets are not there waits for them; what they hold is for the program to look up.</summary>
    private bool HasSecrets() => Pod.Spec?.Volumes?.TrueForAll(v => v.Secret is not { SecretName: { } name, Optional: not true } || _kubelet.Site.Api.Find<V1Secret>(Pod.Metadata.Namespace, name) is not null) != false;

    private void Probe()
    {
        if (Program is not { } program) return;
        _planned = _kubelet.After(_kubelet.Options.ProbePeriod, Probe);
        _failedReadiness = program.IsReady ? 0 : _failedReadiness + 1;
        var ready = _failedReadiness == 0 || (IsReady && _failedReadiness < _kubelet.Options.ReadinessFailures);
        if (ready != IsReady)
        {
            IsReady = ready;
            _kubelet.Report(this);
        }
        _failedLiveness = program.IsAlive ? 0 : _failedLiveness + 1;
        if (_failedLiveness < _kubelet.Options.LivenessFailures) return;
        _kubelet.Trace($"{Pod.Metadata.Name} fails its liveness probe");
        program.Kill();
    }

    /// <summary>Raised by the program, wherever that runs.</summary>
    private void Ended()
    {
        if (Release() is not { } program) return;
        var code = program.ExitCode ?? 137;
        var endedAt = _kubelet.Now;
        _kubelet.Run(() => _planned = _kubelet.After(_kubelet.Chance.Between(_kubelet.Options.NoticesEnd.Least, _kubelet.Options.NoticesEnd.Most), () => Noticed(code, endedAt)));
    }

    private void Noticed(int code, DateTimeOffset endedAt)
    {
        _status.Ended(code, _startedAt, endedAt);
        IsReady = false;
        if (_isEnding)
        {
            Done();
            return;
        }
        _crashes = endedAt - _startedAt >= _kubelet.Options.ForgivenAfter ? 0 : _crashes + 1;
        _kubelet.Report(this);
        var wait = Backoff();
        _planned = _kubelet.After(wait / 2, () =>
        {
            if (wait > _kubelet.Options.Backoff) BackOff();
            _planned = _kubelet.After(wait / 2, Start);
        });
    }

    private void BackOff()
    {
        _status.BacksOff();
        _kubelet.Report(this);
    }

    private TimeSpan Backoff()
    {
        if (_crashes <= 1) return _kubelet.Chance.Milliseconds(100, 800);
        var wait = _kubelet.Options.Backoff * Math.Pow(2, Math.Min(_crashes - 1, 20));
        return wait < _kubelet.Options.LongestBackoff ? wait : _kubelet.Options.LongestBackoff;
    }

    private IPodProgram? Release()
    {
        if (Program is not { } program) return null;
        Program = null;
        program.Ended -= Ended;
        _planned?.Dispose();
        return program;
    }

    // ---- the end ----

    /// <param name="grace">Seconds; asked again, it may only become shorter.</param>
    private void End(long grace)
    {
        if (_isDone || (_isEnding && grace >= _grace)) return;
        var isFirst = !_isEnding;
        (_isEnding, _grace) = (true, grace);
        if (Program is not { } program)
        {
            // Nothing runs; but if what has ended is to be noticed yet, that is the end.
            if (_status.IsRunning) return;
            _planned?.Dispose();
            Done();
            return;
        }
        _killing?.Dispose();
        _killing = _kubelet.After(TimeSpan.FromSeconds(Math.Max(grace, 1)), () => Program?.Kill());
        if (isFirst) program.Terminate();
    }

    private void Done()
    {
        if (_isDone) return;
        _isDone = true;
        _killing?.Dispose();
        Unmount();
        if (_isOrphan)
        {
            _kubelet.Forget(this);
            return;
        }
        _kubelet.Report(this);
        _planned = _kubelet.After(_kubelet.Chance.Milliseconds(50, 300), () => _kubelet.ConfirmEnd(Pod));
    }
}
