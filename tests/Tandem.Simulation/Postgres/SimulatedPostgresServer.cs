using Tandem.Postgres;
using Tandem.Postgres.Configuration;
using Tandem.Resources.Values;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Machines;

namespace Tandem.Simulation.Postgres;

/// <summary>
/// What an agent drives: the data directory on its disk, and at most one server on it. Runs in the agent's own process, so a paused agent does nothing here either; the server goes on.
/// </summary>
public sealed class SimulatedPostgresServer(PostgresWorld world, string instance, Disk disk, Machine machine, SimulatedProcess agent) : IPostgresServer
{
    private static readonly TimeSpan InEffectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan InEffectLook = TimeSpan.FromMilliseconds(5);
    private readonly HashSet<string> _credentials = new(StringComparer.Ordinal);
    private ServerMode? _mode;
    private int? _exitCode;
    private bool _stopRequested;

    public event Action? Exited;

    /// <summary>The server that lives now; null: none.</summary>
    public Server? Live { get; private set; }

    private DataDirectory? Data => (DataDirectory?)disk.Data;

    public ServerProcess Process => new(Live is not null, Live is { IsOrphaned: false } ? 4711 : null, _mode, _exitCode, _stopRequested);

    /// <summary>A key file was made, or taken away.</summary>
    public void SetCredential(string path, bool stands)
    {
        if (stands) _credentials.Add(path);
        else _credentials.Remove(path);
    }

    // ---- processes ----

    public async Task StartAsync(ServerMode mode, CancellationToken cancellation)
    {
        if (!HasData) throw new PostgresException("NoData", "the data directory holds no cluster");
        await WaitAsync(2, 15, cancellation);
        RefuseWhileAlive();
        if (!disk.CanWrite) throw new IOException("no space left on device");
        var data = Data!;
        (_stopRequested, _mode) = (false, mode);
        data.StandbySignal = mode == ServerMode.Standby;
        data.HasBackupLabel = false;
        if (data.IsHalfRewound) data.IsCorrupt = true;
        var server = new Server(world, instance, data, disk, machine, mode, source => _credentials.Contains(source.Tls.Credential));
        Live = server;
        server.Exited += () =>
        {
            _exitCode = server.ExitCode;
            agent.Run(() => Exited?.Invoke());
        };
        server.Process.Ended += () =>
        {
            if (Live == server) Live = null;
            _exitCode = server.ExitCode;
            agent.Run(() => Exited?.Invoke());
        };
    }

    public async Task StopAsync(StopMode mode, TimeSpan deadline, CancellationToken cancellation)
    {
        _stopRequested = true;
        if (mode == StopMode.Fast)
        {
            Live?.FastShutdown();
            if (await GoneAsync(deadline, cancellation)) return;
            deadline = TimeSpan.FromSeconds(5);
        }
        if (mode != StopMode.Kill)
        {
            await WaitAsync(1, 8, cancellation);
            if (Live is { Process.IsPaused: false } server) server.KillAll(2);
            if (await GoneAsync(deadline, cancellation)) return;
        }
        do
        {
            Live?.KillAll(-9);
            cancellation.ThrowIfCancellationRequested();
        }
        while (!await GoneAsync(TimeSpan.FromMilliseconds(100), cancellation));
    }

    public void KillNow()
    {
        _stopRequested = true;
        Live?.KillAll(-9);
    }

    // ---- files ----

    public bool HasData => Data is { IsPartial: false };

    public Task<int> GetVersionAsync(CancellationToken cancellation) => Task.FromResult(150018);

    public async Task<ControlData> ReadControlDataAsync(CancellationToken cancellation)
    {
        await WaitAsync(0.5, 3, cancellation);
        var data = DataOrThrow();
        var control = data.Control;
        var state = control.Clean ? (data.StandbySignal ? "shut down in recovery" : "shut down") : data.StandbySignal ? "in archive recovery" : "in production";
        return new ControlData(new SystemIdentifier(control.SystemIdentifier), state, new TimelineId(control.Timeline), new Lsn(control.Checkpoint), new Lsn(control.Checkpoint), Lsn.Zero, new TimelineId(control.Timeline), true, true, 16 << 20, 1300, new Dictionary<string, int>()) { IsFreshCopy = data.HasBackupLabel };
    }

