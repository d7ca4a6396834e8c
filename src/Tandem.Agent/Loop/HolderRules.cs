using Tandem.Agent.State;
using Tandem.Postgres;
using Tandem.Protocol.Records;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;
using static Tandem.Agent.Loop.InstanceAction;

namespace Tandem.Agent.Loop;

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
                if (action is StartStandby { Source: null }) return action;
                // What it remembers from when it last was the main standby may be older than its own log: neither is it to be waited upon, nor anything given up for it. A hold stands: what a person
                // reads is not to come and go.
                if (action is not StartStandby and not Repoint)
                    return action is not Hold && o.Now - other.ReadAt > LineageAge ? new ReadOtherSite(source, "LineageOld", "reads the other site's lineage again before it acts on it") : action;
                return LineageDiffers(o, other) || !o.Record!.Quorums.IsEmpty ? new AdoptLineage("FollowsOtherSite", "the record takes over the lineage of the site that is followed") : action;
            }
            // The cascades know the history of what they receive from the record.
            if (LineageDiffers(o, other)) return new AdoptLineage("LineageGrew", "the other site's history has a reign that the record does not know");
            // A failover inside the other site: its lineage grew by a reign that only its database tells of.
            // One whose log is known to be of a reign that was given up may be beyond it for good: it is judged by what has just been read.
            if (o.Status is { } status && other.Entries.LastOrDefault()?.Timeline is { } known && status.Timeline > known && (o.LogLineage!.EndsUnattributed || o.Now - other.ReadAt > LineageAge))
                return new ReadOtherSite(source, "LineageGrew", $"the other site is on timeline {status.Timeline}");
            // What was sent over here may be more than any member over there had when one of them was promoted: the receiver then asks for ever for what is not in that history.
            if (o.Status is { Receiver: not { Status: "streaming" } } && o.Now - other.ReadAt > LineageAge)
                return new ReadOtherSite(source, "NotStreaming", "streaming has stopped: was there a failover at the other site?");
            if (FollowerRules.StrayTimeline(o, source, other.Entries) is { } stray) return stray;
            if (FollowerRules.Rejoin(o, source, other.Entries, null) is (Stop or Hold or AcceptDiscard or LeaveClauses or Wait { Reason: FollowerRules.CountedByOtherSiteReason }) and var apart) return apart;
        }
        else
        {
            if (!o.Process.Running) return new StartStandby(null, "NobodyToFollow", "serves WAL to its own site");
            if (o.Upstream is not null && o.Pair is { IsDemoting: true }) return new Repoint(null, "NobodyToFollow", "the handover is not decided: nobody is followed");
        }
        return FollowerRules.Connecting(o) ?? FollowerRules.Configured(o) ?? Members(o) ?? ConnectedAnew(o, source) ?? (InstanceAction)new Nothing("AsWanted", "main standby");
    }

    /// <summary>
    /// Connected anew between two looks, it was never seen to stop; and the number of a timeline that was given up over there may have been taken again: that it streams does not tell from which reign.
    /// </summary>
    private static ReadOtherSite? ConnectedAnew(InstanceObservation o, UpstreamTarget? source) =>
        source is not null && OtherSite(o) is { } other && o.Status is { Receiver: { Status: "streaming" } receiver } && receiver.Pid != other.Receiver && o.Now - other.ReadAt > LineageAge
            ? new ReadOtherSite(source, "ConnectedAnew", "streaming was begun anew: was there a failover at the other site?")
            : null;

    private static bool LineageDiffers(InstanceObservation o, RemoteLineage other) => !o.Record!.Lineage.SequenceEqual(other.Entries);

    private static InstanceAction RewoundInPart(InstanceObservation o, UpstreamTarget? source)
    {
        if (FollowerRules.RewindOver(o) is { } over) return over;
        if (source is null) return new Wait("WaitingForPeer", "a rewind was begun, and goes on when the other site is there");
        return OtherSite(o) is not null ? FollowerRules.RewindAgain(source) : new ReadOtherSite(source, "LineageUnknown", "reads the other site's lineage before it goes on rewinding");
    }

    /// <summary>Its lineage, if it was read at the present pair epoch.</summary>
    private static RemoteLineage? OtherSite(InstanceObservation o) => o.OtherSite is { } known && known.PairEpoch == o.Pair!.PairEpoch ? known : null;

    public static InstanceAction? Founding(InstanceObservation o) =>
        Holds(o, RunMode.Primary) && o.Record!.SystemIdentifier is null && o.Volume.Marker == VolumeMarker.Initializing
            ? new Initialize("Founding", "the record is made: now the database")
            : null;

    /// <summary>Whoever is to copy the database waits for its name. A rule of its own: the swap may lose to another, or its maker end before it.</summary>
    public static InstanceAction? Unnamed(InstanceObservation o) =>
        Holds(o, RunMode.Primary) && o.Record!.SystemIdentifier is null && o is { HasData: true, Volume.Marker: VolumeMarker.None }
            ? new NameSystem("DatabaseMade", "the record is told which database was made")
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
        if (RecordSight.MembersUnheard(o) is { } unheard) return unheard;
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
        // Demoted, and reopened in the same epochs: its reign goes on where it was. A promotion would open another timeline under its name, of which nobody would ever hear.
        if (o.OwnReign is { Timeline: { } own } && own == o.LogEnd.Timeline) return new Stop(StopMode.Fast, "ReignGoesOn", $"its own reign goes on, on timeline {own}: that takes no promotion");
        if (o.OwnReign is null && o.ReignUnasked) return FollowerRules.Learn;
        // What came from the other site may be of a reign that began there since: whose it is must be known before it is held against the floor and the pair epoch. Where all of the log tells of none, that site was lost before
        // its new primary could say so: nothing was acknowledged there, and the log stands where the reign before was left.
        if (o.OwnReign is null && o.ReignUnknown && o.Upstream is { IsSite: true } && !o.LogTellsOfNoReign) return FollowerRules.ReignUnknown(o) ?? new Wait("ReignUnknown", "whose reign its log ends in is not known yet");
        // The gate asks where its log left the last reign.
        if (o.LogLineage!.EndsUnattributed && o.NewestTimeline is null && FollowerRules.AskAgain(o) is { } ask) return ask;
        if (GateProblem(o) is { } problem) return problem;
        if (o.TimelineAhead is { } ahead) return new Stop(StopMode.Fast, "TimelineNotReached", $"the history of timeline {ahead.Timeline} has arrived, and nothing of that timeline: the server would be promoted from it");
        if (o.OwnReign is null || !Granted(o)) return new SwapRun("Elected", $"the promotion at epoch {o.Record!.Epoch} is written before it is done");
        return new Promote("Elected", $"holds epoch {o.Record!.Epoch}");
    }

    public static InstanceAction? NotAdmitted(InstanceObservation o)
    {
        if (!Holds(o, RunMode.Primary) || !o.RunsReadWrite || o.IsAdmitted) return null;
        // The pair has passed to another epoch while it ran on: a handover was revoked before it had begun here. What it writes would be of a reign that is over; one of its own begins with a promotion.
        if (o.OwnReign is null) return new Stop(StopMode.Fast, "ReignIsOver", $"runs by a reign of before {o.Record!.PairEpoch}: another begins");
        if (o.Status is null) return new Wait("Starting", "the server does not answer yet");
        if (o.Admission?.IsOf(o.Record!) != true || o.Admission.OwnRecord is not { } ownRecord)
            return new PrepareAdmission("OwnRecord", "confirms the timeline and writes the first record of its epoch");
        if (AdmissionRules.Judge(o.OwnClause, o.Synchrony, o.Standbys, FlushedBy(o.Status), ownRecord, o.AwaitedRemote is null ? null : o.Remote) is not { } missing)
            // Clients come in by one setting, known to all: who of the other site is counted may have changed since the start.
            return (InstanceAction?)SettingDiffers(o) ?? new Admit("Admissible", $"{o.OwnClause?.ToString() ?? "none"} have flushed {ownRecord}, a record of this epoch");
        return Upkeep(o) ?? new Wait(missing.Reason, missing.Message);
    }

    public static InstanceAction? Reigning(InstanceObservation o)
    {
        if (!Holds(o, RunMode.Primary) || !o.RunsReadWrite || !o.IsAdmitted) return null;
        if (o.Record!.Quorums.Any(c => c.Epoch < o.Record.Epoch || c.Holder != o.Me) || o.Record.Named is not null)
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
        if (Members(o) is { } members) return members;
        if (SlotMissing(o) is { } missing) return missing;
        var own = record.Quorums.Where(c => c.Epoch == record.Epoch && c.Holder == o.Me).ToList();
        var current = own.Count == 1 ? own[0] : QuorumClause.Empty(record.Epoch, o.Me);
        if (SettingDiffers(o) is { } differs) return differs;
        if (own.Count <= 1 && SlotsLeft(o) is { } left) return left;
        var proposal = own.Count > 1 ? SetRules.Resume(own[^2], own[^1], o.Synchrony, o.Standbys) : SetRules.Propose(current, o.Synchrony, o.Standbys);
        if (proposal.To is { } to) return new ChangeSet(to, o.AwaitedRemote, proposal.Reason, proposal.Message);
        if (own.Count == 1 && RemoteFit(o, current) is { } joins) return joins;
        // Alone, with clauses of earlier reigns that hold one back who must be copied anew.
        return current.IsEmpty && own.Count == 1 && record.Quorums.Count > 1 && o.Standbys.FirstOrDefault(s => s.Leaves) is { } leaving
            ? new ChangeSet(current, o.AwaitedRemote, "MemberRebuilt", $"{leaving.Incarnation.Instance} must be copied anew, and clauses of earlier reigns hold it back: the floor takes their place")
            : null;
    }

    /// <summary>
    /// The setting is not what the record and the spec say, though no change of the clauses is under way: somebody of the other site is counted, or no more; a change was cut short; or the empty clause stands for another of
    /// its two settings, nothing waited for or, where durability is Required, somebody who does not exist. Before anything else of it changes: with fewer acknowledgements than names, one of the other site could take the
    /// place of a member.
    /// </summary>
    private static ChangeSet? SettingDiffers(InstanceObservation o)
    {
        if (o is not { OwnClause: { } clause, Status: { } status, Record: { } record } || record.Quorums.Count(c => c.Epoch == record.Epoch && c.Holder == o.Me) != 1) return null;
        var wanted = SetRules.Setting(clause, o.Synchrony, o.AwaitedRemote);
        return status.SynchronousStandbyNames == wanted.ToString() ? null : new ChangeSet(clause, o.AwaitedRemote, "SettingDiffers", wanted switch
        {
            _ when o.AwaitedRemote is { } remote => $"commits wait for {remote}",
            { Names.IsEmpty: true } => "nobody's confirmation is asked for: commits do not wait",
            _ when clause.IsEmpty => "durability is Required, and no standby is there to confirm: commits wait",
            _ => $"commits wait for {clause}, and for nobody else",
        });
    }

    /// <summary>Once all of the set here must acknowledge; and once it has nearly everything, since commits wait for it from then on.</summary>
    private static ChangeSet? RemoteFit(InstanceObservation o, QuorumClause clause) =>
        o is { Record.RemoteNow: { Counted: false } remote, Remote: { Streaming: true, Lag: { } lag } } && lag <= o.Settings.Synchrony.ResumeLag && clause.Acknowledgements == clause.Members.Count
            ? new ChangeSet(clause, remote, "OtherSiteFit", $"{remote} streams within {o.Settings.Synchrony.ResumeLag} bytes: commits wait for it from now on", Counts: true)
            : null;

    /// <summary>Before the setting names the one of the other site: from then on it comes through its slot.</summary>
    private static MakeSlot? SlotMissing(InstanceObservation o) =>
        o.Status is { } status && SlotOfOtherSite(o) is { } wanted && !status.Slots.Contains(wanted) ? new MakeSlot(wanted, "OtherSiteWanted", $"a slot for {o.Record!.RemoteNow}, so that it streams once") : null;

    /// <summary>Not before the setting names them no more: without its slot one could stream twice, and be counted for two. They would keep the log for nobody.</summary>
    private static DropSlots? SlotsLeft(InstanceObservation o)
    {
        var wanted = SlotOfOtherSite(o);
        var left = o.Status?.Slots.Where(s => SiteSlots.IsOne(s) && s != wanted).ToList();
        return left is { Count: > 0 } ? new DropSlots(left, "OtherSiteLeft", $"slots of the other site's that nobody comes through any more: {string.Join(", ", left)}") : null;
    }

    private static string? SlotOfOtherSite(InstanceObservation o) => o.Record!.RemoteNow is { } remote ? SiteSlots.Of(remote.Incarnation.ReplicationName) : null;

    private static InstanceAction? Members(InstanceObservation o)
    {
        var joining = Joining(o);
        if (joining.Count > 0) return new AddMembers(joining, "Joining", $"{string.Join(", ", joining.Select(j => j.Instance))} streams and becomes electable");
        var left = Left(o);
        if (left.Count > 0) return new DropMembers(left, "ScaledDown", $"{string.Join(", ", left.Select(l => l.Instance))} has left: spec.instances is {o.Settings.Instances}");
        var superseded = Superseded(o);
        return superseded.Count > 0 ? new DropMembers(superseded, "Superseded", $"{string.Join(", ", superseded)}: another life of its instance streams in its place") : null;
    }

    /// <summary>Electable is also who has not said yet that he knows the reign: he is not counted for it, but may have all that is left.</summary>
    private static List<Incarnation> Joining(InstanceObservation o) =>
        [.. o.Standbys.Where(s => (s.Streaming || s.Unaware) && !o.Record!.Members.Contains(s.Incarnation)).Select(s => s.Incarnation)];

    /// <summary>
    /// Members beyond spec.instances whose pods are gone, once no clause speaks of them. A record that is lost is rebuilt only when every member has answered: who was told to leave must not be waited for then. Scaled up
    /// again, with what is on its claim, it joins like any other.
    /// </summary>
    private static List<Incarnation> Left(InstanceObservation o) =>
        !o.Reading.Reachable || !o.PodsKnown ? [] : [.. o.Record!.Members.Where(m => m != o.Me && o.Settings.IsSurplus(m.Instance) && !o.Record.IsCounted(m) && o.Peers.All(p => p.Instance != m.Instance || p.PodGone == true))];

    /// <summary>
    /// Members whose volume is gone, and whose instance has joined anew on another one, once no clause speaks of them. Nobody can ever hear them again, and a record that is lost would wait for them: for a person.
    /// </summary>
    private static List<Incarnation> Superseded(InstanceObservation o) =>
        [.. o.Record!.Members.Where(m => m != o.Me && !o.Record.IsCounted(m)
            && (m.Instance == o.Me.Instance || o.Standbys.Any(s => s.Streaming && s.Incarnation.Instance == m.Instance && s.Incarnation != m && o.Record.Members.Contains(s.Incarnation) && o.Peers.Any(p => p.Reachable && p.Incarnation == s.Incarnation))))];

    private static bool Granted(InstanceObservation o) =>
        o.Grant is { } grant && grant.Epoch == o.Record!.Epoch && grant.PairEpoch == o.Record.PairEpoch && o.Record.Run?.Nonce == grant.Nonce
        // The start is under the guard: not later than 2/3 of the lease after its swap was sent [C10c].
        && o.Now - grant.SentAt < o.Record.LeaseDuration * 2 / 3;

    private static InstanceAction? GateProblem(InstanceObservation o)
    {
        var record = o.Record!;
        var mine = o.LogLineage!;
        if (record.Floor is { } floor && o.LogPosition is { } position && position < floor && o.OwnReign is not { Timeline: not null })
            return BelowFloor(o, position, floor);
        // A site never opens at an epoch below the last pair epoch in its own log [S7].
        if (record.PairEpoch is { } pairEpoch && mine.Position.PairEpoch is { } logged && logged > pairEpoch)
            return new Hold("LogOfHigherPairEpoch", $"its log was written at pair epoch {logged}, the record says {pairEpoch}");
        if (o.Settings.Pair is not null && record.PairEpoch is not null)
        {
            if (o.Pair is null) return new Wait("PairUnknown", "the pair's record is not known");
            if (o.Pair.PairEpoch != record.PairEpoch || o.Pair.Role != PairRole.Primary || o.Pair.RefusesClients)
                return new Wait("PairNotSettled", $"the pair's record says {o.Pair.Role} at {o.Pair.PairEpoch}{(o.Pair.Operation is { } operation ? $", {operation.Kind} at {operation.Step}" : "")}");
            // Every start needs the arbiter's lease at this very epoch, restarts too; the other site's word does not replace it, nor is it needed beside it [S8].
            if (record.Arbiter is not null) return o.ArbiterHeld ? null : new HoldArbiter("ArbiterNotHeld", $"the arbiter's lease must be held at pair epoch {record.PairEpoch} before a server runs read-write");
            // A site that had no writable holder opens only after a live look at the other site [S8].
            if (!o.PeerSiteChecked) return new CheckOtherSite("PeerUnknown", "the other site must show no higher pair epoch before this one opens");
        }
        return null;
    }

    /// <summary>
    /// What is missing may be with another member, who is to hold then. If not, the old site has it: where a handover has made this site primary, its members go on streaming from there, below the floor of
    /// its token, until they have reached it [S12].
    /// </summary>
    private static InstanceAction BelowFloor(InstanceObservation o, LogEnd position, LogEnd floor)
    {
        var message = $"its log ends at {position}, below the floor {floor}: acknowledged commits would be missing";
        if (o.Peers.FirstOrDefault(p => p.Reachable && p.Incarnation is { } peer && o.Record!.Members.Contains(peer) && p.View is { Marked: false } view && view.Epoch == o.Record.Epoch.Value && view.LogEnd >= floor) is { } whole)
            return new Vacate(o.Record!.Epoch, "BelowFloor", $"{message}; {whole.Instance} has them");
        if (SiteUpstream.BeforeHandover(o) is not { } source) return new Hold("BelowFloor", message);
        var streams = o.Upstream == source && o.Status is { Receiver.Status: "streaming" };
        if (OtherSite(o) is not { } other || (!streams && o.Now - other.ReadAt > LineageAge)) return new ReadOtherSite(source, "BelowFloor", $"{message}; reads the lineage of {source.Name} before it follows");
        if (o.Upstream == source) return FollowerRules.StrayTimeline(o, source, other.Entries) ?? FollowerRules.Connecting(o) ?? FollowerRules.Configured(o) ?? new Wait("BelowFloor", $"{message}; they come from {source.Name}");
        return FollowerRules.Rejoin(o, source, other.Entries, null) is (Repoint or LearnLineage) and var follows ? follows : new Hold("BelowFloor", $"{message}; it cannot follow {source.Name} to get them");
    }
}
