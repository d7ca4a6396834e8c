using Tandem.Postgres.Configuration;
using Tandem.Resources.Values;

namespace Tandem.Postgres;

/// <summary>What a rewind does to the data directory.</summary>
public enum RewindStep
{
    /// <summary>Crash recovery, which writes a checkpoint behind the end of the log.</summary>
    Recovering,

    /// <summary>Blocks of the source take the place of what is there.</summary>
    Overwriting,
}

/// <summary>
/// One PostgreSQL server on one data directory, as an agent drives it: files while it is down, SQL over the local socket while it is up, and its processes.
/// Nothing here decides. Expected failures are <see cref="PostgresException"/> with a reason; all waits honour the cancellation token.
/// </summary>
public interface IPostgresServer : IAsyncDisposable
{
    // ---- processes ----

    /// <summary>What the supervisor knows of the server's processes, without asking the server.</summary>
    ServerProcess Process { get; }

    /// <summary>Raised, on any thread, when the postmaster has exited. <see cref="Process"/> is up to date by then.</summary>
    event Action? Exited;

    /// <summary>
    /// Starts the postmaster; returns when the process exists, not when it accepts connections. <paramref name="mode"/> decides whether standby.signal stands.
    /// Refuses (throws) while any process of an earlier server on this data directory lives.
    /// </summary>
    Task StartAsync(ServerMode mode, CancellationToken cancellation);

    /// <summary>Ends the server and returns when the postmaster and all of its children are reaped; after <paramref name="deadline"/> the next harder way is taken, at last SIGKILL to all.</summary>
    Task StopAsync(StopMode mode, TimeSpan deadline, CancellationToken cancellation);

    /// <summary>SIGKILL to the postmaster and every child, from the calling thread, without allocation of note: for the guard of self-fencing. Returns when they are reaped or after one second.</summary>
    void KillNow();

    // ---- files (server down unless said otherwise) ----

    /// <summary>Whether the data directory holds a cluster (PG_VERSION exists).</summary>
    bool HasData { get; }

    /// <summary>Version of the server's programs, from <c>postgres --version</c>, e.g. 150018 (as server_version_num).</summary>
    Task<int> GetVersionAsync(CancellationToken cancellation);

    /// <summary>pg_control, parsed; CRC checked. Works while the server runs.</summary>
    Task<ControlData> ReadControlDataAsync(CancellationToken cancellation);

    /// <summary>
    /// The end of the last valid record in pg_wal on the newest timeline there, found by reading records (never from control data), after an fsync
    /// of every segment up to it and of the directory [C3]. Works while a starved standby runs.
    /// </summary>
    /// <param name="from">A record boundary known to be valid, to shorten the search; null: the latest checkpoint's redo location.</param>
    Task<WalEnd> SealWalAsync(WalEnd? from, CancellationToken cancellation);

    /// <summary>The timeline history files in pg_wal: for each timeline its parents and where it left them, oldest first.</summary>
    Task<IReadOnlyList<TimelineSwitch>> ReadTimelineHistoryAsync(TimelineId timeline, CancellationToken cancellation);

    /// <summary>
    /// The newest timeline of which pg_wal has the history: what a standby goes for, whether anything of that timeline has arrived or not. Null where there is no history. Works while the server runs.
    /// </summary>
    Task<KnownTimeline?> ReadNewestTimelineAsync(CancellationToken cancellation);

    /// <summary>
    /// Removes the histories of timelines newer than <paramref name="reached"/>. A standby fetches a history once, from whomever it meets first, and keeps it even if another opens a timeline of
    /// the same number; without it, it asks whom it follows.
    /// </summary>
    Task ForgetTimelinesAsync(TimelineId reached, CancellationToken cancellation);

    /// <summary>initdb with data checksums, UTF8, C.UTF-8 or C locale, peer authentication on the socket; removes what it left if it fails.</summary>
    Task InitializeAsync(CancellationToken cancellation);

    /// <summary>pg_basebackup from <paramref name="source"/> into an empty data directory, WAL streamed, through <paramref name="slot"/> if given (made by the holder beforehand).</summary>
    Task CloneAsync(ReplicationSource source, string? slot, IProgress<TransferProgress> progress, CancellationToken cancellation);

