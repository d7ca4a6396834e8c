using Tandem.Agent.State;
using Tandem.Postgres;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;
using static Tandem.Agent.Loop.InstanceAction;

namespace Tandem.Agent.Loop;

/// <summary>
/// What an instance does next: the first rule that has something to say. Read top-down it is protocol.md, sections 3 and 4, from one instance's place.
/// Pure: everything is in the observation.
/// </summary>
public static class InstanceTable
{
    private static readonly Func<InstanceObservation, InstanceAction?>[] AnyRules =
    [
        Rulings.LeavingInOrder,
        Rulings.NoRecord,
        Rulings.RecordUnusable,
        Rulings.HigherEpoch,
        Rulings.Electing,
        Rulings.HandingOver,
    ];

    private static readonly Func<InstanceObservation, InstanceAction?>[] OfHolder =
    [
        HolderRules.Demoted,
        HolderRules.MainStandby,
        HolderRules.Founding,
        HolderRules.Unfit,
        HolderRules.ServerDown,
        HolderRules.Elected,
        HolderRules.NotAdmitted,
        HolderRules.Reigning,
    ];

    private static readonly Func<InstanceObservation, InstanceAction?>[] OfFollower =
    [
        FollowerRules.MustNotWrite,
        FollowerRules.WithoutData,
        FollowerRules.InterruptedRewind,
        FollowerRules.ServerDown,
        FollowerRules.WrongUpstream,
        FollowerRules.Diverged,
        FollowerRules.LineageGrew,
        FollowerRules.Connecting,
        FollowerRules.Strangers,
        FollowerRules.Configured,
    ];

    public static InstanceAction Decide(InstanceObservation o)
    {
        foreach (var rule in AnyRules)
            if (rule(o) is { } action)
                return action;
        foreach (var rule in o.IsHolder ? OfHolder : OfFollower)
            if (rule(o) is { } action)
                return action;
        return new Nothing("AsWanted", o.IsHolder ? "holds the record" : "follows the holder");
    }
}

/// <summary>Rules that come before the question of who one is.</summary>
internal static class Rulings
{
    /// <summary>SIGTERM, eviction, drain and node shutdown of the holder are a planned switchover (section 4).</summary>
    public static InstanceAction? LeavingInOrder(InstanceObservation o)
    {
        if (!o.ShutdownRequested) return null;
        if (o.IsHolder && o.RunsReadWrite && o.IsAdmitted && o.Record!.State is RecordState.Stable && o.HandoverTried is null && !o.ShutdownUrgent && HandoverTarget.Choose(o, null) is { } target)
            return new HandOver(target, "Leaving", $"this instance is being ended; {target.Instance} takes over");
        // Begun already: it stops the server itself, and a stop by itself would cut it short. Where it has failed, the rules of a handover take it back first.
        if (o.IsHolder && o.Record!.State is RecordState.HandingOver && !o.ShutdownUrgent) return null;
        if (o.Process.Running)
            return new Stop(StopMode.Fast, "Leaving", "this instance is being ended");
        // With the server and all its children reaped, giving the record up is safe and saves the others their wait; alone, it would only cost a reign.
        if (o.IsHolder && o.Record!.State is RecordState.Stable && o.Reading.Reachable && o.Record.Members.Count > 1 && !o.ShutdownUrgent && o.Peers.Any(p => p.Reachable && p.Incarnation is { } peer && o.Record.Members.Contains(peer)))
            return new Vacate(o.Record.Epoch, "Leaving", "this instance is being ended and nobody could take over in order");
        return new Exit("Leaving", "this instance is being ended");
    }

