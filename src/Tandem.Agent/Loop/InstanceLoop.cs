using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Tandem.Agent.Fencing;
using Tandem.Agent.Jobs;
using Tandem.Agent.Links;
using Tandem.Agent.Sight;
using Tandem.Agent.State;
using Tandem.Kubernetes.Client;
using Tandem.Postgres;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>
/// The agent: observe, decide, act, report, for as long as the pod lives. The first file to read; what is decided is <see cref="InstanceTable"/>, what goes on
/// beside is <see cref="Vigil"/>, what is done are the jobs.
/// </summary>
public sealed class InstanceLoop : ILinkService
{
    /// <summary>Changes wake the loop; between them it looks at what does not tell of itself.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan UrgentTick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(1);

    /// <summary>Before the founding, and where the record was deleted: a pair may be long in coming, and a database that waits for it must not wear the API server out.</summary>
    private static readonly TimeSpan AbsentReadInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>A turn that begins later after the one before comes after a pause of the process, or of its machine: nobody was heard for so long, and what was heard before is old. Half a second of it counts: it may be a turn that took long.</summary>
    private static readonly TimeSpan SlowTurn = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AliveWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BeatInterval = TimeSpan.FromMilliseconds(500);

    private readonly JobContext _context;
    private readonly ClusterSight _sight;
    private readonly PeerSight _peers;
    private readonly InstanceObserver _observer;
    private readonly Vigil _vigil;
    private readonly JobSlot _slot;
    private readonly HoldBook _holds;
    private readonly SynchronizationContext _thread;
    private readonly Signal _wake;
    private readonly ILogger _logger;
    private readonly string _version;
    private volatile AgentSnapshot _snapshot;
    private long _seenAt;
    private volatile InstanceObservation? _latest;
    private long _turnedAt;
    private TimeSpan? _begunAt;
    private TimeSpan? _shutdownAt;
    private Task? _reading;
    private int _serverVersion;
    private InstanceAction _decided = new InstanceAction.Wait("Starting", "the agent starts");

    public InstanceLoop(JobContext context, ClusterSight sight, IVolumeStore store, SynchronizationContext thread, Signal wake, string version, ILogger logger)
    {
        (_context, _sight, _thread, _wake, _version, _logger) = (context with { Latest = () => _latest! }, sight, thread, wake, version, logger);
        _holds = new HoldBook(context.Memory, context.Time);
        _peers = new PeerSight(context.Identity, context.Links, context.Time, wake.Set);
        _observer = new InstanceObserver(context.Records, sight, _peers, context.Server, context.Memory, _holds, context.Time);
        _vigil = new Vigil(_context, store, _peers, wake, logger);
        _slot = new JobSlot(wake, context.Time, logger);
        Interlocked.Exchange(ref _seenAt, context.Time.GetTimestamp());
        _snapshot = ReportBuilder.WithoutServer(context, version, "starting", "Starting", "the agent starts");
        context.Records.Changed += wake.Set;
        context.Server.Exited += wake.Set;
        sight.Changed += wake.Set;
        Interlocked.Exchange(ref _turnedAt, context.Time.GetTimestamp());
    }

    public AgentSnapshot Snapshot => _snapshot;

    public AgentReport Report => _snapshot.Report with { SeenAgoMilliseconds = (long)_context.Time.GetElapsedTime(Interlocked.Read(ref _seenAt)).TotalMilliseconds };

    public bool Alive => _context.Time.GetElapsedTime(Interlocked.Read(ref _turnedAt)) < AliveWithin;