    /// <summary>pg_rewind against <paramref name="source"/>. Crash recovery of an uncleanly stopped server is done first (single-user), never with network listeners.
    /// The WAL beyond the fork is kept aside in a salvage folder, bounded by <paramref name="salvageLimit"/> bytes.</summary>
    /// <param name="latestFork">Where the two histories part, as far as it is known otherwise: by the numbers of timelines, which is all that pg_rewind goes by, it may look later, and then one is another's of the same number.</param>
    /// <param name="unfinished">An attempt that began to change the data directory and did not come to its end; null: there was none.</param>
    /// <param name="begins">Called before each step that changes the data directory, with the fork where blocks are overwritten; not at all where the source cannot be reached, or nothing need be done.</param>
    /// <returns>False: by the control files, which are all that pg_rewind goes by, there is nothing to be done; nothing was.</returns>
    /// <exception cref="PostgresException">RewindNotPossible: it takes a new copy.</exception>
    Task<bool> RewindAsync(ReplicationSource source, long salvageLimit, Lsn? latestFork, UnfinishedRewind? unfinished, Action<RewindStep, Lsn?> begins, IProgress<TransferProgress> progress, CancellationToken cancellation);

    /// <summary>Moves the data directory's content away (the folder itself stays; it may be a mount).</summary>
    Task WipeAsync(CancellationToken cancellation);

    /// <summary>What the server would not start with, of the configuration written last: it goes on with what stood there before.</summary>
    IReadOnlyList<RefusedParameter> RefusedParameters { get; }

    /// <summary>
    /// Writes configuration, pg_hba, pg_ident and the standby's source, atomically and only where they differ; parameters that the server refuses are left as they were,
    /// see <see cref="RefusedParameters"/>. Works in any state; the server must be reloaded for it.
    /// </summary>
    /// <returns>Whether any file changed.</returns>
    Task<bool> WriteConfigurationAsync(ServerConfiguration configuration, CancellationToken cancellation);

    // ---- the running server ----

    /// <summary>SIGHUP. Returns at once; see <see cref="AwaitInEffectAsync"/>.</summary>
    void Reload();

    /// <summary>Null where the server does not answer within <paramref name="timeout"/> (starting, stopping, hung, down).</summary>
    Task<ServerStatus?> QueryStatusAsync(TimeSpan timeout, CancellationToken cancellation);

    /// <summary>The value that a new connection sees.</summary>
    Task<string> ShowAsync(string parameter, CancellationToken cancellation);

    /// <summary>
    /// Returns when a new session shows the setting that names a configuration. The postmaster reads settings and access rules in one go: what shows the new ones was let
    /// in by the new rules.
    /// </summary>
    /// <exception cref="PostgresException">ConfigurationNotInEffect: not within 5 s.</exception>
    Task AwaitInEffectAsync(Setting configuration, CancellationToken cancellation);

    /// <summary>Parameters whose change waits for a restart (pg_settings.pending_restart).</summary>
    Task<IReadOnlyList<string>> PendingRestartAsync(CancellationToken cancellation);

    /// <summary>
    /// Ends every client's session, since a session survives promotion and would write before clients are admitted; then recovery. Returns when the server accepts writes.
    /// Does nothing outside of recovery, where a backend may be waiting for its synchronous commit (protocol, section 4).
    /// </summary>
    /// <param name="configuration">Awaited first, as by <see cref="AwaitInEffectAsync"/>; where that fails, nothing has been done. Null: none.</param>
    Task PromoteAsync(Setting? configuration, CancellationToken cancellation);

    /// <summary>Runs CHECKPOINT and waits for it.</summary>
    Task CheckpointAsync(CancellationToken cancellation);

    /// <summary>Writes one row into <c>tandem.lineage</c> (made if absent) at <c>synchronous_commit = local</c>; returns the LSN after its commit record, flushed locally.</summary>
    Task<Lsn> WriteLineageAsync(LineageRow row, CancellationToken cancellation);

    /// <summary>A small durable write at <c>synchronous_commit = local</c>, timed by the caller; returns the LSN after it.</summary>
    Task<Lsn> ProbeWriteAsync(CancellationToken cancellation);

    /// <summary>Creates the physical slot if it is not there, with WAL reserved at once. An existing one is left as it is.</summary>
    Task EnsureSlotAsync(string slot, CancellationToken cancellation);

    /// <summary>Drops the slot if it is there, ending its walsender.</summary>
    Task DropSlotAsync(string slot, CancellationToken cancellation);

    /// <summary>pg_terminate_backend on walsenders (never on client backends: protocol, section 4); returns when they are gone.</summary>
    Task TerminateWalSendersAsync(IReadOnlyCollection<int> pids, CancellationToken cancellation);

    /// <summary>
    /// The lineage that this server's own database holds, oldest reign first, as far as its log is replayed: what the log itself says of those who wrote it. Empty where it has none yet.
    /// </summary>
    Task<IReadOnlyList<LineageRow>> ReadLineageAsync(CancellationToken cancellation);

    /// <summary>The lineage that another server's database holds, oldest reign first, and its system identifier; read over the network as <c>tandem_rewind</c>. Needs no local server.</summary>
    Task<RemoteLineageRows> ReadRemoteLineageAsync(ReplicationSource source, CancellationToken cancellation);

    /// <summary>Ends a WAL receiver; the server begins another one. Nothing happens where the process is none of this server's.</summary>
    void EndReceiver(int pid);