    /// <summary>initdb only by the swap that creates the record; a volume that remembers one says that it was lost.</summary>
    public static InstanceAction? NoRecord(InstanceObservation o)
    {
        if (o.Reading.Exists is null) return new Wait("ApiUnreachable", "the record has never been read");
        if (o.Reading.Exists == true || !o.Reading.Reachable) return null;
        if (o.Volume.Promise.Value > 0 || (o.HasData && o.Volume.Marker == VolumeMarker.None))
            return new Hold("RecordRegressed", $"the record is gone, but this volume remembers epoch {o.Volume.Promise}; nothing is started until it is rebuilt");
        if (o.Settings.Pair is null)
            return new Found(RunMode.Primary, null, "NoRecord", "no record and no data: the first to create the record makes the database");
        if (o.Pair is null)
            return new Wait("WaitingForPair", $"spec.pair is {o.Settings.Pair}, and its record does not exist yet");
        return o.Pair.Role == PairRole.Primary
            ? new Found(RunMode.Primary, o.Pair.PairEpoch, "NoRecord", "the pair says that this site is primary")
            : SiteUpstream.Of(o) is not null
                ? new Found(RunMode.Standby, o.Pair.PairEpoch, "NoRecord", "the pair says that this site is standby")
                : new Wait("WaitingForPeer", "this site is standby, and the other site has nothing to clone from yet");
    }

    public static InstanceAction? RecordUnusable(InstanceObservation o)
    {
        if (o.Reading.Unreadable is { } why) return new Hold("RecordUnreadable", why);
        if (o.Record is not { } record) return new Wait("ApiUnreachable", "the record is not known");
        if (record.Epoch < o.Volume.Promise)
            return new Hold("RecordRegressed", $"the record says epoch {record.Epoch}, this volume promised {o.Volume.Promise}; nothing is started until it is rebuilt");
        if (!record.IsWritable && !o.IsHolder) return null;
        return record.IsWritable ? null : new Hold("RecordNewer", $"the record has format {record.Format}; this agent knows {PrimaryRecord.CurrentFormat}");
    }

    /// <summary>Whoever reads a higher epoch obeys it, in any state of the record; a member bound by a hold only after the hold ends [C10b].</summary>
    public static InstanceAction? HigherEpoch(InstanceObservation o)
    {
        var record = o.Record!;
        if (record.Epoch <= o.Volume.Promise) return null;
        if (o.HeldUntil is { } until && until > o.Now && o.Volume.HoldEpoch < record.Epoch)
            return new Wait("BoundByHold", $"a hold for epoch {o.Volume.HoldEpoch} ends in {(until - o.Now).TotalSeconds:0.0} s");
        return record.State is RecordState.Electing
            ? new Promise(record.Epoch, "HigherEpoch", $"epoch {record.Epoch} is being elected")
            : new Obey(record.Epoch, o.RunsReadWrite && !o.IsHolder, "HigherEpoch", $"epoch {record.Epoch} is held by {record.Holder?.Instance ?? "nobody"}");
    }

    /// <summary>Section 3, steps 3 and 4.</summary>
    public static InstanceAction? Electing(InstanceObservation o)
    {
        var record = o.Record!;
        if (record.State is not RecordState.Electing) return null;
        if (o.RunsReadWrite || o.Promise is null || o.Promise.Epoch != record.Epoch)
            return new Promise(record.Epoch, "Electing", $"epoch {record.Epoch} is being elected");
        if (o.HeldUntil is { } until && until > o.Now)
            return new Wait("BoundByHold", $"a hold ends in {(until - o.Now).TotalSeconds:0.0} s");

        var promises = o.Peers.Where(p => p.Reachable && p.Incarnation is not null && p.View!.Promise is not null).Select(p => p.View!.Promise!.ToReport(p.Incarnation!.Value)).Append(o.Promise).ToList();
        // Whoever has not answered since the election began has nothing to say yet, and may be the one that is lost.
        var connected = o.Peers.Where(p => p.Reachable && p.PodGone != true && p.Incarnation is not null && p.ViewAge < o.ElectingSince).Select(p => p.Incarnation!.Value).ToHashSet();
        var verdict = Election.Judge(new ElectionView(record, promises, connected,
            o.ClausesSatisfiedFor, o.HolderIsDown, o.Settings.MaximumLag, Grace: TimeSpan.FromMilliseconds(200)));
        return verdict switch
        {
            ElectionVerdict.Winner winner when winner.Promise.By == o.Me && SafeToHold(o) is { } unfit => new Wait("NotFitToHold", unfit),
            ElectionVerdict.Winner winner when winner.Promise.By == o.Me => new Elect(winner.Promise, winner.Reason, winner.Message),
            ElectionVerdict.Winner winner => new Wait("ElectionOpen", $"{winner.Promise.By.Instance} is to take the record: {winner.Message}"),
            ElectionVerdict.Wait wait => new Wait(wait.Reason, wait.Message),
            _ => throw new InvalidOperationException(),
        };
    }