    public async IAsyncEnumerable<Beat?> BeatsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            yield return _snapshot.Beat;
            await Task.Delay(BeatInterval, _context.Time, cancellation);
        }
    }

    /// <summary>SIGTERM: the pod is to end.</summary>
    public void RequestShutdown()
    {
        _shutdownAt ??= _context.Time.BootTime();
        _wake.Set();
    }

    public Task<bool> AttachAsync(AttachRequest request, CancellationToken cancellation) => _thread.CallAsync(() => MakeRoomAsync(request, cancellation));

    public Task<HoldAnswer> HoldAsync(HoldRequest request) => _thread.CallAsync(() => Task.FromResult(_holds.Give(request)));

    /// <returns>The process's exit code.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested && !_context.Memory.ExitRequested)
        {
            var urgent = false;
            try
            {
                if (_sight.Settings is { } settings) urgent = await TurnAsync(settings, cancellation);
                else if (_shutdownAt is not null) return 0;
                else Publish(_snapshot); // it starts still
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                Log.LoopFailed(_logger, exception, exception.Message);
            }
            Interlocked.Exchange(ref _turnedAt, _context.Time.GetTimestamp());
            await _wake.WaitAsync(urgent ? UrgentTick : Tick, cancellation);
        }
        return 0;
    }

    private async Task<bool> TurnAsync(AgentSettings settings, CancellationToken cancellation)
    {
        var begun = _context.Time.BootTime();
        if (begun - _begunAt is { } gap && gap > SlowTurn) _context.Records.WasPausedUntil(begun - SlowTurn / 2);
        _begunAt = begun;
        ReadRecord(cancellation);
        var record = _context.Records.Latest.Record;
        var urgent = record is { State: not RecordState.Stable } || _latest is { } before && (before.SinceLiveBeat > TimeSpan.FromSeconds(1) || before.InTouchFor < TimeSpan.FromSeconds(1) || (before.IsHolder && !before.IsAdmitted && record?.RunMode == RunMode.Primary)) || _shutdownAt is not null;
        _peers.Turn(_sight.Pods, _sight.PodsKnown, record?.Holder?.Instance, urgent, settings.DetectionTimeout, cancellation);
        if (!await EngineIsThereAsync(cancellation)) return false;

        var now = _context.Time.BootTime();
        var o = await _observer.ObserveAsync(settings, _vigil.StorageFailed, now - _shutdownAt, _serverVersion, _context, cancellation);
        if (_observer.CrashSeen) NoteCrash(o);
        NoteRecord(o);
        _latest = o;
        _decided = InstanceTable.Decide(o);
        if (_decided is InstanceAction.Wait { Reason: RecordSight.MembersUnheardReason }) _sight.LookForPods(cancellation);
        _context.Memory.GivesUp = o.IsHolder && (o.StorageFailed || o.ShutdownRequested && !o.RunsReadWrite || _decided is InstanceAction.Vacate);

        await _slot.OfferAsync(_decided, (action, token) => InstanceActuator.RunAsync(_context, action, o, token), cancellation);
        _vigil.Turn(o, _slot.Running ?? _decided, cancellation);
        Tell(o, cancellation);
        return urgent;
    }

    private void Publish(AgentSnapshot snapshot)
    {
        Interlocked.Exchange(ref _seenAt, _context.Time.GetTimestamp());
        _snapshot = snapshot;
    }

    private void Tell(InstanceObservation o, CancellationToken cancellation)
    {
        Publish(ReportBuilder.Build(o, _decided, _slot.Running, _slot.LastFailure, _context, _serverVersion, _version));
        var role = _snapshot.Report.Role switch { "Primary" => "primary", "MainStandby" => "main-standby", "Standby" => "standby", "Cascade" => "cascade", _ => "none" };
        _vigil.Label(role, ReportBuilder.Readable(o), cancellation);
    }

    /// <summary>A watch tells of changes; a read of one's own tells that there were none, and whether the API server answers at all.</summary>
    private void ReadRecord(CancellationToken cancellation)
    {
        if (_reading is { IsCompleted: false }) return;
        var latest = _context.Records.Latest;
        var behind = _latest is { RecordRegressed: false } && RecordSight.IsBehind(latest, _peers.Observe());
        if (!behind && latest.Exists is { } exists && latest.ReadAt is { } at && _context.Time.BootTime() - at < (exists ? ReadInterval : AbsentReadInterval)) return;
        _reading = ReadQuietlyAsync(cancellation);
    }

    private async Task ReadQuietlyAsync(CancellationToken cancellation)
    {
        try
        {
            await _context.Records.ReadAsync(cancellation);
        }
        catch (Exception exception) when (exception is KubernetesUnreachableException or OperationCanceledException)
        {
            // Noted by the keeper; the next turn asks again, after its tick.
            if (!cancellation.IsCancellationRequested) await Task.Delay(UrgentTick * 5, _context.Time, cancellation);
        }
    }

    /// <summary>An image without the server's programs, or with those of another version than the data's, is a thing to say, not to crash on.</summary>
    private async Task<bool> EngineIsThereAsync(CancellationToken cancellation)
    {
        if (_serverVersion != 0) return true;
        try
        {
            _serverVersion = await _context.Server.GetVersionAsync(cancellation);
            return true;
        }
        catch (PostgresException exception)
        {
            if (_snapshot.Report.Reason != exception.Reason) Log.EngineMissing(_logger, exception.Message);
            Publish(ReportBuilder.WithoutServer(_context, _version, "held", exception.Reason, exception.Message));
            _context.Memory.ExitRequested |= _shutdownAt is not null;
            return false;
        }
    }

    /// <summary>
    /// On the volume before anything is done under it: what a rebuilt record is made of. With a promise it goes in the same write; and a volume that takes no write does not keep its agent
    /// from giving up what it holds.
    /// </summary>
    private void NoteRecord(InstanceObservation o)
    {
        if (RecordSight.ToNote(o) is not { } record || (o.Volume.Record is { } known && !known.IsOlderThan(record))) return;
        if (o.Volume.Record?.SystemIdentifier is { } mine && record.SystemIdentifier is { } theirs && mine != theirs && o.HasData && o.Volume.Marker == VolumeMarker.None) return;
        try
        {
            _context.Memory.Remember(state => state.Obeying(record));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.StorageFailed(_logger, exception.Message);
        }
    }

    private void NoteCrash(InstanceObservation o)
    {
        _context.Memory.Crashes = [.. _context.Memory.Crashes.Where(c => o.Now - c < o.Settings.RestartWindow), o.Now];
        _context.Memory.LastFailure = $"the server ended by itself (exit code {o.Process.ExitCode})";
        ServerJobs.AfterStop(_context);
        Log.ServerCrashed(_logger, o.Process.ExitCode, _context.Memory.Crashes.Count);
    }

    /// <summary>The slot is there, and its old walsender is gone, before a standby connects: so a standby counts once.</summary>
    private async Task<bool> MakeRoomAsync(AttachRequest request, CancellationToken cancellation)
    {
        if (!Incarnation.TryParse(request.Incarnation, out var incarnation) || _latest is not { Status: { } status }) return false;
        try
        {
            await _context.Server.EnsureSlotAsync(incarnation.ReplicationName, cancellation);
            var old = status.Senders.Where(s => s.ApplicationName == incarnation.ReplicationName).Select(s => s.Pid).ToList();
            if (old.Count > 0) await _context.Server.TerminateWalSendersAsync(old, cancellation);
            if (request.Rewinds) await _context.Server.CheckpointAsync(cancellation);
            return true;
        }
        catch (PostgresException)
        {
            return false;
        }
    }
}
