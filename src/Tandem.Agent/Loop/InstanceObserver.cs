using Tandem.Agent.Configuration;
using Tandem.Agent.Fencing;
using Tandem.Agent.Jobs;
using Tandem.Agent.Record;
using Tandem.Agent.Sight;
using Tandem.Postgres;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>Reads the world into one <see cref="InstanceObservation"/>. Knows no rules; keeps only what takes two looks to see (how long something has lasted).</summary>
public sealed class InstanceObserver(RecordKeeper records, ClusterSight sight, PeerSight peers, IPostgresServer server, InstanceMemory memory, HoldBook holds, TimeProvider time)
{
    /// <summary>A reign that was just read gets this long before its silence counts: it may be coming up, or this agent is.</summary>
    private static readonly TimeSpan ReignGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<Incarnation, TimeSpan> _lastStreaming = [];

    /// <summary>The reign that the record was last seen in; and since when the API server had been in reach as the one before was last seen in its place, null where none was.</summary>
    private (Epoch Epoch, Incarnation? Holder, TimeSpan Since, TimeSpan? Touch)? _reign;

    /// <summary>Since when the API server had been in reach, as the record was last seen; null: it was not.</summary>
    private TimeSpan? _touch;
    private TimeSpan? _clausesSatisfiedSince;
    private Incarnation? _remote;
    private bool _wasRunning;
    private readonly SiteLife _life = new();
    private (Epoch Epoch, TimeSpan InAll, TimeSpan At)? _touched;
    private (AgentSettings Settings, WantedConfiguration Wanted, string Applied)? _compared;

    /// <summary>The postmaster ended without having been asked to.</summary>
    public bool CrashSeen { get; private set; }

    public async Task<InstanceObservation> ObserveAsync(AgentSettings settings, bool storageFailed, TimeSpan? shutdownFor, int serverVersion, JobContext context, CancellationToken cancellation)
    {
        var process = server.Process;
        CrashSeen = _wasRunning && !process.Running && !process.StopRequested;
        // Without a postmaster: programs of a clone or of initdb, or the children that outlive a killed one for a moment.
        if (process is not { Running: true, Pid: null }) _wasRunning = process.Running;
        var status = process.Running ? await server.QueryStatusAsync(AnswerLimit, cancellation) : null;
        var now = time.BootTime();
        var reading = records.Latest;
        var observed = peers.Observe();
        var record = RecordSight.IsRegressed(reading, memory.Volume, server.HasData, observed, memory.GivingTo) ? null : reading.Record;
        var touch = reading.Reachable ? reading.ReachableSince : null;
        NoteReign(record, touch, now);
        NoteTouch(record, touch, process, now);
        NoteLogEnd(process, status);
        NoteStreaming(process, status, now);
        var pair = sight.Pair;

        return new InstanceObservation
        {
            Now = now,
            WallClock = time.GetUtcNow(),
            Settings = settings,
            Me = memory.Me,
            Site = context.Identity.Site,
            Volume = memory.Volume,
            HasData = server.HasData,
            Reading = reading,
            Process = process,
            Status = status,
            LogEnd = LogEnd(process),
            DetachedSince = memory.DetachedSince,
            NewestTimeline = memory.NewestTimeline,
            LineageAsked = memory.LineageAsked,
            Grant = memory.Grant,
            Admission = memory.Admission,
            Promise = memory.Promise,
            Upstream = memory.Upstream,
            Peers = observed,
            PodsKnown = sight.PodsKnown,
            SinceLiveBeat = SinceLiveBeat(record, now),
            Pair = pair,
            PairKnown = sight.PairKnown,
            OtherSite = memory.OtherSite,
            RestartsInWindow = memory.Crashes.Count(c => now - c < settings.RestartWindow),
            StorageFailed = storageFailed,
            ShutdownFor = shutdownFor,
            ConfigurationDrift = Drift(settings, process, pair, record, serverVersion, context),
            Standbys = Standbys(record, observed, status, now),
            Remote = Remote(record, pair, status, now),
            MaybeCounted = records.MaybeCounted,
            HeldUntil = holds.Until,
            ElectingSince = record?.State is RecordState.Electing ? now - _reign!.Value.Since : null,
            InTouchInAll = _touched?.InAll ?? TimeSpan.Zero,
            SawReignBegin = touch is not null && _reign?.Touch == touch && record is not null && reading.Begun == (record.Epoch, record.Holder),
            ClausesSatisfiedFor = SatisfiedFor(record, observed, now),
            HolderIsDown = HolderIsDown(record, now),
            HandoverTried = memory.HandoverTried,
            GivingTo = memory.GivingTo,
            RewindImpossible = memory.RewindImpossible,
            NothingToRewindAt = memory.NothingToRewindAt,
            DiscardAccepted = memory.DiscardAccepted,
            ArbiterHeld = context.Arbiter.IsHeld(record?.Arbiter, record?.PairEpoch),
            PeerSiteChecked = pair is null || _life.HasLivedThrough(pair, record, peers.LastLiveBeat, now, Reigns(process, record)) || memory.OtherSiteCheckedAt == pair.PairEpoch,
        };
    }

