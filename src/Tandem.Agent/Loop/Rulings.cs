using Tandem.Agent.State;
using Tandem.Postgres;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Protocol.Recovery;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;
using static Tandem.Agent.Loop.InstanceAction;

namespace Tandem.Agent.Loop;

/// <summary>Rules that come before the question of who one is.</summary>
internal static class Rulings
{
    /// <summary>As long as an agent that has just come into touch with the API server waits for those who do not answer.</summary>
    private static readonly TimeSpan HearingLimit = TimeSpan.FromSeconds(1);

    /// <summary>As long as one that is being ended waits for the primary to let it go: long enough for it to be heard and for a set change, and no longer where the primary knows nothing of this.</summary>
    private static readonly TimeSpan LetGoLimit = TimeSpan.FromSeconds(2);

    public const string AwaitedReason = "AwaitedByCommits";

    /// <summary>SIGTERM, eviction, drain and node shutdown of the holder are a planned switchover (section 4).</summary>
    public static InstanceAction? LeavingInOrder(InstanceObservation o)
    {
        if (!o.ShutdownRequested) return null;
        if (o.IsHolder && o.RunsReadWrite && o.IsAdmitted && o.Record!.State is RecordState.Stable && o.HandoverTried is null && !o.ShutdownUrgent && HandoverTarget.Choose(o, null) is { } target)
            return new HandOver(target, "Leaving", $"this instance is being ended; {target.Instance} takes over");
        // Begun already: it stops the server itself, and a stop by itself would cut it short. Where it has failed, the rules of a handover take it back first.
        if (o.IsHolder && o.Record!.State is RecordState.HandingOver && !o.ShutdownUrgent) return null;
        if (o.ShutdownFor < LetGoLimit && IsAwaited(o))
            return new Wait(AwaitedReason, "this instance is being ended; commits wait for it as long as the primary has not let it go");
        if (o.Process.Running)
            return new Stop(StopMode.Fast, "Leaving", "this instance is being ended");
        // With the server and all its children reaped, giving the record up is safe and saves the others their wait; alone, it would only cost a reign.
        if (o.IsHolder && o.Record!.State is RecordState.Stable && o.Reading.Reachable && o.Record.Members.Count > 1 && !o.ShutdownUrgent && o.Peers.Any(p => p.Reachable && p.Incarnation is { } peer && o.Record.Members.Contains(peer)))
            return new Vacate(o.Record.Epoch, "Leaving", "this instance is being ended and nobody could take over in order");
        return new Exit("Leaving", "this instance is being ended");
    }

    /// <summary>Every commit waits for this standby, and the primary can do without it: let go first, it holds none of them up by its end.</summary>
    private static bool IsAwaited(InstanceObservation o) =>
        !o.IsHolder && o.Status is { Receiver.Status: "streaming" } && o.Record is { RunMode: RunMode.Primary, State: RecordState.Stable } record && record.Epoch == o.Volume.Promise
        && o.Synchrony is { Mode: SynchronyMode.Synchronous, Least: var least } && record.Quorums.Any(c => c.Epoch == record.Epoch && c.Members.Contains(o.Me) && c.Members.Count > least)
        && FollowerRules.HolderReady(o);

    /// <summary>
    /// Nobody but its agent promotes a server, behind the gate; by a person's pg_promote it takes writes that no record explains. It has never acknowledged one that waits for others, as its setting names a placeholder;
    /// and what it has written since is on a timeline of nobody's reign.
    /// </summary>
    public static InstanceAction? PromotedByHand(InstanceObservation o) => o.IsPromotedByHand
        ? new Stop(StopMode.Fast, "PromotedByHand", "somebody has promoted this server by hand (pg_promote, pg_ctl promote): it is stopped, and follows again; kubectl tandem switchover moves the primary")
        : null;

    /// <summary>
    /// The record is lost, or older than what volumes remember (section 4). A server that runs is left to its guard, which nothing puts off any more: whatever it acknowledges until then is
    /// covered by the clauses that the members remember.
    /// </summary>
    public static InstanceAction? Regressed(InstanceObservation o)
    {
        if (!o.RecordRegressed || o.Reading.Unreadable is not null) return null;
        if (ResetAsked(o) is { } reset) return reset;
        return RecordLoss.Judge(RecordSight.View(o)) switch
        {
            LossVerdict.Rebuild when !o.PodsKnown => new Wait("PeersUnknown", "the record is to be rebuilt, and which instances run, each of which may remember more, is not known yet"),
            LossVerdict.Rebuild when !o.PairKnown => new Wait("WaitingForPair", $"the record is to be rebuilt, and the record of pair {o.Settings.Pair}, which says whether this site is open, has not been read yet"),
            LossVerdict.Rebuild rebuild => new RebuildRecord(rebuild.Next, "RecordRegressed", rebuild.Message),
            LossVerdict.Held held => new Hold("RecordRegressed", held.Message),
            _ => throw new InvalidOperationException(),
        };
    }