    /// <summary>The old holder whose agent lost the thread swaps back, by itself; anybody takes it on past the deadline.</summary>
    public static InstanceAction? HandingOver(InstanceObservation o)
    {
        if (o.Record!.State is not RecordState.HandingOver handover) return null;
        if (o.IsHolder) return new TakeBack("HandoverAbandoned", $"the switchover to {handover.Target.Instance} was not finished");
        // By its own clock, and with room for the holder's own way back: whoever takes it on does so by a new epoch.
        return o.WallClock > handover.Deadline + o.Settings.DetectionTimeout && o.SinceLiveBeat is null or { TotalSeconds: > 5 }
            ? new Vacate(o.Record.Epoch, "HandoverStuck", $"the switchover to {handover.Target.Instance} is past its deadline")
            : null;
    }

    /// <summary>A failing volume must not be elected: it would be vacated at once.</summary>
    private static string? SafeToHold(InstanceObservation o) => o.StorageFailed ? "its volume cannot be written" : o.ShutdownRequested ? "it is being ended" : null;
}

/// <summary>Rules of the record's holder.</summary>
internal static class HolderRules
{
    /// <summary>While nothing streams, the other site's lineage is read again when it is older than this.</summary>
    private static readonly TimeSpan LineageAge = TimeSpan.FromSeconds(1);

    private static bool Holds(InstanceObservation o, RunMode mode) => o.IsHolder && o.Record!.State is RecordState.Stable && o.Record.RunMode == mode;

    /// <summary>Demote (section 5): the server and all its children reaped first, then the end of the log becomes the token [S3].</summary>
    public static InstanceAction? Demoted(InstanceObservation o)
    {
        if (!Holds(o, RunMode.Standby)) return null;
        var tokenDue = o.Pair is { IsDemoting: true } && o.HasData && o.Volume.Marker == VolumeMarker.None && o.Record!.Demoted?.PairEpoch != o.Record.PairEpoch;
        return o.RunsReadWrite || tokenDue
            ? new Demote("RunModeStandby", "the pair demotes this site: the server stops, then the end of its log is published")
            : null;
    }

    /// <summary>The main standby streams from the other site; with nobody there to follow it still serves WAL to its own site.</summary>
    public static InstanceAction? MainStandby(InstanceObservation o)
    {
        if (!Holds(o, RunMode.Standby)) return null;
        var source = SiteUpstream.Of(o);
        if (!o.HasData || o.Volume.Marker is VolumeMarker.Cloning or VolumeMarker.Initializing)
            return source is null
                ? new Wait("WaitingForPeer", "the other site has nothing to clone from yet")
                : OtherSite(o) is not null
                    ? new BaseBackup(source, "NoData", $"no data yet: base backup from {source.Name}")
                    : new ReadOtherSite(source, "NoData", "reads the other site's lineage before it clones");
        // Half rewound, it has no log whose end could be known; and started it would be neither the old server nor the new one.
        if (o.Volume.Marker == VolumeMarker.Rewinding) return RewoundInPart(o, source);
        if (o.LogEnd is null)
            return o.Process.Running ? new Wait("Starting", "the server does not answer yet") : new Seal("LogEndUnknown", "where the log ends must be known before anybody is followed");

        if (source is not null)
        {
            if (OtherSite(o) is not { } other)
                return o.Process.Running && o.Upstream == source ? null : new ReadOtherSite(source, "LineageUnknown", "reads the other site's lineage before it follows");
            if (o.Upstream != source || !o.Process.Running)
            {
                var action = FollowerRules.Rejoin(o, source, other.Entries, null);
                if (action is not StartStandby and not Repoint) return action;
                return LineageDiffers(o, other) || !o.Record!.Quorums.IsEmpty ? new AdoptLineage("FollowsOtherSite", "the record takes over the lineage of the site that is followed") : action;
            }
            // The cascades know the history of what they receive from the record.
            if (LineageDiffers(o, other)) return new AdoptLineage("LineageGrew", "the other site's history has a reign that the record does not know");
            // A failover inside the other site: its lineage grew by a reign that only its database tells of.
            if (o.Status is { } status && other.Entries.LastOrDefault()?.Timeline is { } known && status.Timeline > known)
                return new ReadOtherSite(source, "LineageGrew", $"the other site is on timeline {status.Timeline}");
            // What was sent over here may be more than any member over there had when one of them was promoted: the receiver then asks for ever for what is not in that history.
            if (o.Status is { Receiver: not { Status: "streaming" } } && o.Now - other.ReadAt > LineageAge)
                return new ReadOtherSite(source, "NotStreaming", "streaming has stopped: was there a failover at the other site?");
            if (FollowerRules.Rejoin(o, source, other.Entries, null) is (Stop or Hold) and var apart) return apart;
        }
        else
        {
            if (!o.Process.Running) return new StartStandby(null, "NobodyToFollow", "serves WAL to its own site");
            if (o.Upstream is not null && o.Pair is { IsDemoting: true }) return new Repoint(null, "NobodyToFollow", "the handover is not decided: nobody is followed");
        }
        return FollowerRules.Connecting(o) ?? FollowerRules.Configured(o) ?? Unknowns(o);
    }