    /// <summary>
    /// Starves a standby (protocol, section 3.3): removes the credential that primary_conninfo names, clears primary_conninfo and restore_command, reloads,
    /// ends the WAL receivers that existed and returns when /proc shows, at one instant, no receiver process.
    /// </summary>
    /// <returns>False where that took longer than <paramref name="limit"/>: the caller then kills the server.</returns>
    Task<bool> StarveAsync(TimeSpan limit, CancellationToken cancellation);

    /// <summary>
    /// Creates, where absent, the two roles that come in by client certificate alone (no password): <c>tandem_replication</c> (LOGIN REPLICATION)
    /// and <c>tandem_rewind</c> (LOGIN, the functions that pg_rewind reads files by, in database postgres). Writes nothing where they stand.
    /// </summary>
    Task EnsureRolesAsync(CancellationToken cancellation);

    /// <summary>Creates the application's role and database if absent, and sets the role's password.</summary>
    Task EnsureDatabaseAsync(ApplicationDatabase database, CancellationToken cancellation);
}

public enum ServerMode
{
    /// <summary>standby.signal stands: recovery until promoted.</summary>
    Standby,

    /// <summary>No standby.signal: read-write once crash recovery is done. Only behind the gate (protocol, section 4).</summary>
    ReadWrite,
}

public enum StopMode { Fast, Immediate, Kill }

/// <param name="StopRequested">Since the last start, <see cref="IPostgresServer.StopAsync"/> or <see cref="IPostgresServer.KillNow"/> was called.</param>
/// <param name="Running">A postmaster, or any child of one, lives.</param>
/// <param name="Mode">How the running (or last) server was started; a promotion through <see cref="IPostgresServer.PromoteAsync"/> makes it ReadWrite.</param>
/// <param name="ExitCode">Of the last postmaster that ended; null before the first end, or for a signal (negative of it).</param>
public sealed record ServerProcess(bool Running, int? Pid, ServerMode? Mode, int? ExitCode, bool StopRequested);

/// <param name="State">As pg_controldata words it in English: "in production", "shut down in recovery", …</param>
/// <param name="StandbyMinimums">Parameters of the primary that wrote this log: a standby with less in one of them ends its recovery and does not start.</param>
/// <param name="Version">pg_control's own version number, e.g. 1300.</param>
public sealed record ControlData(
    SystemIdentifier SystemIdentifier,
    string State,
    TimelineId Timeline,
    Lsn Checkpoint,
    Lsn CheckpointRedo,
    Lsn MinimumRecoveryEnd,
    TimelineId MinimumRecoveryEndTimeline,
    bool DataChecksums,
    bool WalLogHints,
    int WalSegmentSize,
    int Version,
    IReadOnlyDictionary<string, int> StandbyMinimums)
{
    /// <summary>A copy whose recovery has not begun (backup_label is there): what is said of the last server is said of its source's.</summary>
    public bool IsFreshCopy { get; init; }

    /// <summary>The last server of this data directory ran read-write: it was started so, or promoted; whatever has ended it.</summary>
    public bool RanReadWrite => !IsFreshCopy && State is "in production" or "shut down" or "shutting down" or "in crash recovery";

    /// <summary>Whether the last server ended in order (a primary's "shut down" or a standby's "shut down in recovery").</summary>
    public bool CleanShutdown => State is "shut down" or "shut down in recovery";
}

/// <param name="Timeline">Timeline of the last valid record.</param>
/// <param name="End">Where that record ends: the next one would begin there (after alignment).</param>
public sealed record WalEnd(TimelineId Timeline, Lsn End);

/// <param name="Timeline">The parent that was left.</param>
/// <param name="SwitchPoint">Where it was left.</param>
public sealed record TimelineSwitch(TimelineId Timeline, Lsn SwitchPoint);

/// <summary>
/// A rewind that began to change the data directory. What it has done is known to nobody, so it can only be begun again, and only towards a history that parts from this log no later: of what the log
/// has beyond the fork, blocks are another's by now, and a rewind with a later fork takes them for what both have.
/// </summary>
/// <param name="Fork">The earliest one of all attempts; where the log ended, if only crash recovery was done. Null where it is not known: then any may be later.</param>
public sealed record UnfinishedRewind(Lsn? Fork);

/// <param name="Left">Each timeline before it, and where it was left, oldest first.</param>
public sealed record KnownTimeline(TimelineId Timeline, IReadOnlyList<(TimelineId Timeline, Lsn At)> Left);

/// <summary>Where a standby streams, clones or rewinds from. Authentication is by client certificate: the credential file that starving removes.</summary>
public sealed record ReplicationSource(string Host, int Port, string User, string ApplicationName, string? Slot, TlsFiles Tls);

