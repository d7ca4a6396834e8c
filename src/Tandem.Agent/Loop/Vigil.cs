using Microsoft.Extensions.Logging;
using Tandem.Agent.Fencing;
using Tandem.Agent.Jobs;
using Tandem.Agent.Record;
using Tandem.Agent.State;
using Tandem.Kubernetes.Client;
using Tandem.Postgres;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>
/// What goes on beside the one action: the holder's renewals, refutations and write probes, the members' suspicion, the selectors. Each runs by itself, at most once
/// at a time, and none of them waits for the server's slow steps.
/// </summary>
public sealed class Vigil(JobContext context, IVolumeStore store, Sight.PeerSight peers, Signal wake, ILogger logger)
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan VolumeProbeInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SelectorInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PendingInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DatabaseInterval = TimeSpan.FromSeconds(5);
    private const int ProbeTries = 3;

    private readonly Dictionary<string, (Task Task, TimeSpan StartedAt)> _duties = [];
    private (string Nonce, TimeSpan At, Epoch Epoch)? _mySuspicion;
    private TimeSpan _heldOffUntil;
    private int _fruitless;
    private int _volumeFailures;
    private string? _lastVerdict;
    private string? _labels;
    private (Epoch Epoch, PairEpoch? PairEpoch)? _held;

    /// <summary>The volume has refused a durable write several times in a row (requirement C5).</summary>
    public bool StorageFailed => _volumeFailures >= ProbeTries;

    /// <param name="doing">The action under way, else the one decided on.</param>
    public void Turn(InstanceObservation o, InstanceAction doing, CancellationToken cancellation)
    {
        if (o.Record is { } record)
        {
            if (o.IsHolder) Hold(o, record, doing, cancellation);
            else Watch(o, record, cancellation);
        }
        Start("volume", VolumeProbeInterval, () => ProbeVolumeAsync(cancellation));
        if (o.Status is not null) Start("pending", PendingInterval, () => AskPendingAsync(cancellation));
        if (o.RunsReadWrite && o.Status is { InRecovery: false }) Start("probe", ProbeInterval, () => ProbeServerAsync(cancellation));
    }

    private void Hold(InstanceObservation o, PrimaryRecord record, InstanceAction doing, CancellationToken cancellation)
    {
        if (_held != (record.Epoch, record.PairEpoch))
        {
            // The swap that made this instance the holder was a renewal: another one now would only make the swap wait that is to begin the reign.
            // A server that runs already is under the guard, which counts from its own last one: to put that off could end it.
            _held = (record.Epoch, record.PairEpoch);
            if (!o.RunsReadWrite) _duties["renew"] = (Task.CompletedTask, o.Now);
        }
        var writes = context.Memory.LastDurableWrite is { } last && o.Now - last < o.Settings.DetectionTimeout;
        // Until its first write it is on its way up, for as long as a restart in place may take: the guard must not end a recovery that goes on.
        var rising = o.RunsReadWrite && !o.IsAdmitted && o.Grant is { } grant && o.Now - grant.SentAt < o.Settings.RestartTimeout;
        var lives = o.RunsReadWrite ? writes || rising : record.RunMode == RunMode.Standby ? ReportBuilder.LivesAsMainStandby(o, doing) : o.RunsStandby && o.Status is not null && !StorageFailed;
        if (lives && record.Suspect is not null) Start("refute", TimeSpan.Zero, () => RenewAsync(o, "refute", cancellation));
        else if (lives) Start("renew", record.LeaseDuration / 3, () => RenewAsync(o, "renew", cancellation));
        if (o.RunsReadWrite && !o.Reading.Reachable) Start("vouch", TimeSpan.FromMilliseconds(500), () => VouchAsync(o, record, cancellation));
        if (KeepsArbiter(o, record)) Start("arbiter", record.Arbiter!.Duration / 6, () => context.Arbiter.HoldAsync(record.Arbiter, record.PairEpoch!.Value, o.Pair, cancellation));
        if (o.IsAdmitted && o.Status is { InRecovery: false }) Start("database", DatabaseInterval, () => EnsureDatabaseAsync(record.Epoch, cancellation));
        if (o.IsAdmitted && record.State is RecordState.Stable) Start("selectors", SelectorInterval, () => SelectAsync(Names.ReadWriteService(o.Settings.Cluster), context.Identity.Instance, record, cancellation));
        else if (record.RunMode == RunMode.Standby) Start("selectors", SelectorInterval, () => SelectAsync(Names.ReadWriteService(o.Settings.Cluster), Names.NoInstance, record, cancellation));
        if (o.Settings.Pair is not null && o.Process.Running) Start("dr-selector", SelectorInterval, () => SelectAsync(Names.ReplicationService(o.Settings.Cluster), context.Identity.Instance, record, cancellation));
    }

    /// <summary>The primary's agent; and while a handover is open, the demoted site's main standby, so that nobody fails over beside the token [S9].</summary>
    private static bool KeepsArbiter(InstanceObservation o, PrimaryRecord record) =>
        record is { Arbiter: not null, PairEpoch: not null } && (record.RunMode == RunMode.Primary ? o.RunsReadWrite : o.Pair is { IsDemoting: true } pair && pair.PairEpoch == record.PairEpoch);

    /// <summary>A swap per renewal: only the holder makes it, so nobody else's clock is ever trusted.</summary>
    private async Task RenewAsync(InstanceObservation o, string purpose, CancellationToken cancellation)
    {
        var record = o.Record!;
        // Of whatever stands there it says nothing new: no contact that was lost in between is a reason not to.
        var outcome = await context.Records.SwapAsync(purpose, TimeSpan.MaxValue, live => live.SameReign(record) is { State: RecordState.Stable } same
            ? same with { RenewTime = context.Time.GetUtcNow(), Lsn = o.Status?.Flushed ?? same.Lsn, Suspect = null, LeaseDuration = o.Settings.LeaseDuration }
            : null, cancellation);
        if (outcome is RecordSwap.Applied applied && context.Server.Process is { Running: true, Mode: ServerMode.ReadWrite })
            context.Guard.Extend(record.Epoch, applied.SentAt + record.LeaseDuration * 2 / 3);
    }

    /// <summary>Once in a reign, and whenever the Secret has another password.</summary>
    private async Task EnsureDatabaseAsync(Epoch epoch, CancellationToken cancellation)
    {
        try
        {
            await AdmissionJobs.EnsureDatabaseAsync(context, epoch, cancellation);
        }
        catch (PostgresException exception)
        {
            Log.DatabaseNotEnsured(logger, exception.Message);
        }
    }

    private async Task VouchAsync(InstanceObservation o, PrimaryRecord record, CancellationToken cancellation)
    {
        var sentAt = context.Time.BootTime();
        if (await Vouching.AskAsync(o, context.Records.MaybeMembers, context.Links, cancellation)) context.Guard.Extend(record.Epoch, sentAt + record.LeaseDuration * 2 / 3);
        await ReadAsync(cancellation);
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        try
        {
            await context.Records.ReadAsync(cancellation);
        }
        catch (KubernetesUnreachableException)
        {
            // Noted by the keeper.
        }
    }

    private async Task SelectAsync(string service, string instance, PrimaryRecord record, CancellationToken cancellation)
    {
        try
        {
            await context.Selectors.SelectAsync(service, instance, record.Epoch, cancellation);
        }
        catch (Exception exception) when (exception is KubernetesException or KubernetesUnreachableException)
        {
            Log.LinkFailed(logger, service, exception.Message);
        }
    }

    // ---- members ----

    private void Watch(InstanceObservation o, PrimaryRecord record, CancellationToken cancellation)
    {
        if (record.State is not RecordState.Stable || record.Holder is not { } holder) return;
        var holderPeer = o.Peers.FirstOrDefault(p => p.Instance == holder.Instance);
        var verdict = SuspicionRules.Judge(new SuspicionView(
            record, o.Me, o.SinceLiveBeat,
            HolderSaysFailed: peers.FailedHolder is { } failed && failed.Epoch == record.Epoch.Value && failed.Incarnation == holder.ToString(),
            // What the API showed is believed only as long as it can be asked: a stale cache proves nothing about a pod.
            // Where another life of its volume answers under its name, the one that holds has ended with its pod.
            HolderPodGone: o.Reading.Reachable && (holderPeer is null ? o.Peers.Count > 0 : holderPeer.PodGone == true || (holderPeer.Reachable && holderPeer.Incarnation is { } answers && answers != holder)) && o.SinceLiveBeat > TimeSpan.FromMilliseconds(100),
            Others: o.Peers.Where(p => p.Reachable && p.Incarnation is { } peer && peer != holder).ToDictionary(p => p.Incarnation!.Value, p => p.View!.BeatEpoch == record.Epoch.Value && p.View.SinceLiveBeatMilliseconds is { } age ? TimeSpan.FromMilliseconds(age) + p.ViewAge : (TimeSpan?)null),
            SinceMySuspicion: _mySuspicion is { } mine ? o.Now - mine.At : null,
            _mySuspicion?.Nonce,
            HeldOff: o.Now < _heldOffUntil,
            o.Settings.DetectionTimeout));
        Say(verdict);
        // The record known here is never older than the swap that wrote the suspicion: where it stands no more, it was refuted, or is of a reign that is over.
        if (_mySuspicion is { } old && (old.Epoch != record.Epoch || record.Suspect?.Nonce != old.Nonce)) Withdraw(o, old.Epoch == record.Epoch);
        // Nobody is voted out by a record that may have been taken back: what the others have obeyed since is heard first.
        if (Rulings.RecordUnconfirmed(o) is not null) return;
        switch (verdict)
        {
            case SuspicionVerdict.Suspect:
                Start("suspect", TimeSpan.FromMilliseconds(200), () => SuspectAsync(o, record, cancellation));
                break;
            case SuspicionVerdict.Vacate vacate when o.Volume.Marker == VolumeMarker.None:
                Start("vacate", TimeSpan.FromMilliseconds(100), async () =>
                {
                    await RecordJobs.VacateAsync(context, new InstanceAction.Vacate(record.Epoch, vacate.Reason, vacate.Message), o, cancellation);
                    wake.Set();
                });
                break;
            default:
                break;
        }
    }

    private async Task SuspectAsync(InstanceObservation o, PrimaryRecord record, CancellationToken cancellation)
    {
        var nonce = context.Random.NextHex(16);
        var outcome = await context.Records.SwapAsync("suspect", o.Now, live => live.SameReign(record) is { State: RecordState.Stable, Suspect: null } same ? same with { Suspect = new Suspicion(nonce, o.Me) } : null, cancellation);
        if (outcome is RecordSwap.Applied) _mySuspicion = (nonce, context.Time.BootTime(), record.Epoch);
        else if (outcome is RecordSwap.Moot { Record: { Suspect: { } theirs } } && _mySuspicion is null) _mySuspicion = (theirs.Nonce, context.Time.BootTime(), record.Epoch); // somebody else's serves as well
        wake.Set();
    }

    /// <summary>Refuted: the next one waits twice as long. Overtaken by a new reign: forgotten.</summary>
    private void Withdraw(InstanceObservation o, bool refuted)
    {
        _mySuspicion = null;
        _fruitless = refuted ? _fruitless + 1 : 0;
        if (refuted) _heldOffUntil = o.Now + TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, _fruitless - 1)));
    }

    private void Say(SuspicionVerdict verdict)
    {
        if (verdict.Reason == _lastVerdict) return;
        _lastVerdict = verdict.Reason;
        if (verdict is not SuspicionVerdict.None { Reason: "HolderLives" or "NoHolderToSuspect" }) Log.Suspecting(logger, verdict.Reason, verdict.Message);
    }

    // ---- probes ----

    private async Task ProbeServerAsync(CancellationToken cancellation)
    {
        var startedAt = context.Time.BootTime();
        try
        {
            await context.Server.ProbeWriteAsync(cancellation);
            context.Memory.LastDurableWrite = startedAt;
        }
        catch (PostgresException)
        {
            // Its age is what tells.
        }
    }

    /// <summary>What was written and waits for a restart, for the operator to roll on.</summary>
    private async Task AskPendingAsync(CancellationToken cancellation)
    {
        try
        {
            context.Memory.PendingRestart = await context.Server.PendingRestartAsync(cancellation);
        }
        catch (PostgresException)
        {
            // Asked again.
        }
    }

    private async Task ProbeVolumeAsync(CancellationToken cancellation)
    {
        try
        {
            await store.ProbeAsync(cancellation);
            _volumeFailures = 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _volumeFailures++;
            Log.StorageFailed(logger, exception.Message);
        }
    }

    /// <summary>Labels of the own pod, written where they differ from the last that were written.</summary>
    public void Label(string role, bool readable, CancellationToken cancellation)
    {
        var labels = $"{role}/{readable}";
        if (labels == _labels) return;
        Start("labels", TimeSpan.FromMilliseconds(500), async () =>
        {
            var patch = MetadataPatch.Of("labels", (Names.RoleLabel, role), (Names.ReadableLabel, readable ? "true" : "false"));
            if (await context.Kubernetes.PatchAsync<Tandem.Kubernetes.Models.V1Pod>(context.Identity.Instance, context.Identity.Namespace, patch, cancellation) is SwapResult<Tandem.Kubernetes.Models.V1Pod>.Applied) _labels = labels;
        });
    }

    /// <summary>Starts a duty unless it is still under way, or was started less than <paramref name="interval"/> ago.</summary>
    private void Start(string duty, TimeSpan interval, Func<Task> run)
    {
        var now = context.Time.BootTime();
        if (_duties.TryGetValue(duty, out var last) && (!last.Task.IsCompleted || now - last.StartedAt < interval)) return;
        _duties[duty] = (GuardedAsync(run), now);
    }

    private async Task GuardedAsync(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
        catch (Exception exception)
        {
            Log.LoopFailed(logger, exception, exception.Message);
        }
    }
}