    private static bool LineageDiffers(InstanceObservation o, RemoteLineage other) => !o.Record!.Lineage.SequenceEqual(other.Entries);

    private static InstanceAction RewoundInPart(InstanceObservation o, UpstreamTarget? source)
    {
        if (FollowerRules.RewindOver(o) is { } over) return over;
        if (source is null) return new Wait("WaitingForPeer", "a rewind was begun, and goes on when the other site is there");
        return OtherSite(o) is not null ? FollowerRules.RewindAgain(source) : new ReadOtherSite(source, "LineageUnknown", "reads the other site's lineage before it goes on rewinding");
    }

    /// <summary>Its lineage, if it was read at the present pair epoch.</summary>
    private static RemoteLineage? OtherSite(InstanceObservation o) => o.OtherSite is { } known && known.PairEpoch == o.Pair!.PairEpoch ? known : null;

    private static InstanceAction? Unknowns(InstanceObservation o)
    {
        var joining = Joining(o);
        return joining.Count > 0 ? new AddMembers(joining, "Joining", $"{string.Join(", ", joining.Select(j => j.Instance))} streams and becomes electable") : new Nothing("AsWanted", "main standby");
    }

    public static InstanceAction? Founding(InstanceObservation o) =>
        Holds(o, RunMode.Primary) && o.Record!.SystemIdentifier is null && o.Volume.Marker == VolumeMarker.Initializing
            ? new Initialize("Founding", "the record is made: now the database")
            : null;

    /// <summary>A holder that fails its gate vacates at once: others may be fit.</summary>
    public static InstanceAction? Unfit(InstanceObservation o)
    {
        if (!Holds(o, RunMode.Primary)) return null;
        var epoch = o.Record!.Epoch;
        if (!o.HasData || o.Volume.Marker != VolumeMarker.None)
            return Give(o, "NoData", $"holds the record but has no usable data ({(o.HasData ? o.Volume.Marker.ToString() : "empty")})");
        if (o.StorageFailed)
            return Give(o, "StorageFailed", "its volume cannot be written");
        if (!o.RunsReadWrite && o.RestartsInWindow > o.Settings.RestartThreshold)
            return Give(o, "RestartThreshold", $"{o.RestartsInWindow} crashes within {o.Settings.RestartWindow.TotalMinutes:0} min; {o.Settings.RestartThreshold} are answered in place");
        return null;

        static InstanceAction Give(InstanceObservation o, string reason, string message) =>
            o.Process.Running ? new Stop(StopMode.Immediate, reason, message)
            : o.Peers.Any(p => p.Reachable) ? new Vacate(o.Record!.Epoch, reason, message)
            : new Hold(reason, message + "; nobody else is reachable");
    }

    /// <summary>The gate (section 4), each clause a line. An elected holder goes through recovery first: only a promotion opens its own timeline.</summary>
    public static InstanceAction? ServerDown(InstanceObservation o)
    {
        if (!Holds(o, RunMode.Primary) || o.Process.Running) return null;
        if (o.LogEnd is null) return new Seal("LogEndUnknown", "where the log ends must be known before the gate");
        if (o.OwnReign is not { Timeline: not null })
            return new StartStandby(null, "Elected", "recovers, then promotes onto a timeline of its own");
        if (GateProblem(o) is { } problem) return problem;
        return Granted(o) ? new StartReadWrite("Holder", $"holds epoch {o.Record!.Epoch}") : new SwapRun("Holder", $"the start at epoch {o.Record!.Epoch} is written before it is done");
    }