    /// <summary>
    /// kubectl tandem reset-primary: only the instance that it names acts, only where nobody is primary, and only as long as its volume has obeyed nothing after the epoch and revision that it names: so
    /// acting uses it up, an election that ended well does too, and one that comes late moves nothing.
    /// </summary>
    public static InstanceAction? ResetAsked(InstanceObservation o)
    {
        if (o.Settings.Reset is not { } request || request.To != o.Me.Instance || request.FromEpoch != o.Volume.Promise || request.FromRevision != (o.Volume.Record?.Revision ?? 0)) return null;
        if (!o.RecordRegressed && o.Record is not { State: RecordState.Electing } && !IsHolderSilent(o)) return null;
        if (!o.HasData || o.Volume.Marker != VolumeMarker.None) return new Hold("ResetRefused", $"reset-primary names this instance, but it has no usable data ({(o.HasData ? o.Volume.Marker : "empty")}): name another");
        var view = RecordSight.View(o);
        if ((o.Record ?? RecordLoss.Newest(view.Heard) ?? o.Reading.Record) is not { IsWritable: true } known) return new Hold("ResetRefused", "reset-primary names this instance, but no record is left that it could go on from");
        var next = RecordLoss.Reset(view, known);
        return new RebuildRecord(next, "ResetPrimary", $"reset-primary {request.Id}: this instance alone is electable in epoch {next.Epoch}; what others had acknowledged is given up");
    }

    /// <summary>Nobody may be able to vote it out: those who are left cannot satisfy what was promised, or it is the one that both sites count.</summary>
    private static bool IsHolderSilent(InstanceObservation o) =>
        o is { Reading.Reachable: true, IsHolder: false, Record: { State: RecordState.Stable, Holder: not null } } && o.SinceLiveBeat > o.Settings.DetectionTimeout;

    /// <summary>initdb only by the swap that creates the record; a volume that remembers one says that it was lost.</summary>
    public static InstanceAction? NoRecord(InstanceObservation o)
    {
        if (o.Reading.Exists is null) return new Wait("ApiUnreachable", "the record has never been read");
        if (o.Reading.Exists == true || !o.Reading.Reachable) return null;
        // An empty volume is no evidence that there was nothing: each of the others may remember a record that was deleted, and a database made anew would be taken for theirs.
        if (o.Settings.SystemIdentifier is { } made)
            return new Hold("RecordRegressed", $"the record is gone, and status.systemIdentifier says that database {made} was made: none is made in its place; kubectl tandem reset-primary {o.Settings.Cluster} --to INSTANCE names the one that has it; where no volume is left that has it, delete the DatabaseCluster and apply it again");
        if (!o.PodsKnown) return new Wait("PeersUnknown", "which instances run is not known yet");
        if (o.Peers.FirstOrDefault(p => p.PodPresent && !p.Reachable) is { } silent)
            return new Wait("PeersUnknown", $"{silent.Instance} runs and has not said yet whether it remembers a database");
        if (o.Peers.FirstOrDefault(p => p.View is { RecordEpoch: not null } or { Epoch: > 0 }) is { } elder)
            return new Wait("PeersKnowMore", $"{elder.Instance} has obeyed epoch {elder.View!.Epoch}: either its record comes to be seen here, or it was lost");
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
        // To follow it would end in a base backup over this volume's data.
        if (o.HasData && o.Volume is { Marker: VolumeMarker.None, Record.SystemIdentifier: { } known } && record.SystemIdentifier is { } named && named != known)
            return new Hold("SystemIdentifierMismatch", $"the record is of database {named}, this volume has database {known}: neither is overwritten; delete the claim of the instance whose data is not wanted");
        if (!record.IsWritable && !o.IsHolder) return null;
        return record.IsWritable ? null : new Hold("RecordNewer", $"the record has format {record.Format}; this agent knows {PrimaryRecord.CurrentFormat}");
    }

