using Microsoft.Extensions.Logging;
using Tandem.Postgres.Configuration;
using Tandem.Postgres.ControlFiles;
using Tandem.Postgres.Copying;
using Tandem.Postgres.Engines.PostgreSql;
using Tandem.Postgres.Files;
using Tandem.Postgres.Processes;
using Tandem.Postgres.Sql;
using Tandem.Postgres.Wal;
using Tandem.Resources.Values;

namespace Tandem.Postgres;

/// <summary>The real server. It only hands each request to the part that knows it; see the folders beside this file.</summary>
public sealed class PostgresServer : IPostgresServer
{
    private static readonly TimeSpan StatusLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SmallStep = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan InEffectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan InEffectLook = TimeSpan.FromMilliseconds(5);

    private readonly PostgresServerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly ServerProcesses processes;
    private readonly Postmaster postmaster;
    private readonly ToolRunner tools;
    private readonly ControlFile control;
    private readonly WalSealer sealer;
    private readonly ConfigurationFiles files;
    private readonly ParameterCheck parameters;
    private readonly CopyMarker copyMarker;
    private readonly SqlSessions sessions;
    private readonly KeptSession status;
    private readonly KeptSession writing;
    private readonly SemaphoreSlim roles = new(1, 1);
    private string? binDirectory;
    private int? version; // of the programs in binDirectory

    public PostgresServer(PostgresServerOptions options, TimeProvider time, ILogger logger)
    {
        this.options = options;
        this.time = time;
        this.logger = logger;
        processes = new ServerProcesses(options.DataDirectory);
        postmaster = new Postmaster(options, Programs, processes, time, logger);
        postmaster.Exited += () => Exited?.Invoke();
        tools = new ToolRunner(options, Programs, logger);
        control = new ControlFile(options.DataDirectory, tools, time);
        sealer = new WalSealer(options.DataDirectory, control, logger);
        files = new ConfigurationFiles(options.DataDirectory, logger);
        parameters = new ParameterCheck(options, tools, files, logger);
        copyMarker = new CopyMarker(options);
        sessions = new SqlSessions(options, Major);
        status = new KeptSession(sessions, StatusLimit);
        writing = new KeptSession(sessions, SmallStep);
    }

    public event Action? Exited;

    public ServerProcess Process => postmaster.State;

    public bool HasData => File.Exists(Path.Combine(options.DataDirectory, "PG_VERSION")) && !copyMarker.Stands;

    // ---- processes ----

