using Tandem.Postgres;
using Tandem.Resources.Values;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Machines;
using Tandem.Simulation.Network;

namespace Tandem.Simulation.Postgres;

public enum ServerPhase { Starting, Standby, Primary, Stopping, Dead }

/// <summary>
/// One life of a PostgreSQL server: from the start of its postmaster to the end of the last child. Behaves as docs/postgres-facts.md says that the real one does; each process
/// (checkpointer, walsender, backend) knows only the setting that it has itself read.
/// </summary>
public sealed class Server
{
    private readonly List<Receiver> _receivers = [];
    private readonly List<Sender> _senders = [];
    private readonly List<(ulong Position, Action Done)> _flushes = [];
    private Action? _checkpointed;
    private bool _flushing;
    private bool _replaying;
    private bool _retrying;
    private int _nextPid = 100;

    public Server(PostgresWorld world, string name, DataDirectory data, Disk disk, Machine machine, ServerMode mode, Func<ReplicationSource, bool> hasCredential)
    {
        (World, Name, Data, Disk, Machine, HasCredential) = (world, name + "/pg", data, disk, machine, hasCredential);
        Chance = Chance.Of(world.Seed, $"{name}/pg/{world.Events.Count}");
        Process = new SimulatedProcess(Name, world.Events, machine.Clock, Chance, world.Trace);
        machine.Add(Process);
        Process.Ended += OnProcessEnded;
        Instance = name;
        StartedAsStandby = mode == ServerMode.Standby;
        Process.After(Chance.Milliseconds(15, 60), Recover);
    }

    public PostgresWorld World { get; }
    public string Name { get; }
    public string Instance { get; }
    public DataDirectory Data { get; }
    public Disk Disk { get; }
    public Machine Machine { get; }
    public Chance Chance { get; }
    public SimulatedProcess Process { get; }
    public Func<ReplicationSource, bool> HasCredential { get; }
    public bool StartedAsStandby { get; }
    public string Place => Machine.Name;
    public Wires Wires => World.Wires;
    public Addresses Addresses => World.Addresses;
    public IServerWitness Witness => World.Witness;
    public Trace Trace => World.Trace;
    public TimeSpan Now => World.Events.Now;

    public ServerPhase Phase { get; private set; } = ServerPhase.Starting;
    public bool IsDead => Phase == ServerPhase.Dead;
    public bool Accepts => Phase is ServerPhase.Standby or ServerPhase.Primary && !Process.IsPaused;

    /// <summary>Of the postmaster; null while it lives, negative for a signal.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>The postmaster was killed alone; its children linger.</summary>
    public bool IsOrphaned { get; private set; }

    /// <summary>Raised when the postmaster has ended.</summary>
    public event Action? Exited;

    public uint Timeline { get; private set; }
    public ulong Replayed { get; private set; }
    public DateTimeOffset StartedAt { get; private set; }
    public IReadOnlyList<Sender> Senders => _senders;
    public IReadOnlyList<Receiver> Receivers => _receivers;
    public bool IsPromoting { get; private set; }

    /// <summary>Replay waits, as behind a conflict with a long query.</summary>
    public bool ReplayHolds { get; set; }

    public Sessions Sessions { get; private set; } = null!;
    public SynchronousReplication Synchronous { get; private set; } = null!;

    /// <summary>As the postmaster has read it: what a new session shows, and is let in by.</summary>
    public ServerConfiguration? Configuration { get; private set; }

    public bool LetsClientsIn => LetsIn(Configuration);

    /// <summary>As it stands in the files: the postmaster reads them in its own time.</summary>
    public bool IsToLetClientsIn => LetsIn(Data.Configuration);

    private static bool LetsIn(ServerConfiguration? configuration) => configuration?.HostRules.Any(r => r.StartsWith("hostssl all all", StringComparison.Ordinal)) == true;

    /// <summary>Only what is durable is sent: of a primary what it flushed, of a standby what it received and flushed.</summary>
    public ulong SendableEnd => Phase == ServerPhase.Primary ? Data.Flushed : Math.Max(Data.Flushed, Math.Min(Replayed, Data.Log.End));

    // ---- life ----