    /// <summary>
    /// What stands there may have been taken back, and this volume may not have seen what stood there since: an agent that has just begun, or has not reached the API server for a while, hears those who
    /// run before it acts on it, as far as they answer soon; and nobody acts on a record while he knows that another has obeyed a newer one.
    /// </summary>
    public static InstanceAction? RecordUnconfirmed(InstanceObservation o)
    {
        if (o.Reading.Reachable && o.InTouchFor < HearingLimit && (!o.PodsKnown || o.Peers.Any(p => p.PodPresent && !(p.ViewAge <= o.InTouchFor))))
            return new Wait("PeersUnknown", "the API server has just been reached (again): what the others have obeyed meanwhile is asked first");
        if (!RecordSight.IsBehind(o.Reading, o.Peers)) return null;
        // Whose its data is it learns by asking that, whatever the record says.
        return FollowerRules.ReignUnknown(o) ?? new Wait("RecordBehind", "another instance has obeyed a newer record than was read here: it is read again");
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

    /// <summary>
    /// Of those who answer, whoever has most of what the site had copied by then begins it anew, the others follow; where nobody has anything, one whom the record names, and the first by name.
    /// </summary>
    public static InstanceAction? SiteEmptied(InstanceObservation o)
    {
        if (!o.Reading.Reachable || o.Record!.RunMode != RunMode.Standby) return null;
        var others = o.Peers.Where(p => p.Reachable && p.Incarnation is not null).ToList();
        // By the promise that they have given, and by nothing else: whoever has only begun has looked at no log yet.
        var halfCopied = others.Where(p => p.View!.Promise is { Lsn: null } promise && promise.Epoch == o.Record!.Epoch.Value).Select(p => p.Incarnation!.Value).ToHashSet();
        if (o.Promise is { Position: null } given && given.Epoch == o.Record!.Epoch) halfCopied.Add(o.Me);
        if (!Protocol.Recovery.SiteEmptied.IsSo(o.Record!, o.Pair, [o.Me, .. others.Select(p => p.Incarnation!.Value)], halfCopied)) return null;
        var mine = (By: o.Me, End: o.Volume.Marker == VolumeMarker.None ? o.LogLineage?.Position : null);
        var named = o.Record!.AllNamed().ToHashSet();
        // A former main standby that is half rewound before those who have nothing: it is asked before what was committed here is given up.
        var first = others.Select(p => (By: p.Incarnation!.Value, End: p.View!.Marked ? null : p.View.LogEnd)).Append(mine)
            .OrderByDescending(i => i.End.HasValue).ThenByDescending(i => i.End).ThenByDescending(i => named.Contains(i.By)).ThenBy(i => i.By.Instance, StringComparer.Ordinal).First().By.Instance;
        const string message = "every volume that the record names is gone or half copied, and this site is standby: it begins anew";
        return first == o.Me.Instance ? new BeginAnew("SiteEmptied", message) : new Wait("SiteEmptied", $"{message} with {first}");
    }

    /// <summary>Section 3, steps 3 and 4.</summary>
    public static InstanceAction? Electing(InstanceObservation o)
    {
        var record = o.Record!;
        if (record.State is not RecordState.Electing) return IsHolderSilent(o) ? ResetAsked(o) : null;
        if (ResetAsked(o) is { } reset) return reset;
        if (o.RunsReadWrite || o.Promise is null || o.Promise.Epoch != record.Epoch)
            return new Promise(record.Epoch, "Electing", $"epoch {record.Epoch} is being elected");
        if (o.HeldUntil is { } until && until > o.Now)
            return new Wait("BoundByHold", $"a hold ends in {(until - o.Now).TotalSeconds:0.0} s");

        var promises = o.Peers.Where(p => p.Reachable && p.Incarnation is not null && p.View!.Promise is not null).Select(p => p.View!.Promise!.ToReport(p.Incarnation!.Value)).Append(o.Promise).ToList();
        // Whoever has not answered since the election began has nothing to say yet, and may be the one that is lost. Where nothing was promised for what only he has, a moment is spent on him all the same.
        var isAsynchronous = record.Quorums.Any(ClauseRules.NeedsEvidence);
        var connected = o.Peers.Where(p => p.Reachable && p.PodGone != true && p.Incarnation is not null && (isAsynchronous || p.ViewAge < o.ElectingSince)).Select(p => p.Incarnation!.Value).ToHashSet();
        var verdict = Election.Judge(new ElectionView(record, promises, connected,
            o.ClausesSatisfiedFor, o.HolderIsDown, o.Settings.MaximumLag, Grace: TimeSpan.FromMilliseconds(200)));
        return verdict switch
        {
            ElectionVerdict.Winner winner when winner.Promise.By == o.Me && SafeToHold(o) is { } unfit => new Wait("NotFitToHold", unfit),
            ElectionVerdict.Winner winner when winner.Promise.By == o.Me && RecordSight.MembersUnheard(o) is { } unheard => unheard,
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
        // The next epoch is promised: this one is not obeyed any more, not even as its holder.
        if (o.IsHolder && o.Volume.Promise > o.Record.Epoch) return new Vacate(o.Record.Epoch, "HandoverAbandoned", $"the switchover to {handover.Target.Instance} was not finished, and the next epoch is promised");
        if (o.IsHolder) return new TakeBack("HandoverAbandoned", $"the switchover to {handover.Target.Instance} was not finished");
        // By its own clock, and with room for the holder's own way back: whoever takes it on does so by a new epoch.
        return o.WallClock > handover.Deadline + o.Settings.DetectionTimeout && o.SinceLiveBeat is null or { TotalSeconds: > 5 }
            ? new Vacate(o.Record.Epoch, "HandoverStuck", $"the switchover to {handover.Target.Instance} is past its deadline")
            : null;
    }

    /// <summary>A failing volume must not be elected: it would be vacated at once.</summary>
    private static string? SafeToHold(InstanceObservation o) => o.StorageFailed ? "its volume cannot be written" : o.ShutdownRequested ? "it is being ended" : null;
}