    public async Task StartAsync(ServerMode mode, CancellationToken cancellation)
    {
        if (!HasData) throw new PostgresException("NoData", $"{options.DataDirectory} holds no cluster");
        Folder.Ensure(options.SocketDirectory);
        // A kubelet that mounts a volume for a group opens every folder on it to that group; the server refuses such a data directory.
        File.SetUnixFileMode(options.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // The drift is taken out once more: what ALTER SYSTEM wrote since the last look must not be there at the start.
        files.RemoveDrift([]);
        var raised = mode == ServerMode.Standby ? await RaisedAsync(cancellation).ConfigureAwait(false) : [];
        await Task.Run(() => postmaster.Start(mode, raised), cancellation).ConfigureAwait(false);
    }

    public Task StopAsync(StopMode mode, TimeSpan deadline, CancellationToken cancellation) => postmaster.StopAsync(mode, deadline, cancellation);

    public void KillNow() => postmaster.KillNow();

    public void EndReceiver(int pid) => new WalReceivers(processes).End(pid);

    public void Reload() => postmaster.Child?.Signal(Libc.SigHup);

    /// <summary>Also false at the limit where a hung disk keeps the files from being written: the caller's next step needs no disk.</summary>
    public async Task<bool> StarveAsync(TimeSpan limit, CancellationToken cancellation)
    {
        var starvation = new Starvation(postmaster, processes, files, time, logger);
        try
        {
            return await Task.Run(() => starvation.StarveAsync(limit, cancellation), cancellation).WaitAsync(limit + TimeSpan.FromMilliseconds(50), time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // ---- files ----

    public async Task<int> GetVersionAsync(CancellationToken cancellation)
    {
        if (version is { } known) return known;
        var lines = await tools.RunAsync("postgres", ["--version"], "EngineNotFound", null, cancellation).ConfigureAwait(false);
        return (int)(version = EngineVersion.Parse(lines.Count > 0 ? lines[0] : ""));
    }

    public Task<ControlData> ReadControlDataAsync(CancellationToken cancellation) => control.ReadAsync(cancellation);

    public Task<WalEnd> SealWalAsync(WalEnd? from, CancellationToken cancellation) => Task.Run(() => sealer.SealAsync(from, cancellation), cancellation);

    public Task<IReadOnlyList<TimelineSwitch>> ReadTimelineHistoryAsync(TimelineId timeline, CancellationToken cancellation)
    {
        var history = TimelineHistory.Read(Path.Combine(options.DataDirectory, "pg_wal"), timeline);
        return history is null
            ? Task.FromException<IReadOnlyList<TimelineSwitch>>(new PostgresException("TimelineHistoryUnreadable", $"pg_wal has no {TimelineHistory.FileName(timeline)}"))
            : Task.FromResult(history.Switches);
    }

    public Task<KnownTimeline?> ReadNewestTimelineAsync(CancellationToken cancellation) => Task.Run(() =>
    {
        var directory = Path.Combine(options.DataDirectory, "pg_wal");
        return TimelineHistory.Known(directory) is [var newest, ..] && TimelineHistory.Read(directory, newest) is { } history ? new KnownTimeline(newest, [.. history.Switches.Select(s => (s.Timeline, s.SwitchPoint))]) : null;
    }, cancellation);

    public Task ForgetTimelinesAsync(TimelineId reached, CancellationToken cancellation)
    {
        postmaster.RefuseWhileAlive();
        return Task.Run(() => TimelineHistory.Forget(Path.Combine(options.DataDirectory, "pg_wal"), reached), cancellation);
    }

    public async Task InitializeAsync(CancellationToken cancellation)
    {
        postmaster.RefuseWhileAlive();
        await copyMarker.FillAsync(() => new Initialization(options, tools).RunAsync(cancellation)).ConfigureAwait(false);
        (binDirectory, version) = (null, null);
    }

    public async Task CloneAsync(ReplicationSource source, string? slot, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        postmaster.RefuseWhileAlive();
        await copyMarker.FillAsync(() => new BaseBackup(options, tools).RunAsync(source, slot, progress, cancellation)).ConfigureAwait(false);
        (binDirectory, version) = (null, null);
    }

    public Task<bool> RewindAsync(ReplicationSource source, long salvageLimit, Lsn? latestFork, UnfinishedRewind? unfinished, Action<RewindStep, Lsn?> begins, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        postmaster.RefuseWhileAlive();
        postmaster.RemoveStaleLocks();
        var rewinding = new Rewinding(options, tools, control, files, new SingleUserRecovery(options, tools), new Salvage(options, time, logger), logger);
        return rewinding.RunAsync(source, salvageLimit, latestFork, unfinished, begins, progress, cancellation);
    }

    public Task WipeAsync(CancellationToken cancellation)
    {
        postmaster.RefuseWhileAlive();
        return Task.Run(() => Wiping.Wipe(options.DataDirectory), cancellation);
    }

    public IReadOnlyList<RefusedParameter> RefusedParameters => parameters.Refused;

    public async Task<bool> WriteConfigurationAsync(ServerConfiguration configuration, CancellationToken cancellation)
    {
        var major = await Task.Run(Major, cancellation).ConfigureAwait(false);
        var accepted = await parameters.AcceptedAsync(configuration, major, cancellation).ConfigureAwait(false);
        return await Task.Run(() => files.Write(accepted, major), cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// What this standby must have more of than its configuration says, since the log it replays was written with more: else it would not start, and where a setting was
    /// lowered no standby could be restarted before the primary. On the command line, so that the file stays what was asked for; in force until the next start.
    /// </summary>
    private async Task<IReadOnlyList<(string Name, int Value)>> RaisedAsync(CancellationToken cancellation)
    {
        var raised = StandbyMinimums.Missing((await control.ReadAsync(cancellation).ConfigureAwait(false)).StandbyMinimums, files.Settled());
        foreach (var (name, value) in raised) Log.StandbyRaised(logger, name, value);
        return raised;
    }

    // ---- the running server ----

    public async Task<ServerStatus?> QueryStatusAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        if (postmaster.Child is null) return null;
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            var json = await status.UseAsync((connection, c) => connection.PreparedTextAsync(StatusQuery.Sql, c), either.Token).ConfigureAwait(false);
            return StatusQuery.Parse(json!);
        }
        catch (PostgresException e)
        {
            Log.StatusUnanswered(logger, e.Message);
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Log.StatusUnanswered(logger, "timed out");
            return null;
        }
    }

    public Task<string> ShowAsync(string parameter, CancellationToken cancellation) =>
        sessions.WithAsync(StatusLimit, async (connection, c) => await connection.TextAsync("SELECT current_setting($1)", c, parameter).ConfigureAwait(false) ?? "", cancellation);

    public Task AwaitInEffectAsync(Setting configuration, CancellationToken cancellation) =>
        UntilInEffectAsync(async () => await ShowAsync(configuration.Name, cancellation).ConfigureAwait(false) == configuration.Value, cancellation);

    public Task<IReadOnlyList<string>> PendingRestartAsync(CancellationToken cancellation) =>
        sessions.WithAsync(StatusLimit, (connection, c) => connection.ListAsync("SELECT name FROM pg_settings WHERE pending_restart ORDER BY name", c), cancellation);

    public async Task PromoteAsync(Setting? configuration, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        // One session for all of it, which then stays for the first writes of the reign: each one more is a process for the server to make, just when clients wait.
        await UntilInEffectAsync(() => writing.UseAsync((connection, c) => Promotion.RunAsync(connection, configuration, postmaster.MarkPromoted, time, c), anew: true, cancellation), cancellation).ConfigureAwait(false);
        Log.Promoted(logger, time.GetElapsedTime(started).TotalMilliseconds);
    }

    /// <param name="look">In a session that is new at each look.</param>
    private async Task UntilInEffectAsync(Func<Task<bool>> look, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (!await look().ConfigureAwait(false))
        {
            if (time.GetElapsedTime(started) >= InEffectLimit)
                throw new PostgresException("ConfigurationNotInEffect", $"a new session does not show the configuration that was written {InEffectLimit.TotalSeconds:0} s ago");
            await Task.Delay(InEffectLook, time, cancellation).ConfigureAwait(false);
        }
    }

    public Task CheckpointAsync(CancellationToken cancellation) =>
        sessions.WithAsync(null, (connection, c) => connection.ExecuteAsync("CHECKPOINT", c), cancellation);

    public Task<Lsn> WriteLineageAsync(LineageRow row, CancellationToken cancellation) =>
        writing.UseAsync((connection, c) => LineageTable.WriteAsync(connection, row, () => EnsureRolesAsync(c), c), cancellation);

    public async Task<Lsn> ProbeWriteAsync(CancellationToken cancellation) =>
        await writing.UseAsync((connection, c) => LineageTable.ProbeAsync(connection, c), cancellation).ConfigureAwait(false);

    public Task EnsureSlotAsync(string slot, CancellationToken cancellation) =>
        sessions.WithAsync(SmallStep, (connection, c) => Slots.EnsureAsync(connection, slot, c), cancellation);

    public Task DropSlotAsync(string slot, CancellationToken cancellation) =>
        sessions.WithAsync(SmallStep, (connection, c) => Slots.DropAsync(connection, slot, time, c), cancellation);

    public Task TerminateWalSendersAsync(IReadOnlyCollection<int> pids, CancellationToken cancellation) =>
        sessions.WithAsync(SmallStep, (connection, c) => Slots.TerminateSendersAsync(connection, pids, time, c), cancellation);

    public Task<IReadOnlyList<LineageRow>> ReadLineageAsync(CancellationToken cancellation) =>
        sessions.WithAsync(StatusLimit, LineageTable.ReadIfThereAsync, cancellation);

    public Task<RemoteLineageRows> ReadRemoteLineageAsync(ReplicationSource source, CancellationToken cancellation) => RemoteLineageReader.ReadAsync(source, cancellation);

    public async Task EnsureRolesAsync(CancellationToken cancellation)
    {
        // One at a time: two that find no role would both make it.
        await roles.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await sessions.WithAsync(SmallStep, (connection, c) => Roles.EnsureAsync(connection, c), cancellation).ConfigureAwait(false);
        }
        finally
        {
            roles.Release();
        }
    }

    public Task EnsureDatabaseAsync(ApplicationDatabase database, CancellationToken cancellation) =>
        sessions.WithAsync(TimeSpan.FromMinutes(5), (connection, c) => ApplicationDatabases.EnsureAsync(connection, database, c), cancellation);

    /// <summary>An agent that goes leaves no server behind.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Process.Running) await StopAsync(StopMode.Fast, TimeSpan.FromSeconds(10), CancellationToken.None).ConfigureAwait(false);
        await status.DisposeAsync().ConfigureAwait(false);
        await writing.DisposeAsync().ConfigureAwait(false);
        await sessions.DisposeAsync().ConfigureAwait(false);
        roles.Dispose();
    }

    /// <summary>Looked for again after a copy came in, which may be of another version than the newest programs.</summary>
    private string Programs() => binDirectory ??= options.BinDirectory ?? EngineLocator.Find(options.DataDirectory);

    private int Major() => EngineLocator.MajorOf(options.DataDirectory) ?? EngineVersion.MajorOfPrograms(Programs());
}