    private void Recover()
    {
        Configuration = Data.Configuration;
        Synchronous = new SynchronousReplication(this, SettingOf(Configuration), World.PublishesLate);
        Sessions = new Sessions(this);
        if (!Disk.CanWrite)
        {
            Exit(1, "could not write lock file");
            return;
        }
        if (!FollowNewestTimeline()) return;
        Timeline = Math.Max(Data.Log.Timeline, 1);
        Replayed = Data.Log.End;
        var wait = Chance.LongTailed(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(600));
        Process.After(wait, () =>
        {
            StartedAt = Process.Clock.Wall;
            if (StartedAsStandby)
            {
                Phase = ServerPhase.Standby;
                Say("accepts readers as a standby");
                Data.Control = Data.Control with { Clean = false };
                Retrieve();
            }
            else
            {
                var wasClean = Data.Control.Clean;
                Data.Control = Data.Control with { Clean = false };
                if (!wasClean) Append(new WalPayload.Checkpoint(Shutdown: false), 96);
                Flush(Open);
            }
        });
    }

    /// <summary>
    /// recovery_target_timeline = latest: of the histories that are known here the newest is followed. A log that goes on beyond where that one branched off is not replayed
    /// further; where even the last checkpoint lies beyond, the server does not start.
    /// </summary>
    private bool FollowNewestTimeline()
    {
        if (!StartedAsStandby || Data.History.Count == 0) return true;
        var newest = Data.History.Keys.Last();
        var current = Data.Log.Timeline;
        if (newest == current) return true;
        if (Data.LeftAt(current, newest) is not { } left || Data.Log.End <= left) return true;
        if (Data.Control.Checkpoint > left)
        {
            Exit(1, $"requested timeline {newest} is not a child of this server's history");
            return false;
        }
        if (!Data.Control.Clean && !Data.StandbySignal) Data.IsCorrupt = true;
        Data.Log.Cut(Data.Log.CountUpTo(left));
        Data.Written = Data.Flushed = Data.Log.End;
        return true;
    }

    private void Open()
    {
        if (IsDead) return;
        Phase = ServerPhase.Primary;
        IsPromoting = false;
        Timeline = Data.Log.Timeline;
        Say($"takes writes on timeline {Timeline} from {new Lsn(Data.Log.End)}");
        Synchronous.Begin();
        foreach (var sender in _senders) sender.Wake();
        Witness.Opened(this);
        Autovacuum();
    }

    /// <summary>A server that nobody uses writes too.</summary>
    private void Autovacuum() => Process.After(Chance.Between(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(9)), () =>
    {
        if (Phase != ServerPhase.Primary) return;
        if (!Disk.CanWrite)
        {
            Panic("could not write");
            return;
        }
        Append(WalPayload.Probe, Chance.Next(40, 400));
        Flush(null);
        if (Chance.Happens(0.3)) Checkpoint(null);
        Autovacuum();
    });

    /// <summary>Nobody's record explains what it does from here on; it is to be stopped, and must acknowledge nothing.</summary>
    public bool IsPromotedByHand { get; private set; }

    /// <summary>By a person, past the agent.</summary>
    public void PromoteByHand()
    {
        if (Phase != ServerPhase.Standby || IsPromoting) return;
        Promote();
        IsPromotedByHand = true;
    }

    /// <summary>pg_promote.</summary>
    public void Promote()
    {
        // Also of one that a person had begun to, or just has: from here on it is its agent's.
        var isTakenOver = IsPromotedByHand;
        IsPromotedByHand = false;
        if (isTakenOver && Phase == ServerPhase.Primary) Witness.Opened(this);
        if (Phase != ServerPhase.Standby || IsPromoting) return;
        IsPromoting = true;
        foreach (var receiver in _receivers.ToList()) receiver.End("promotion");
        ReplayHolds = false;
        // What was received is replayed to its end first.
        Flush(() => Process.After(Chance.Milliseconds(10, 60), EndRecovery));
    }

    private void EndRecovery()
    {
        if (Phase != ServerPhase.Standby) return;
        if (!Disk.CanWrite)
        {
            Panic("could not create the timeline history file");
            return;
        }
        var next = Math.Max(Data.Log.Timeline, Data.History.Count == 0 ? 1 : Data.History.Keys.Last()) + 1;
        // The parent is the timeline that it went for, reached or not.
        Data.History[next] = new Branch(Data.Goal, Data.Log.End);
        Data.StandbySignal = false;
        Data.Log.Append(next, 56, new WalPayload.EndOfRecovery());
        Timeline = next;
        Replayed = Data.Log.End;
        Flush(() =>
        {
            Open();
            // The checkpoint after it is done in good time.
            Process.After(Chance.Milliseconds(20, 4000), () => Checkpoint(null));
        });
    }