    /// <summary>Elected, and in recovery: promote behind the same gate.</summary>
    public static InstanceAction? Elected(InstanceObservation o)
    {
        if (!Holds(o, RunMode.Primary) || !o.RunsStandby) return null;
        if (o.Status is null || o.LogEnd is null) return new Wait("Recovering", "the server does not answer yet");
        if (GateProblem(o) is { } problem) return problem;
        if (o.OwnReign is null || !Granted(o)) return new SwapRun("Elected", $"the promotion at epoch {o.Record!.Epoch} is written before it is done");
        return new Promote("Elected", $"holds epoch {o.Record!.Epoch}");
    }

    public static InstanceAction? NotAdmitted(InstanceObservation o)
    {
        if (!Holds(o, RunMode.Primary) || !o.RunsReadWrite || o.IsAdmitted) return null;
        if (o.Status is null) return new Wait("Starting", "the server does not answer yet");
        if (o.Admission?.IsOf(o.Record!) != true || o.Admission.OwnRecord is not { } ownRecord)
            return new PrepareAdmission("OwnRecord", "confirms the timeline and writes the first record of its epoch");
        if (AdmissionRules.Judge(o.OwnClause, o.Settings.Synchrony, o.Standbys, FlushedBy(o.Status), ownRecord) is not { } missing)
            return new Admit("Admissible", $"{o.OwnClause?.ToString() ?? "none"} have flushed {ownRecord}, a record of this epoch");
        return Upkeep(o) ?? new Wait(missing.Reason, missing.Message);
    }

    public static InstanceAction? Reigning(InstanceObservation o)
    {
        if (!Holds(o, RunMode.Primary) || !o.RunsReadWrite || !o.IsAdmitted) return null;
        if (o.Record!.Quorums.Any(c => c.Epoch < o.Record.Epoch || c.Holder != o.Me))
            return new Admit("OldClauses", "drops the clauses of earlier reigns");
        if (o.Settings.Switchover is { } request && request.FromEpoch == o.Record.Epoch && o.HandoverTried != request.Id && HandoverTarget.Choose(o, request.To) is { } target)
            return new HandOver(target, "Requested", $"planned switchover to {target.Instance}");
        return Upkeep(o) ?? FollowerRules.Configured(o) ?? new Nothing("AsWanted", "holds the record and serves clients");
    }

    /// <summary>By name; of two streams under one name the lesser counts, since one of them is over.</summary>
    private static Dictionary<string, Lsn?> FlushedBy(ServerStatus status) =>
        status.Senders.GroupBy(s => s.ApplicationName, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Any(s => s.Flush is null) ? null : g.Min(s => s.Flush), StringComparer.Ordinal);

    /// <summary>Members and the synchronous set: one change at a time.</summary>
    private static InstanceAction? Upkeep(InstanceObservation o)
    {
        var record = o.Record!;
        var joining = Joining(o);
        if (joining.Count > 0) return new AddMembers(joining, "Joining", $"{string.Join(", ", joining.Select(j => j.Instance))} streams and becomes electable");
        var own = record.Quorums.Where(c => c.Epoch == record.Epoch && c.Holder == o.Me).ToList();
        var current = own.Count == 1 ? own[0] : new QuorumClause(record.Epoch, o.Me, [], 0);
        var proposal = own.Count > 1 ? SetRules.Resume(own[^2], own[^1], o.Settings.Synchrony, o.Standbys) : SetRules.Propose(current, o.Settings.Synchrony, o.Standbys);
        if (proposal.To is { } to) return new ChangeSet(to, proposal.Reason, proposal.Message);
        // Alone, with clauses of earlier reigns that hold one back who must be copied anew.
        return current.IsEmpty && own.Count == 1 && record.Quorums.Count > 1 && o.Standbys.FirstOrDefault(s => s.Leaves) is { } leaving
            ? new ChangeSet(current, "MemberRebuilt", $"{leaving.Incarnation.Instance} must be copied anew, and clauses of earlier reigns hold it back: the floor takes their place")
            : null;
    }