    /// <summary>It started in this life, for an agent takes its server with it: a crash of the server alone leaves no gap in which anybody could have taken over unseen [S8].</summary>
    private bool Reigns(ServerProcess process, PrimaryRecord? record) =>
        process is { Running: true, Mode: ServerMode.ReadWrite } && record is { Holder: { } holder, Reign: { Timeline: not null } reign }
        && holder == memory.Me && reign.Incarnation == holder && reign.Epoch == record.Epoch && reign.PairEpoch == record.PairEpoch;

    /// <summary>Since this server last took writes: while it does, others may have been elected whom it has not heard of.</summary>
    private void NoteTouch(PrimaryRecord? record, TimeSpan? touch, ServerProcess process, TimeSpan now)
    {
        if (process is { Running: true, Mode: ServerMode.ReadWrite } || (record is not null && _touched?.Epoch != record.Epoch)) _touched = null;
        if (record is null || touch is not { } since) return;
        var (inAll, at) = _touched is { } before ? (before.InAll, before.At) : (TimeSpan.Zero, now);
        var from = at > since ? at : since;
        _touched = (record.Epoch, inAll + (now - from), now);
    }

    private void NoteReign(PrimaryRecord? record, TimeSpan? touch, TimeSpan now)
    {
        if (record is null) return;
        if (_reign is not { } reign || reign.Epoch != record.Epoch || reign.Holder != record.Holder) _reign = (record.Epoch, record.Holder, now, _touch);
        _touch = touch;
    }

    private void NoteLogEnd(ServerProcess process, ServerStatus? status)
    {
        if (process is not { Running: true, Mode: ServerMode.Standby } || status is not { InRecovery: true }) return;
        var end = status.Replayed is { } replayed ? Lsn.Max(status.Flushed, replayed) : status.Flushed;
        memory.StreamedEnd = new WalEnd(status.Timeline, end);
        // A replay position lies between two records; a received one may lie within one.
        if (status.Replayed is { } boundary && boundary > Lsn.Zero) memory.SealHint = new WalEnd(status.Timeline, boundary);
    }

    private void NoteStreaming(ServerProcess process, ServerStatus? status, TimeSpan now) =>
        memory.DetachedSince = process is { Running: true, Mode: ServerMode.Standby } && status is { Receiver: not { Status: "streaming" } } && memory.Upstream is not null ? memory.DetachedSince ?? now : null;

    /// <summary>Of a server that runs read-write the end moves on by itself: nothing is to be judged by it.</summary>
    private WalEnd? LogEnd(ServerProcess process) => !process.Running ? memory.SealedEnd : process.Mode == ServerMode.Standby ? memory.StreamedEnd : null;

    private TimeSpan? SinceLiveBeat(PrimaryRecord? record, TimeSpan now)
    {
        if (record?.Holder is not { } holder || holder == memory.Me || _reign is not { } reign) return null;
        if (peers.LastLiveBeat is { } beat && beat.Epoch == record.Epoch.Value && beat.Incarnation == holder.ToString()) return now - beat.At;
        var silent = now - reign.Since - ReignGrace;
        return silent > TimeSpan.Zero ? silent : TimeSpan.Zero;
    }

    /// <summary>
    /// Evidence for asynchronous mode, gathered after Vacate: the old holder cannot have renewed since (its swap would have failed), so a lease that has stood
    /// still for its whole duration and a margin, by this clock, means that its guard has acted.
    /// </summary>
    private bool HolderIsDown(PrimaryRecord? record, TimeSpan now) =>
        record?.State is RecordState.Electing && _reign is { } reign && now - reign.Since > record.LeaseDuration + TimeSpan.FromSeconds(1);