    public async Task<WalEnd> SealWalAsync(WalEnd? from, CancellationToken cancellation)
    {
        await WaitAsync(1, 12, cancellation);
        var data = DataOrThrow();
        if (disk.Slowness > TimeSpan.Zero) await Task.Delay(disk.Slowness, agent.Time, cancellation);
        if (!disk.CanFlush) throw new IOException("fsync failed");
        var end = data.Log.End;
        data.Written = data.Flushed = end;
        return new WalEnd(new TimelineId(data.Log.Timeline), new Lsn(end));
    }

    public async Task<IReadOnlyList<TimelineSwitch>> ReadTimelineHistoryAsync(TimelineId timeline, CancellationToken cancellation)
    {
        await WaitAsync(0.1, 1, cancellation);
        var data = DataOrThrow();
        return [.. LeftOf(data, timeline.Value).Select(l => new TimelineSwitch(l.Timeline, l.At))];
    }

    private static IReadOnlyList<(TimelineId Timeline, Lsn At)> LeftOf(DataDirectory data, uint timeline)
    {
        var way = data.Ancestry(timeline);
        return [.. way.SkipLast(1).Select((t, i) => (new TimelineId(t), new Lsn(data.History[way[i + 1]].SwitchPoint)))];
    }

    public async Task<KnownTimeline?> ReadNewestTimelineAsync(CancellationToken cancellation)
    {
        await WaitAsync(0.1, 1, cancellation);
        var data = DataOrThrow();
        return data.History.Count == 0 ? null : new KnownTimeline(new TimelineId(data.History.Keys.Last()), LeftOf(data, data.History.Keys.Last()));
    }

    public async Task ForgetTimelinesAsync(TimelineId reached, CancellationToken cancellation)
    {
        RefuseWhileAlive();
        await WaitAsync(0.1, 1, cancellation);
        var data = DataOrThrow();
        foreach (var newer in data.History.Keys.Where(t => t > reached.Value).ToList()) data.History.Remove(newer);
    }

    public async Task InitializeAsync(CancellationToken cancellation)
    {
        RefuseWhileAlive();
        if (!disk.CanWrite) throw new PostgresException("InitdbFailed", "no space left on device");
        var data = new DataDirectory((ulong)agent.Chance.NextInt64()) { IsPartial = true };
        disk.Data = data;
        await WaitAsync(100, 700, cancellation);
        if (!disk.CanFlush || disk.Data != data) throw new PostgresException("InitdbFailed", "no space left on device");
        var record = data.Log.Append(1, 112, new WalPayload.Checkpoint(Shutdown: true));
        data.Written = data.Flushed = data.Log.End;
        data.Control = data.Control with { Checkpoint = record.Start };
        data.IsPartial = false;
    }

    public async Task CloneAsync(ReplicationSource source, string? slot, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        RefuseWhileAlive();
        if (!disk.CanWrite) throw new PostgresException("CloneFailed", "no space left on device");
        var server = await ConnectAsync(source, "CloneFailed", cancellation);
        if (slot is not null && !server.Data.Slots.Contains(slot)) throw new PostgresException("CloneFailed", $"replication slot \"{slot}\" does not exist");
        var partial = new DataDirectory(server.Data.SystemIdentifier) { IsPartial = true };
        disk.Data = partial;
        await StepAsync(server, done => server.Checkpoint(done), "CloneFailed", cancellation);
        // What is copied is what there was at the begin; what was written meanwhile is streamed beside it.
        for (var part = 0; part < 4; part++)
        {
            await WaitAsync(40, 300, cancellation);
            await PingAsync(server, "CloneFailed", cancellation);
            progress.Report(new TransferProgress(part, 4));
        }
        if (!disk.CanFlush || disk.Data != partial) throw new PostgresException("CloneFailed", "no space left on device");
        var copy = server.Data.Copy(server.SendableEnd);
        copy.Control = copy.Control with { Timeline = Math.Min(copy.Control.Timeline, copy.Log.Timeline) };
        copy.IsCorrupt = server.Data.IsCorrupt;
        copy.HasBackupLabel = true;
        disk.Data = copy;
    }