    /// <summary>SIGINT: clients are sent away, the last record is a shutdown's, and walsenders go when their standbys have all.</summary>
    public void FastShutdown()
    {
        if (Phase is ServerPhase.Dead or ServerPhase.Stopping) return;
        var was = Phase;
        Phase = ServerPhase.Stopping;
        Sessions?.EndAll("terminating connection due to administrator command");
        Witness.Changed(this);
        foreach (var receiver in _receivers.ToList()) receiver.End("shutdown");
        if (was == ServerPhase.Starting)
        {
            Process.After(Chance.Milliseconds(5, 50), () => Exit(0, "shut down while starting"));
            return;
        }
        if (was == ServerPhase.Standby)
        {
            Flush(() => Process.After(Chance.Milliseconds(5, 30), () =>
            {
                Data.Control = Data.Control with { Clean = true };
                Exit(0, "shut down in recovery");
            }));
            return;
        }
        Process.After(Chance.Milliseconds(5, 40), () =>
        {
            if (!Disk.CanWrite)
            {
                Panic("could not write the shutdown checkpoint");
                return;
            }
            var record = Append(new WalPayload.Checkpoint(Shutdown: true), 120);
            Flush(() =>
            {
                Data.Control = Data.Control with { Clean = true, Timeline = Timeline, Checkpoint = record.Start };
                foreach (var sender in _senders) sender.Wake();
                AwaitSenders();
            });
        });
    }

    private void AwaitSenders()
    {
        if (IsDead) return;
        if (_senders.All(s => s.State is "startup" or "backup" || s.Flushed >= Data.Log.End)) Exit(0, "shut down");
        else Process.After(TimeSpan.FromMilliseconds(5), AwaitSenders);
    }

    /// <summary>SIGQUIT or SIGKILL to all: nothing more is written.</summary>
    public void KillAll(int code)
    {
        if (IsDead) return;
        Data.LoseMemory();
        Exit(code, code == 2 ? "immediate shutdown" : "killed");
    }

    /// <summary>SIGKILL to the postmaster alone: its children find out in their own time.</summary>
    public void KillPostmaster()
    {
        if (IsDead || IsOrphaned) return;
        IsOrphaned = true;
        ExitCode = -9;
        Say("the postmaster is killed");
        Exited?.Invoke();
        Process.After(Chance.LongTailed(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(3)), () => KillAll(-9));
    }

    public void Panic(string why)
    {
        if (IsDead) return;
        Data.LoseMemory();
        Exit(-6, $"PANIC: {why}");
    }

    private void Exit(int code, string why)
    {
        if (IsDead) return;
        Say($"ends: {why}");
        ExitCode ??= code;
        Close();
        Process.Kill();
        if (!IsOrphaned) Exited?.Invoke();
    }

    private void OnProcessEnded()
    {
        if (IsDead) return;
        // The machine, or the container, was ended under it.
        ExitCode ??= -9;
        if (Machine.IsUp) Data.LoseMemory();
        Close();
    }

    private void Close()
    {
        Phase = ServerPhase.Dead;
        Sessions?.EndAll("server closed the connection unexpectedly");
        foreach (var sender in _senders.ToList()) sender.End();
        foreach (var receiver in _receivers.ToList()) receiver.End("the server is gone");
        _flushes.Clear();
        Witness.Changed(this);
    }

    // ---- settings ----

    /// <summary>SIGHUP: the postmaster reads the files first, every other process in its own time.</summary>
    public void Reload() => Process.After(Chance.LongTailed(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(200)), () =>
    {
        if (IsDead || IsOrphaned || Synchronous is null) return;
        var before = Configuration;
        Configuration = Data.Configuration;
        var setting = SettingOf(Configuration);
        foreach (var sender in _senders)
            Process.After(Chance.LongTailed(TimeSpan.FromMilliseconds(2), TimeSpan.FromSeconds(3)), () =>
            {
                if (!sender.IsOver) sender.Read(SettingOf(Configuration));
            });
        Synchronous.ReloadSoon(setting);
        if (!Equals(before?.Source, Configuration?.Source))
        {
            // The startup process notices, and has the receiver ended.
            Process.After(Chance.Milliseconds(0.2, 5), () =>
            {
                foreach (var receiver in _receivers.ToList()) receiver.End("primary_conninfo has changed");
                Retrieve();
            });
        }
        Witness.Changed(this);
    });