    private static List<Incarnation> Joining(InstanceObservation o) =>
        [.. o.Standbys.Where(s => s.Streaming && !o.Record!.Members.Contains(s.Incarnation)).Select(s => s.Incarnation)];

    private static bool Granted(InstanceObservation o) =>
        o.Grant is { } grant && grant.Epoch == o.Record!.Epoch && grant.PairEpoch == o.Record.PairEpoch && o.Record.Run?.Nonce == grant.Nonce
        // The start is under the guard: not later than 2/3 of the lease after its swap was sent [C10c].
        && o.Now - grant.SentAt < o.Record.LeaseDuration * 2 / 3;

    private static InstanceAction? GateProblem(InstanceObservation o)
    {
        var record = o.Record!;
        var mine = DataLineage.Of(o.Volume.Lineage, o.LogEnd!.Timeline, o.LogEnd.End);
        if (record.Floor is { } floor && mine.Position < floor && o.OwnReign is not { Timeline: not null })
            return new Hold("BelowFloor", $"its log ends at {mine.Position}, below the floor {floor}: acknowledged commits would be missing");
        // A site never opens at an epoch below the last pair epoch in its own log [S7].
        if (record.PairEpoch is { } pairEpoch && mine.Position.PairEpoch is { } logged && logged > pairEpoch)
            return new Hold("LogOfHigherPairEpoch", $"its log was written at pair epoch {logged}, the record says {pairEpoch}");
        if (o.Settings.Pair is not null && record.PairEpoch is not null)
        {
            if (o.Pair is null) return new Wait("PairUnknown", "the pair's record is not known");
            if (o.Pair.PairEpoch != record.PairEpoch || o.Pair.Role != PairRole.Primary || o.Pair.RefusesClients)
                return new Wait("PairNotSettled", $"the pair's record says {o.Pair.Role} at {o.Pair.PairEpoch}{(o.Pair.Operation is { } operation ? $", {operation.Kind} at {operation.Step}" : "")}");
            // A site that had no writable holder opens only after a live look at the other site [S8].
            if (!o.PeerSiteChecked) return new CheckOtherSite("PeerUnknown", "the other site must show no higher pair epoch before this one opens");
        }
        return null;
    }
}

/// <summary>Rules of everybody but the holder; the holder's own list ends before them.</summary>
internal static class FollowerRules
{
    public const string InsideClauseReason = "InsideClause";

    /// <summary>As connect_timeout says, which the receiver does not look at.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(3);

    /// <summary>There is one who may write, and it is not this one.</summary>
    public static InstanceAction? MustNotWrite(InstanceObservation o) =>
        o.RunsReadWrite ? new Stop(StopMode.Immediate, "NotHolder", $"the record is held by {o.Record!.Holder?.Instance ?? "nobody"}") : null;

    public static InstanceAction? WithoutData(InstanceObservation o)
    {
        if (o.HasData && o.Volume.Marker is VolumeMarker.None or VolumeMarker.Rewinding) return null;
        if (o.Process.Running) return new Stop(StopMode.Immediate, "NoUsableData", "a clone was begun on this volume");
        if (o.Record!.SystemIdentifier is null) return new Wait("HolderFounding", $"{o.Record.Holder?.Instance} has not made the database yet");
        if (InsideClause(o)) return new Wait(InsideClauseReason, "the holder must take this instance out of the synchronous set before its volume is rebuilt");
        return LocalUpstream.Of(o) is { } source && HolderReady(o)
            ? new BaseBackup(source, "NoData", $"no data yet: base backup from {source.Name}")
            : new Wait("HolderNotReady", $"{o.Record.Holder?.Instance} cannot be cloned from yet");
    }

    public static InstanceAction? InterruptedRewind(InstanceObservation o)
    {
        if (o.Volume.Marker != VolumeMarker.Rewinding) return null;
        if (RewindOver(o) is { } over) return over;
        return LocalUpstream.Of(o) is { } source && HolderReady(o) ? RewindAgain(source) : new Wait("HolderNotReady", "the rewind goes on when the holder is there");
    }