/// <summary>Paths of PEM files as the server and libpq read them. The agent keeps them, with mode 0600, in a folder of its own.</summary>
/// <param name="Credential">Client key: removing this file is what takes the way to the old primary away.</param>
public sealed record TlsFiles(string CertificateAuthority, string Certificate, string Credential);

/// <param name="Bytes">Transferred so far.</param>
/// <param name="Total">Estimate of the whole; null while unknown.</param>
public sealed record TransferProgress(long Bytes, long? Total);

/// <summary>Everything that is written into the data directory's configuration files.</summary>
/// <param name="Parameters">postgresql.conf settings, unquoted values; the writer quotes.</param>
/// <param name="HostRules">Lines of pg_hba.conf, in order.</param>
/// <param name="IdentityMap">Lines of pg_ident.conf.</param>
/// <param name="Source">primary_conninfo and primary_slot_name; null: both empty.</param>
public sealed record ServerConfiguration(
    IReadOnlyDictionary<string, string> Parameters,
    IReadOnlyList<string> HostRules,
    IReadOnlyList<string> IdentityMap,
    ReplicationSource? Source);

/// <summary>One look at a running server, in one round trip.</summary>
/// <param name="Written">Primary: pg_current_wal_lsn (written); standby: pg_last_wal_receive_lsn, or replay where nothing was received yet.</param>
/// <param name="Flushed">Primary: pg_current_wal_flush_lsn; standby: received and flushed.</param>
/// <param name="Replayed">Standby only.</param>
/// <param name="Receiver">The WAL receiver of a standby; null where there is none.</param>
/// <param name="Senders">Walsenders of this server, cascades too.</param>
/// <param name="SynchronousStandbyNames">As the kept session sees it: it may run ahead of the postmaster by one reload. "In effect" (protocol, section 2) is asked by <see cref="IPostgresServer.AwaitInEffectAsync"/>.</param>
/// <param name="ClientBackends">Sessions of clients, not of the agent.</param>
/// <param name="OldestTransaction">Begin of the oldest transaction that a client has open, by the server's clock; null where none is.</param>
/// <param name="Connecting">A WAL receiver that has not connected yet; null: there is none, or it has.</param>
public sealed record ServerStatus(
    bool InRecovery,
    TimelineId Timeline,
    Lsn Written,
    Lsn Flushed,
    Lsn? Replayed,
    DateTimeOffset? LastReplayedCommit,
    WalReceiver? Receiver,
    IReadOnlyList<WalSender> Senders,
    IReadOnlyList<string> Slots,
    string SynchronousStandbyNames,
    DateTimeOffset StartedAt,
    int ClientBackends,
    DateTimeOffset? OldestTransaction = null,
    ConnectingReceiver? Connecting = null);

/// <summary>A WAL receiver that has not connected yet.</summary>
/// <param name="For">Since it was begun.</param>
public sealed record ConnectingReceiver(int Pid, TimeSpan For);

/// <param name="Status">streaming, catchup, waiting … as pg_stat_wal_receiver says.</param>
public sealed record WalReceiver(int Pid, string Status, string? SenderHost, TimelineId ReceivedTimeline, Lsn LatestEnd);

/// <summary>A row of pg_stat_replication; LSNs null until the standby has reported.</summary>
/// <param name="IsInstance">It came in as <c>tandem_replication</c>, so by an instance's certificate: no replication of a user's own.</param>
public sealed record WalSender(int Pid, string ApplicationName, string State, Lsn? Sent, Lsn? Write, Lsn? Flush, Lsn? Replay, string SyncState, int SyncPriority, string? ClientAddress, string? Slot, bool IsInstance);

/// <summary>One entry of the lineage as the holder keeps it in <c>tandem.lineage</c>, so that it is in the WAL.</summary>
public sealed record LineageRow(PairEpoch? PairEpoch, Epoch Epoch, string Incarnation, TimelineId Timeline, Lsn SwitchPoint, string Reason, DateTimeOffset At);

/// <summary>What <see cref="IPostgresServer.ReadRemoteLineageAsync"/> read.</summary>
/// <param name="Host">Which of the source's hosts answered.</param>
/// <param name="CheckpointTimeline">That a primary's control file names: after a promotion the one before, until a checkpoint is done. A rewind goes by it. Null: it is in recovery.</param>
public sealed record RemoteLineageRows(string Host, SystemIdentifier SystemIdentifier, TimelineId? CheckpointTimeline, IReadOnlyList<LineageRow> Rows);

/// <summary>A parameter's value, as current_setting gives it.</summary>
public readonly record struct Setting(string Name, string Value);

public sealed record ApplicationDatabase(string Name, string Owner, string Password);

/// <summary>A step with the server failed; <see cref="Reason"/> is CamelCase and stable, the message is for people and holds no secret.</summary>
public sealed class PostgresException(string reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Reason { get; } = reason;
}
