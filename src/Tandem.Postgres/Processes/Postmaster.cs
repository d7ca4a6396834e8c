using System.Globalization;
using Microsoft.Extensions.Logging;
using Tandem.Postgres.Files;

namespace Tandem.Postgres.Processes;

/// <summary>Starts, watches and ends the postmaster with all of its children. The server is gone when no process is left that works in the data directory.</summary>
internal sealed class Postmaster(PostgresServerOptions options, Func<string> binDirectory, ServerProcesses processes, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan HarderWay = TimeSpan.FromSeconds(5);

    private readonly Lock starting = new();
    private readonly Lock gate = new();
    private ChildProcess? child;
    private ServerMode? mode;
    private int? exitCode;
    private bool stopRequested;

    public event Action? Exited;

    public ServerProcess State
    {
        get
        {
            lock (gate)
            {
                var alive = child is { Alive: true };
                return new ServerProcess(alive || processes.Any(), alive ? child!.Pid : null, mode, exitCode, stopRequested);
            }
        }
    }

    public ChildProcess? Child
    {
        get
        {
            lock (gate)
                return child is { Alive: true } ? child : null;
        }
    }

    /// <summary>From the request on, not from its success: nobody may take a server for a standby that may have left recovery.</summary>
    public void MarkPromoted()
    {
        lock (gate)
            mode = ServerMode.ReadWrite;
    }

    /// <param name="raised">Parameters that the configuration must not be below.</param>
    public void Start(ServerMode wanted, IReadOnlyList<(string Name, int Value)> raised)
    {
        // Not under the gate: a disk that hangs here must not hold up KillNow.
        lock (starting)
        {
            RefuseWhileAlive();
            lock (gate)
            {
                stopRequested = false;
                mode = wanted;
            }

            RemoveStaleLocks();
            PutSignals(wanted);
            var started = ChildProcess.Start(
                [.. options.LaunchPrefix, Path.Combine(binDirectory(), "postgres"), "-D", processes.DataDirectory, .. FixedSettings(), .. raised.SelectMany(r => (string[])["-c", string.Create(CultureInfo.InvariantCulture, $"{r.Name}={r.Value}")])],
                ServerEnvironment.Make(binDirectory()),
                options.LogSink,
                OnExit);
            bool tooLate;
            lock (gate)
            {
                child = started;
                tooLate = stopRequested;
            }

            if (tooLate)
            {
                Kill();
                throw new PostgresException("StopRequested", "the server was to be stopped while it started");
            }

            Log.ServerStarted(logger, wanted, started.Pid);
        }
    }

    public async Task StopAsync(StopMode how, TimeSpan deadline, CancellationToken cancellation)
    {
        lock (gate)
            stopRequested = true;
        for (var way = how; ; way++, deadline = HarderWay)
        {
            if (way == StopMode.Kill) break;
            Child?.Signal(way == StopMode.Fast ? Libc.SigInt : Libc.SigQuit);
            if (await GoneAsync(deadline, cancellation).ConfigureAwait(false)) return;
            Log.StopTakesHarderWay(logger, way, deadline.TotalSeconds);
        }

        // A process in the middle of a write to a dead disk dies only when the write returns: for that there is no harder way, so we wait.
        do
        {
            Kill();
            cancellation.ThrowIfCancellationRequested();
        }
        while (!await GoneAsync(TimeSpan.FromMilliseconds(100), cancellation).ConfigureAwait(false));
    }

    /// <summary>The postmaster first, so that it forks no more; then its children, until a look finds none. Blocks for a second at most.</summary>
    public void KillNow()
    {
        lock (gate)
            stopRequested = true;
        var started = time.GetTimestamp();
        var killed = 0;
        do
        {
            killed += Kill();
            if (!processes.Any() && Child is null) break;
            Thread.Sleep(1);
        }
        while (time.GetElapsedTime(started) < TimeSpan.FromSeconds(1));
        Log.ServerKilled(logger, killed);
    }

    private int Kill()
    {
        Child?.Signal(Libc.SigKill);
        return processes.KillAll();
    }

    private async Task<bool> GoneAsync(TimeSpan deadline, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (Child is not null || processes.Any())
        {
            if (time.GetElapsedTime(started) >= deadline) return false;
            await Task.Delay(Look, time, cancellation).ConfigureAwait(false);
        }

        // The waiter's last word (Exited) belongs before our return.
        if (child is { } ended) await ended.Exit.WaitAsync(cancellation).ConfigureAwait(false);
        return true;
    }

    private void OnExit(ChildProcess ended)
    {
        var code = ended.Code ?? 0;
        lock (gate)
            exitCode = code;
        Log.ServerEnded(logger, ended.Pid, code);
        Exited?.Invoke();
    }

    public void RefuseWhileAlive()
    {
        var alive = processes.List();
        if (alive.Count > 0 || Child is not null)
            throw new PostgresException("ServerRunning", $"processes of a server on {processes.DataDirectory} still live: {string.Join(", ", alive)}");
    }

    /// <summary>
    /// Lock files of a server that is gone. In a pod pids are small and come again: a pid in an old postmaster.pid is easily that of somebody else now,
    /// and the server would refuse to start. We have just seen that no server lives.
    /// </summary>
    public void RemoveStaleLocks()
    {
        foreach (var file in new[] { Path.Combine(processes.DataDirectory, LockFile.Name), SocketFile, SocketFile + ".lock" })
        {
            if (!File.Exists(file)) continue;
            AtomicFile.Remove(file);
            Log.StaleFileRemoved(logger, file);
        }
    }

    private string SocketFile => Path.Combine(options.SocketDirectory, $".s.PGSQL.{options.Port}");

    private void PutSignals(ServerMode wanted)
    {
        var standby = Path.Combine(processes.DataDirectory, "standby.signal");
        AtomicFile.Remove(Path.Combine(processes.DataDirectory, "recovery.signal"));
        // Before PostgreSQL 16 this file could promote a server behind our back.
        AtomicFile.Remove(Path.Combine(processes.DataDirectory, "promote"));
        if (wanted == ServerMode.Standby) AtomicFile.WriteIfDifferent(standby, "");
        else AtomicFile.Remove(standby);
    }

    /// <summary>On the command line, where no file can override them: where the server listens locally, and that it logs to us.</summary>
    private string[] FixedSettings() =>
    [
        "-c", $"unix_socket_directories={options.SocketDirectory}",
        "-c", $"port={options.Port}",
        "-c", "logging_collector=off",
        "-c", "log_destination=stderr",
    ];
}