    private TimeSpan? SatisfiedFor(PrimaryRecord? record, IReadOnlyList<PeerObservation> observed, TimeSpan now)
    {
        if (record?.State is not RecordState.Electing || memory.Promise is null)
        {
            _clausesSatisfiedSince = null;
            return null;
        }
        var promises = observed.Where(p => p.Reachable && p.Incarnation is not null && p.View!.Promise is not null).Select(p => p.View!.Promise!.ToReport(p.Incarnation!.Value)).Append(memory.Promise).ToList();
        if (!Election.ClausesSatisfied(record, promises))
        {
            _clausesSatisfiedSince = null;
            return null;
        }
        _clausesSatisfiedSince ??= now;
        return now - _clausesSatisfiedSince;
    }

    private List<StandbyHealth> Standbys(PrimaryRecord? record, IReadOnlyList<PeerObservation> observed, ServerStatus? status, TimeSpan now)
    {
        if (record is null) return [];
        var known = observed.Select(p => p.Incarnation).OfType<Incarnation>().Concat(record.Members).Concat(record.Quorums.SelectMany(q => q.Members)).Where(i => i != memory.Me).Distinct();
        var list = new List<StandbyHealth>();
        // Of the own reign; a main standby's cascades follow that of another site.
        var reign = record is { RunMode: RunMode.Primary, Reign: { } own } && record.Holder == memory.Me ? own.Name : null;
        foreach (var incarnation in known)
        {
            var sender = status?.Senders.FirstOrDefault(s => s.ApplicationName == incarnation.ReplicationName);
            var peer = observed.FirstOrDefault(p => p.Incarnation == incarnation);
            var aware = reign is null || peer?.View!.Reign == reign;
            list.Add(Health(incarnation, sender, aware, status, now) with { Leaves = peer is { Reachable: true, View.Leaves: true }, Stops = peer is { Reachable: true, View.Stops: true } });
        }
        return list;
    }

    /// <summary>That it knows the reign its own site says, in the pair's record [C2].</summary>
    private StandbyHealth? Remote(PrimaryRecord? record, PairRecord? pair, ServerStatus? status, TimeSpan now)
    {
        if (record is not { RunMode: RunMode.Primary, RemoteNow.Incarnation: var remote } || record.Holder != memory.Me)
        {
            _remote = null;
            return null;
        }
        // Of one that was let go, and is wanted again, nothing is known of before.
        if (_remote != remote) _lastStreaming.Remove(remote);
        _remote = remote;
        var aware = pair?.Peer?.Facts is { Reign: { } reign } facts && facts.ReplicationName == remote.ReplicationName && reign == record.Reign?.Name;
        // Through its slot, which lets in no second stream: two of one name would both be counted, and stand in for a member of this site [C4].
        var senders = status?.Senders.Where(s => s.ApplicationName == remote.ReplicationName).ToList() ?? [];
        var health = Health(remote, senders.FirstOrDefault(), aware, status, now);
        return senders is [{ Slot: var slot }] && slot == SiteSlots.Of(remote.ReplicationName) ? health : health with { Streaming = false, SilentFor = now - _lastStreaming[remote] };
    }

    private StandbyHealth Health(Incarnation incarnation, WalSender? sender, bool aware, ServerStatus? status, TimeSpan now)
    {
        var streaming = aware && sender is { State: "streaming" };
        if (streaming || !_lastStreaming.ContainsKey(incarnation)) _lastStreaming[incarnation] = now;
        var lag = sender?.Flush is { } flush && status is not null ? Math.Max(0, status.Flushed - flush) : (long?)null;
        return new StandbyHealth(incarnation, streaming, lag, streaming ? TimeSpan.Zero : now - _lastStreaming[incarnation], Unaware: sender is not null && !aware);
    }

    private bool Drift(AgentSettings settings, ServerProcess process, PairRecord? pair, PrimaryRecord? record, int serverVersion, JobContext context)
    {
        if (memory.Wanted is not { } wanted || memory.AppliedFingerprint is not { } applied || serverVersion == 0) return false;
        var open = process.Mode == ServerMode.ReadWrite ? memory.Admission is { Admitted: true } admission && record is not null && admission.IsOf(record) : true;
        var door = open && pair is not { RefusesClients: true } ? Door.Clients : Door.Instances;
        if (door != wanted.Door) return true;
        // What is wanted can only have changed where one of its sources is another object than last time.
        if (_compared is { } last && ReferenceEquals(last.Settings, settings) && ReferenceEquals(last.Wanted, wanted) && last.Applied == applied) return false;
        if (ServerJobs.Fingerprint(settings, context, serverVersion, wanted) != applied) return true;
        _compared = (settings, wanted, applied);
        return false;
    }
}