    /// <summary>What comes before a rewind that was begun can go on, or instead of it; null: it can.</summary>
    public static InstanceAction? RewindOver(InstanceObservation o) =>
        o.Process.Running ? new Stop(StopMode.Fast, "RewindInterrupted", "a rewind was begun")
        : o.RewindImpossible is { } why ? Rebuild(o, "RewindNotPossible", why)
        : null;

    public static Rewind RewindAgain(UpstreamTarget source) => new(source, "RewindInterrupted", "a rewind was begun and not finished: again");

    public static InstanceAction? ServerDown(InstanceObservation o)
    {
        if (o.Process.Running) return null;
        if (o.LogEnd is null) return new Seal("LogEndUnknown", "where the log ends must be known before anybody is followed");
        if (LocalUpstream.Of(o) is not { } source) return new Wait("HolderUnknown", "the holder's address is not known");
        return Rejoin(o, source, o.Record!.Lineage, o.Record.ElectedEnd);
    }

    public static InstanceAction? WrongUpstream(InstanceObservation o)
    {
        if (LocalUpstream.Of(o) is not { } source || o.Upstream == source) return null;
        if (o.LogEnd is null) return new Wait("LogEndUnknown", "the server has not said where its log ends");
        return Rejoin(o, source, o.Record!.Lineage, o.Record.ElectedEnd);
    }

    /// <summary>A standby whose log went another way than the holder's cannot stream, however often it tries.</summary>
    public static InstanceAction? Diverged(InstanceObservation o)
    {
        if (o.Status is null or { Receiver.Status: "streaming" } || o.LogEnd is null || o.Upstream is null || LocalUpstream.Of(o) is not { } source) return null;
        return Rejoin(o, source, o.Record!.Lineage, o.Record.ElectedEnd) is Rewind or Stop or Discard ? Rejoin(o, source, o.Record.Lineage, o.Record.ElectedEnd) : null;
    }

    /// <summary>
    /// The holder confirms its reign, or the other site begins one, while this instance follows: what its volume says of its data must not lag behind what arrives, or its position in an
    /// election would be that of an earlier reign.
    /// </summary>
    public static InstanceAction? LineageGrew(InstanceObservation o) =>
        o is { RunsStandby: true, LogEnd: not null, Upstream: not null, Record: { Lineage.IsEmpty: false } record } && o.Upstream == LocalUpstream.Of(o) && !o.Volume.Lineage.SequenceEqual(record.Lineage)
            && Protocol.Rejoining.RejoinRules.Judge(DataLineage.Of(o.Volume.Lineage, o.LogEnd.Timeline, o.LogEnd.End), record.Lineage, record.ElectedEnd) is Protocol.Rejoining.RejoinVerdict.Follow
            ? new NoteLineage("LineageGrew", "the holder's history has more than this volume knows")
            : null;

    /// <summary>
    /// A WAL receiver waits for its connection as long as the system does, connect_timeout or not: two minutes for an address where nobody is any more, as a Service's may be
    /// just when its pod has gone.
    /// </summary>
    public static InstanceAction? Connecting(InstanceObservation o) => o.Status is { Connecting: { } receiver } && receiver.For > ConnectLimit
        ? new Reconnect(receiver.Pid, "NotConnected", $"the WAL receiver has been connecting for {receiver.For.TotalSeconds:0.0} s: it begins anew")
        : null;

    /// <summary>
    /// The other site's main standby comes through a Service, whose word may be old: connected just when this instance had given the record away, it would stream on from
    /// here for good, where its primary does not see it. Ended, it comes again, and finds the holder.
    /// </summary>
    public static InstanceAction? Strangers(InstanceObservation o)
    {
        if (o.Status is not { InRecovery: true } status) return null;
        var known = o.Peers.Select(p => p.Incarnation).OfType<Incarnation>().Union(o.Record!.Members).Select(i => i.ReplicationName).ToHashSet(StringComparer.Ordinal);
        var copying = status.Senders.Where(s => s.State is not ("streaming" or "catchup")).Select(s => s.ApplicationName).ToHashSet(StringComparer.Ordinal);
        var strangers = status.Senders.Where(s => s.IsInstance && !known.Contains(s.ApplicationName) && !copying.Contains(s.ApplicationName)).ToList();
        return strangers.Count > 0
            ? new EndStreams([.. strangers.Select(s => s.Pid)], "NotHolder", $"{string.Join(", ", strangers.Select(s => s.ApplicationName))} of the other site streams from here, and belongs to the holder")
            : null;
    }