    public async Task<bool> RewindAsync(ReplicationSource source, long salvageLimit, Lsn? latestFork, UnfinishedRewind? unfinished, Action<RewindStep, Lsn?> begins, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        RefuseWhileAlive();
        var mine = DataOrThrow();
        var recovered = !mine.Control.Clean;
        if (recovered)
        {
            begins(RewindStep.Recovering, null);
            await WaitAsync(40, 600, cancellation);
            if (!disk.CanFlush) throw new PostgresException("RewindFailed", "no space left on device");
            var record = mine.Log.Append(Math.Max(1, mine.Log.Timeline), 112, new WalPayload.Checkpoint(Shutdown: true));
            mine.Written = mine.Flushed = mine.Log.End;
            mine.Control = mine.Control with { Clean = true, Timeline = mine.Log.Timeline, Checkpoint = record.Start };
        }
        var server = await ConnectAsync(source, "RewindFailed", cancellation);
        var theirs = server.Data;
        if (theirs.SystemIdentifier != mine.SystemIdentifier) throw new PostgresException("RewindNotPossible", "source and target clusters are from different systems");
        // It goes by the control files: on one timeline, and where the other goes on from here, there is nothing to be done.
        var fork = theirs.Control.Timeline == mine.Control.Timeline
            ? mine.Log.End
            : ForkByNumbers(mine, theirs) ?? throw new PostgresException("RewindNotPossible", "could not find common ancestor of the source and target cluster's timelines");
        if (fork >= mine.Log.End)
        {
            if (recovered || unfinished is not null) throw new PostgresException("RewindNotPossible", "no rewind required");
            return false;
        }
        if (fork > latestFork?.Value) throw new PostgresException("RewindNotPossible", "by the numbers of their timelines the two part later than they do");
        if (unfinished is not null && (unfinished.Fork is not { } earlier || fork > earlier.Value)) throw new PostgresException("RewindNotPossible", "an earlier rewind was not finished");
        await WaitAsync(20, 200, cancellation);
        await PingAsync(server, "RewindFailed", cancellation);
        begins(RewindStep.Overwriting, new Lsn(fork));
        // What an attempt that was not finished has taken from its source stays, where this one thinks that both have it.
        mine.IsCorrupt |= mine.RewoundTo < fork;
        mine.RewoundTo = Math.Min(mine.RewoundTo, fork);
        for (var part = 0; part < 3; part++)
        {
            await WaitAsync(40, 400, cancellation);
            await PingAsync(server, "RewindFailed", cancellation);
            progress.Report(new TransferProgress(part, 3));
        }
        if (!disk.CanFlush) throw new PostgresException("RewindFailed", "no space left on device");
        var common = mine.Log.CommonWith(theirs.Log);
        var reallyCommon = common == 0 ? WalLog.Origin : mine.Log[common - 1].End;
        var copy = theirs.Copy(server.SendableEnd);
        // By their numbers the two parted later than they did: what was changed in between stays in the pages.
        copy.IsCorrupt = mine.IsCorrupt || theirs.IsCorrupt || (reallyCommon < Math.Min(fork, mine.Log.End) && reallyCommon < Math.Min(fork, copy.Log.End));
        copy.Configuration = mine.Configuration;
        // pg_rewind leaves "in archive recovery" in pg_control.
        copy.StandbySignal = true;
        disk.Data = copy;
        return true;
    }

    public async Task WipeAsync(CancellationToken cancellation)
    {
        RefuseWhileAlive();
        await WaitAsync(2, 40, cancellation);
        disk.Data = null;
    }