    public static Standbys SettingOf(ServerConfiguration? configuration) => Standbys.Parse(configuration?.Parameters.GetValueOrDefault("synchronous_standby_names") ?? "");

    // ---- the log ----

    public WalRecord Append(WalPayload payload, int size)
    {
        var record = Data.Log.Append(Timeline, size, payload);
        Replayed = record.End;
        return record;
    }

    /// <summary>Has what is in the log now flushed, and then <paramref name="done"/>.</summary>
    public void Flush(Action? done)
    {
        if (IsDead) return;
        if (done is not null) _flushes.Add((Data.Log.End, done));
        if (_flushing) return;
        _flushing = true;
        if (!Disk.CanWrite)
        {
            Panic("could not write to log file");
            return;
        }
        var target = Data.Log.End;
        Data.Written = target;
        Process.After(Chance.LongTailed(TimeSpan.FromMilliseconds(0.5), TimeSpan.FromMilliseconds(60)) + Disk.Slowness, () =>
        {
            if (IsDead) return;
            if (!Disk.CanFlush)
            {
                Panic("could not fsync file");
                return;
            }
            _flushing = false;
            // What was overwritten meanwhile is shorter.
            Data.Flushed = Math.Min(target, Data.Log.End);
            var due = _flushes.Where(f => f.Position <= target).ToList();
            _flushes.RemoveAll(f => f.Position <= target);
            foreach (var sender in _senders) sender.Wake();
            ReplaySoon();
            foreach (var (_, ready) in due) ready();
            if (_flushes.Count > 0 || Data.Log.End > target) Flush(null);
        });
    }

    /// <summary>CHECKPOINT, or a restart point of a standby.</summary>
    public void Checkpoint(Action? done)
    {
        if (IsDead) return;
        _checkpointed += done;
        // The checkpointer reads its settings before it begins.
        Synchronous?.PublishNow();
        Process.After(Chance.LongTailed(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(400)) + Disk.Slowness, () =>
        {
            if (Phase == ServerPhase.Primary)
            {
                var record = Append(new WalPayload.Checkpoint(Shutdown: false), 112);
                Flush(() =>
                {
                    Data.Control = Data.Control with { Timeline = Timeline, Checkpoint = record.Start };
                    Checkpointed();
                });
            }
            else
            {
                if (Phase == ServerPhase.Standby) Data.Control = Data.Control with { Timeline = Data.Log.Timeline, Checkpoint = Math.Min(Replayed, Data.Log.End) };
                Checkpointed();
            }
        });
    }

    private void Checkpointed()
    {
        var done = _checkpointed;
        _checkpointed = null;
        done?.Invoke();
    }

    // ---- as a standby ----

    public void Receive(WalRecord record)
    {
        var log = Data.Log;
        var index = log.CountUpTo(record.Start);
        if (index < log.Count && ReferenceEquals(log[index], record)) return;
        if (record.Start > log.End) return; // a hole: what was in between was overwritten; the stream begins anew
        log.Write(record);
        Data.Written = log.End;
        Data.Flushed = Math.Min(Data.Flushed, record.Start);
    }

    public void LearnHistory(SortedDictionary<uint, Branch> theirs)
    {
        foreach (var (timeline, branch) in theirs) Data.History.TryAdd(timeline, branch);
    }

    /// <summary>The timeline that goes on from this one at this point, on the way to the newest whose history is known here.</summary>
    public uint? NextTimeline(uint timeline, ulong switchPoint)
    {
        foreach (var newest in Data.History.Keys.Reverse())
        {
            var way = Data.Ancestry(newest);
            var place = way.IndexOf(timeline);
            if (place >= 0 && place + 1 < way.Count && Data.LeftAt(timeline, newest) == switchPoint) return way[place + 1];
        }
        return null;
    }

    public void ReceiverEnded(Receiver receiver)
    {
        _receivers.Remove(receiver);
        Retrieve();
    }

    /// <summary>The startup process has a receiver begun where it needs one: every 200 ms, as wal_retrieve_retry_interval is set.</summary>
    private void Retrieve()
    {
        if (_retrying || Phase != ServerPhase.Standby || IsPromoting) return;
        _retrying = true;
        Process.After(Chance.Milliseconds(1, 200), () =>
        {
            _retrying = false;
            if (Phase != ServerPhase.Standby || IsPromoting || _receivers.Count > 0 || IsOrphaned) return;
            if (Configuration?.Source is not { } source) return;
            var receiver = new Receiver(this, _nextPid++, source);
            _receivers.Add(receiver);
            receiver.Begin();
        });
    }