    public static InstanceAction? Configured(InstanceObservation o) =>
        o.Process.Running && o.Status is not null && o.ConfigurationDrift ? new ApplyConfiguration("Drift", "the configuration differs from what is wanted") : null;

    /// <summary>Follow, wait, rewind or rebuild, as the lineage says.</summary>
    public static InstanceAction Rejoin(InstanceObservation o, UpstreamTarget source, System.Collections.Immutable.ImmutableList<LineageEntry> lineage, Lsn? electedEnd)
    {
        if (o.Record!.SystemIdentifier is { } wanted && o.OtherSite is { } other && other.SystemIdentifier != wanted)
            return new Hold("SystemIdentifierMismatch", $"the other site's database is {other.SystemIdentifier}, this one {wanted}");
        var mine = DataLineage.Of(o.Volume.Lineage, o.LogEnd!.Timeline, o.LogEnd.End);
        switch (Protocol.Rejoining.RejoinRules.Judge(mine, lineage, electedEnd))
        {
            case Protocol.Rejoining.RejoinVerdict.Follow follow:
                return o.Process.Running ? new Repoint(source, follow.Reason, follow.Message) : new StartStandby(source, follow.Reason, follow.Message);
            case Protocol.Rejoining.RejoinVerdict.Wait wait:
                return new Wait(wait.Reason, wait.Message);
            case Protocol.Rejoining.RejoinVerdict.Rewind rewind when o.Process.Running:
                return new Stop(StopMode.Fast, rewind.Reason, rewind.Message);
            case Protocol.Rejoining.RejoinVerdict.Rewind rewind when !o.Settings.AutoRejoin:
                return new Hold("Diverged", rewind.Message + "; spec.autoRejoin is false");
            case Protocol.Rejoining.RejoinVerdict.Rewind rewind:
                return o.IsHolder || HolderReady(o) ? new Rewind(source, rewind.Reason, rewind.Message) : new Wait("HolderNotReady", "the rewind begins when the holder is there");
            case Protocol.Rejoining.RejoinVerdict.Rebuild rebuild:
                return Rebuild(o, rebuild.Reason, rebuild.Message);
            default:
                throw new InvalidOperationException();
        }
    }

    /// <summary>The volume's present life is of no use any more; it ends only once nothing counts on it.</summary>
    public static InstanceAction Rebuild(InstanceObservation o, string reason, string message)
    {
        if (!o.Settings.AutoRejoin || WroteHere(o)) return new Hold("WouldDiscardData", message + "; a base backup would discard this volume's data");
        if (InsideClause(o)) return new Wait(InsideClauseReason, "the holder must take this instance out of the synchronous set before its volume is rebuilt");
        if (o.Process.Running) return new Stop(StopMode.Fast, reason, message);
        return o.IsHolder || HolderReady(o) ? new Discard(reason, message) : new Wait("HolderNotReady", "the base backup begins when the holder is there");
    }

    /// <summary>
    /// Whether the log of a main standby has, beyond what the other site has, a reign of its own site: commits that were acknowledged here and are nowhere else. What it only received
    /// from the other site, and that site does not have any more, is nobody's.
    /// </summary>
    private static bool WroteHere(InstanceObservation o) =>
        o.IsHolder && o.LogEnd is { } end && DataLineage.Of(o.Volume.Lineage, end.Timeline, end.End).Entries is var mine
        && mine.Any(m => (m.PairEpoch is null || m.PairEpoch.Value.Site == o.Site) && o.OtherSite?.Entries.Any(m.SameReign) != true);

    /// <summary>A member leaves all clauses before its volume is rebuilt or wiped: what they counted on it would be gone.</summary>
    private static bool InsideClause(InstanceObservation o) => o.Record!.Quorums.Any(c => c.Members.Contains(o.Me) || c.Holder == o.Me && c.Epoch == o.Record.Epoch);

    private static bool HolderReady(InstanceObservation o) => o.Peers.FirstOrDefault(p => p.Incarnation == o.Record!.Holder) is { Reachable: true };
}