    public IReadOnlyList<RefusedParameter> RefusedParameters => [];

    public async Task<bool> WriteConfigurationAsync(ServerConfiguration configuration, CancellationToken cancellation)
    {
        await WaitAsync(0.5, 4, cancellation);
        if (disk.Slowness > TimeSpan.Zero) await Task.Delay(disk.Slowness, agent.Time, cancellation);
        if (!disk.CanFlush) throw new IOException("no space left on device");
        DataOrThrow().Configuration = configuration;
        return true;
    }

    // ---- the running server ----

    public void Reload() => Live?.Reload();

    public async Task<ServerStatus?> QueryStatusAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        await WaitAsync(0.3, 2, cancellation);
        if (Live is not { } server) return null;
        if (server.Process.IsPaused)
        {
            await Task.Delay(timeout, agent.Time, cancellation);
            return null;
        }
        return server is { Phase: ServerPhase.Standby or ServerPhase.Primary, IsOrphaned: false } ? server.Describe() : null;
    }

    public async Task<string> ShowAsync(string parameter, CancellationToken cancellation)
    {
        var server = await SessionAsync(cancellation);
        return server.Configuration?.Parameters.GetValueOrDefault(parameter) ?? "";
    }

    public async Task AwaitInEffectAsync(Setting configuration, CancellationToken cancellation)
    {
        var began = agent.Time.GetTimestamp();
        while (await ShowAsync(configuration.Name, cancellation) != configuration.Value)
        {
            if (agent.Time.GetElapsedTime(began) >= InEffectLimit) throw new PostgresException("ConfigurationNotInEffect", "a new session does not show the configuration that was written 5 s ago");
            await Task.Delay(InEffectLook, agent.Time, cancellation);
        }
    }

    public Task<IReadOnlyList<string>> PendingRestartAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<string>>([]);

    public async Task PromoteAsync(Setting? configuration, CancellationToken cancellation)
    {
        if (configuration is { } wanted) await AwaitInEffectAsync(wanted, cancellation);
        var server = await SessionAsync(cancellation);
        if (server.Phase == ServerPhase.Standby)
        {
            server.Sessions.EndAll("terminating connection due to administrator command");
            await WaitAsync(0.5, 3, cancellation);
            Answering(server);
            _mode = ServerMode.ReadWrite;
        }
        server.Promote();
        while (Answering(server).Phase == ServerPhase.Standby) await WaitAsync(5, 6, cancellation);
    }

    public async Task CheckpointAsync(CancellationToken cancellation)
    {
        var server = await SessionAsync(cancellation);
        await StepAsync(server, done => server.Checkpoint(done), "SqlFailed", cancellation);
    }

    public Task<Lsn> WriteLineageAsync(LineageRow row, CancellationToken cancellation) => WriteAsync(new WalPayload.Lineage(row), cancellation);

    public Task<Lsn> ProbeWriteAsync(CancellationToken cancellation) => WriteAsync(WalPayload.Probe, cancellation);

    public async Task EnsureSlotAsync(string slot, CancellationToken cancellation) => (await SessionAsync(cancellation)).Data.Slots.Add(slot);

    public async Task DropSlotAsync(string slot, CancellationToken cancellation)
    {
        var server = await SessionAsync(cancellation);
        foreach (var sender in server.Senders.Where(s => s.Slot == slot).ToList()) sender.End();
        server.Data.Slots.Remove(slot);
    }

    public async Task TerminateWalSendersAsync(IReadOnlyCollection<int> pids, CancellationToken cancellation)
    {
        var server = await SessionAsync(cancellation);
        await WaitAsync(1, 20, cancellation);
        foreach (var sender in server.Senders.Where(s => pids.Contains(s.Pid)).ToList()) sender.End();
    }

    public async Task<IReadOnlyList<LineageRow>> ReadLineageAsync(CancellationToken cancellation) => LineageOf(await SessionAsync(cancellation));

    /// <summary>The table, as far as the log is replayed.</summary>
    private static List<LineageRow> LineageOf(Server server)
    {
        var rows = new SortedDictionary<string, LineageRow>(StringComparer.Ordinal);
        var count = server.Data.Log.CountUpTo(server.Replayed);
        for (var i = 0; i < count; i++)
            if (server.Data.Log[i].Payload is WalPayload.Lineage { Entry: var entry })
                rows[$"{entry.Timeline.Value:d10} {entry.PairEpoch?.Number ?? 0:d10} {entry.PairEpoch?.Site} {entry.Epoch.Value:d10} {entry.Incarnation}"] = entry;
        return [.. rows.Values];
    }

    public async Task<RemoteLineageRows> ReadRemoteLineageAsync(ReplicationSource source, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), agent.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            var (server, host) = await ConnectToAsync(source, "SqlFailed", either.Token);
            var rows = LineageOf(server);
            await PingAsync(server, "SqlFailed", either.Token);
            return new RemoteLineageRows(host, new SystemIdentifier(server.Data.SystemIdentifier), server.Phase == ServerPhase.Primary ? new TimelineId(server.Data.Control.Timeline) : null, rows);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new PostgresException("SqlFailed", "timed out");
        }
    }

    public void EndReceiver(int pid) => Live?.Receivers.FirstOrDefault(r => r.Pid == pid)?.End("ended by a signal");

    public async Task<bool> StarveAsync(TimeSpan limit, CancellationToken cancellation)
    {
        var began = agent.Time.GetTimestamp();
        if (!disk.CanFlush) return false;
        if (Data is { Configuration: { } configuration } data)
        {
            if (configuration.Source is { } source) _credentials.Remove(source.Tls.Credential);
            data.Configuration = configuration with { Source = null };
        }
        await WaitAsync(0.5, 5, cancellation);
        if (disk.Slowness > TimeSpan.Zero) await Task.Delay(disk.Slowness < limit ? disk.Slowness : limit, agent.Time, cancellation);
        if (Live is not { } server) return true;
        server.Reload();
        while (true)
        {
            if (Live is not null && server.Process.IsPaused && server.Receivers.Count > 0)
            {
                // Stopped processes take no signal.
            }
            else
            {
                var alive = server.Receivers.ToList();
                if (alive.Count == 0 || server.IsDead) return true;
                foreach (var receiver in alive) receiver.End("starved");
            }
            if (agent.Time.GetElapsedTime(began) >= limit) return false;
            await WaitAsync(2, 4, cancellation);
        }
    }

    public async Task EnsureRolesAsync(CancellationToken cancellation) => await SessionAsync(cancellation);

    public async Task EnsureDatabaseAsync(ApplicationDatabase database, CancellationToken cancellation) => await SessionAsync(cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // ---- helpers ----

    private Task WaitAsync(double low, double high, CancellationToken cancellation) => Task.Delay(agent.Chance.Milliseconds(low, high), agent.Time, cancellation);

    private async Task<bool> GoneAsync(TimeSpan deadline, CancellationToken cancellation)
    {
        var began = agent.Time.GetTimestamp();
        while (Live is not null)
        {
            if (agent.Time.GetElapsedTime(began) >= deadline) return false;
            await WaitAsync(5, 6, cancellation);
        }
        return true;
    }

    private void RefuseWhileAlive()
    {
        if (Live is not null) throw new PostgresException("ServerRunning", "processes of a server still live");
    }

    private DataDirectory DataOrThrow()
    {
        if (disk.IsLost) throw new IOException("input/output error");
        return Data ?? throw new PostgresException("NoData", "the data directory holds no cluster");
    }

    private Server Answering(Server server) =>
        server == Live && server is { Phase: ServerPhase.Standby or ServerPhase.Primary, IsOrphaned: false } ? server : throw new PostgresException("ServerUnreachable", "the server does not answer");

    /// <summary>A session on the local socket.</summary>
    private async Task<Server> SessionAsync(CancellationToken cancellation)
    {
        await WaitAsync(0.5, 4, cancellation);
        while (Live is { Process.IsPaused: true }) await WaitAsync(50, 60, cancellation);
        return Live is { } server ? Answering(server) : throw new PostgresException("ServerUnreachable", "the server does not run");
    }

    private async Task<Lsn> WriteAsync(WalPayload payload, CancellationToken cancellation)
    {
        var server = await SessionAsync(cancellation);
        if (server.Phase != ServerPhase.Primary) throw new PostgresException("SqlFailed", "cannot execute in a read-only transaction");
        if (!disk.CanWrite)
        {
            server.Panic("could not write to log file");
            throw new PostgresException("ServerUnreachable", "the server has closed the connection");
        }
        server.Append(payload, 80);
        await StepAsync(server, server.Flush, "SqlFailed", cancellation);
        return new Lsn(server.Data.Flushed);
    }

    /// <summary>Awaits something that the server does; fails when it ends first.</summary>
    private async Task StepAsync(Server server, Action<Action> begin, string reason, CancellationToken cancellation)
    {
        var outcome = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Fail() => outcome.TrySetException(new PostgresException(reason, "the server has closed the connection"));
        server.Process.Ended += Fail;
        begin(() => outcome.TrySetResult());
        using var registration = cancellation.Register(() => outcome.TrySetCanceled(cancellation));
        try
        {
            await outcome.Task;
        }
        finally
        {
            server.Process.Ended -= Fail;
        }
        if (server.IsDead) throw new PostgresException(reason, "the server has closed the connection");
    }

    private async Task<Server> ConnectAsync(ReplicationSource source, string reason, CancellationToken cancellation) => (await ConnectToAsync(source, reason, cancellation)).Server;

    private async Task<(Server Server, string Host)> ConnectToAsync(ReplicationSource source, string reason, CancellationToken cancellation)
    {
        if (!_credentials.Contains(source.Tls.Credential)) throw new PostgresException(reason, "could not connect: no key");
        foreach (var host in source.Host.Split(','))
        {
            if (world.Addresses.Find(host, machine.Name) is not { } found) continue;
            await RoundTripAsync(found.Place, cancellation);
            if (found.Server is { Accepts: true, IsOrphaned: false } server) return (server, host);
        }
        throw new PostgresException(reason, "could not connect to server");
    }

    private async Task PingAsync(Server server, string reason, CancellationToken cancellation)
    {
        await RoundTripAsync(server.Place, cancellation);
        if (!server.Accepts) throw new PostgresException(reason, "the server has closed the connection");
    }

    private async Task RoundTripAsync(string place, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Wires.Send(machine.Name, place, () => world.Wires.Send(place, machine.Name, () => answer.TrySetResult()));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), agent.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        using var registration = either.Token.Register(() => answer.TrySetCanceled(either.Token));
        try
        {
            await answer.Task;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new PostgresException("CloneFailed", "could not connect: timed out");
        }
    }

    /// <summary>As pg_rewind finds it: the last point up to which both histories name the same timelines, begun at the same places.</summary>
    private static ulong? ForkByNumbers(DataDirectory mine, DataDirectory theirs)
    {
        var a = mine.Ancestry(mine.Control.Timeline);
        var b = theirs.Ancestry(theirs.Control.Timeline);
        ulong? fork = null;
        for (var i = 0; i < Math.Min(a.Count, b.Count); i++)
        {
            if (a[i] != b[i]) break;
            if (i > 0 && mine.History[a[i]].SwitchPoint != theirs.History[b[i]].SwitchPoint) break;
            var endHere = i + 1 < a.Count ? mine.History[a[i + 1]].SwitchPoint : ulong.MaxValue;
            var endThere = i + 1 < b.Count ? theirs.History[b[i + 1]].SwitchPoint : ulong.MaxValue;
            fork = Math.Min(endHere, endThere);
        }
        return fork;
    }
}