    private void ReplaySoon()
    {
        if (Phase != ServerPhase.Standby || _replaying) return;
        _replaying = true;
        Process.After(Chance.LongTailed(TimeSpan.FromMilliseconds(0.3), TimeSpan.FromMilliseconds(80)), () =>
        {
            _replaying = false;
            if (Phase != ServerPhase.Standby || ReplayHolds) return;
            var end = Math.Min(Data.Flushed, Data.Log.End);
            if (end <= Replayed) return;
            Replayed = end;
            Timeline = Data.Log.Timeline;
            foreach (var receiver in _receivers) receiver.Reply();
        });
    }

    // ---- for its own standbys ----

    /// <summary>Why it would not stream to this one; null: it does.</summary>
    /// <param name="from">Where the standby asks to begin: the segment of where its log ends.</param>
    public string? WhyNotStreaming(DataDirectory theirs, uint timeline, ulong from, ReplicationSource source)
    {
        if (!Accepts || IsOrphaned) return "the database system is not accepting connections";
        if (theirs.SystemIdentifier != Data.SystemIdentifier) return "database system identifier differs";
        if (timeline != Timeline)
        {
            if (Data.LeftAt(timeline, Timeline) is not { } left) return $"requested timeline {timeline} is not in this server's history";
            if (from > left) return "requested starting point is not in this server's history";
        }
        else if (from > SendableEnd)
        {
            return "requested starting point is ahead of the WAL flush position of this server";
        }
        if (source.Slot is { } slot)
        {
            if (!Data.Slots.Contains(slot)) return $"replication slot \"{slot}\" does not exist";
            if (_senders.FirstOrDefault(s => s.Slot == slot) is { } other) return $"replication slot \"{slot}\" is active for PID {other.Pid}";
        }
        return null;
    }

    public Sender Stream(ReplicationSource source, Receiver peer, DataDirectory theirs, uint timeline, string place, Pipe down, Pipe up)
    {
        var sender = new Sender(this, _nextPid++, source.ApplicationName, source.Slot, place, down, SettingOf(Configuration))
        {
            Peer = peer,
            State = "catchup",
            Timeline = timeline,
            HeardAt = Now,
            // What both have is the same bytes: it need not be sent again.
            Sent = Common(theirs.Log),
        };
        _senders.Add(sender);
        sender.Wake();
        Watch(sender);
        return sender;
    }

    private ulong Common(WalLog theirs)
    {
        var count = Data.Log.CommonWith(theirs);
        return count == 0 ? WalLog.Origin : Data.Log[count - 1].End;
    }

    /// <summary>As wal_sender_timeout is set; half of it without a word asks for one.</summary>
    private void Watch(Sender sender) => Process.After(TimeSpan.FromSeconds(1), () =>
    {
        if (sender.IsOver) return;
        if (Now - sender.HeardAt > Receiver.SilenceLimit)
        {
            sender.End();
            return;
        }
        sender.To.Send(() => sender.Peer?.Keepalive());
        sender.Wake();
        Watch(sender);
    });

    public void Forget(Sender sender)
    {
        _senders.Remove(sender);
        Witness.Changed(this);
    }

    /// <summary>A standby's reply may free commits that wait.</summary>
    public void Release(Sender sender)
    {
        Synchronous.Release(sender);
        Witness.Changed(this);
    }

    public ServerStatus Describe()
    {
        var receiver = _receivers.FirstOrDefault();
        var end = Phase == ServerPhase.Primary ? Data.Log.End : Math.Max(Data.Flushed, Replayed);
        return new ServerStatus(
            Phase != ServerPhase.Primary, new TimelineId(Math.Max(1, Phase == ServerPhase.Primary ? Timeline : Data.Log.Timeline)), new Lsn(end), new Lsn(Phase == ServerPhase.Primary ? Data.Flushed : end),
            Phase == ServerPhase.Primary ? null : new Lsn(Replayed), null, receiver?.Describe(), [.. _senders.Select(s => s.Describe())], [.. Data.Slots],
            Configuration?.Parameters.GetValueOrDefault("synchronous_standby_names") ?? "", StartedAt, Sessions.Count, null,
            receiver is { IsConnected: false } ? new ConnectingReceiver(receiver.Pid, receiver.ConnectingFor) : null);
    }

    public void Say(string what)
    {
        if (Trace.IsOn) Trace.Write(Name, what);
    }
}
