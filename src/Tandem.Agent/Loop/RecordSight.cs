using Tandem.Agent.Record;
using Tandem.Agent.State;
using Tandem.Protocol.Records;
using Tandem.Protocol.Recovery;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>Whether the record that the API server shows is the one that was obeyed last, and who could tell what that said.</summary>
public static class RecordSight
{
    /// <summary>Of whoever is to open or to take a record, for members who do not answer.</summary>
    private static readonly TimeSpan MemberHearingLimit = TimeSpan.FromSeconds(10);

    public const string MembersUnheardReason = "MembersUnheard";

    /// <param name="givingTo">The epoch that this instance gives the record away in, and has promised before its swap: that the record is not there yet is no loss of it.</param>
    public static bool IsRegressed(RecordReading reading, VolumeState volume, bool hasData, IReadOnlyList<PeerObservation> peers, Epoch? givingTo)
    {
        if (reading.Record is { } present)
            return (givingTo == volume.Promise ? present.Epoch.Next : present.Epoch) < volume.Promise || (volume.Record is { } mine && present.IsOlderThan(mine)) || (reading.Newest is { } seen && present.IsOlderThan(seen)) || peers.Any(p => IsKnownBefore(p, reading) && HasObeyedNewer(p, present));
        if (reading is not { Exists: false, Reachable: true }) return false;
        return volume.Promise.Value > 0 || (hasData && volume.Marker == VolumeMarker.None) || reading.Newest is not null || peers.Any(p => IsKnownBefore(p, reading));
    }

    /// <summary>
    /// Somebody has obeyed a newer record than was read here: either its news has not come yet, or what was read is one that was taken back. The next read tells; a swap that is on its way when
    /// the API server goes back would land on what stands there then.
    /// </summary>
    public static bool IsBehind(RecordReading reading, IReadOnlyList<PeerObservation> peers) =>
        reading.Record is { } present && peers.Any(p => p.Reachable && HasObeyedNewer(p, present));

    /// <summary>What stood there last of all that this agent knows of: on its volume, or seen since and not written down yet, or by a volume that could not.</summary>
    public static PrimaryRecord? Remembered(InstanceObservation o) => RecordLoss.Newest([o.Volume.Record, o.Reading.Newest]);

    /// <summary>
    /// What is to be on the volume. Of a record that was taken back also what another remembers: whoever is started again when that one is not to be heard would go on by what stands there.
    /// </summary>
    public static PrimaryRecord? ToNote(InstanceObservation o)
    {
        if (o.Record is { } record) return record.Epoch > o.Volume.Promise ? null : record;
        if (!o.RecordRegressed) return null;
        var mine = Remembered(o);
        return RecordLoss.Newest(o.Peers.Where(p => p is { Reachable: true, View.Remembered: not null } && mine?.IsOlderThan(new Epoch(p.View!.RecordEpoch ?? 0), p.View.RecordRevision ?? 0) != false).Select(p => Read(p.View!.Remembered!)).Append(mine));
    }

    public static LossView View(InstanceObservation o) => new(o.Settings.Cluster, o.Reading.Record, o.Me,
        [new Witness(o.Me.Instance, o.Me, o.Volume.Promise, Recalls: true, Remembered(o)) { FormerLives = o.Volume.FormerLives }, .. o.Peers.Where(p => p.Reachable).Select(Of)],
        [o.Me.Instance, .. o.Peers.Where(p => p.PodPresent).Select(p => p.Instance)],
        InPair: o.Settings.Pair is not null && o.Pair is { State: PairRecordState.Active or PairRecordState.RecordRegressed }) { IsSurplus = o.Settings.IsSurplus };

    /// <summary>
    /// The record may have been taken back to before a reign that is over, or to the election of one, while this instance was down itself: as long as k of a clause's members have obeyed nothing above its epoch, nobody
    /// else can have been elected in between; and nobody in the very epoch that is being elected, as long as k have not promised in it, or one has looked on since it began. Until k of them confirm, no client is let in, and no set can change, in any case: so they are waited for, as long as
    /// commits would wait before durability Preferred lets go of them; but not for one of whom another life answers: he will not come, and that one may be waiting to copy this server. In asynchronous mode nobody is.
    /// </summary>
    public static InstanceAction.Wait? MembersUnheard(InstanceObservation o)
    {
        var limit = o.Synchrony.Preferred && o.Synchrony.DegradeAfter < MemberHearingLimit ? o.Synchrony.DegradeAfter : MemberHearingLimit;
        // An election that it has not seen begin may be one of before, however long it had been in touch when that appeared.
        var inSight = o.ElectingSince < o.InTouchFor ? o.ElectingSince.Value : o.InTouchFor;
        if (inSight >= limit) return null;
        // It has seen the election begin, or has written that record itself, since it came into touch: that is no old one.
        if ((o.ElectingSince is not null && o.SawReignBegin) || (o.Grant is { } grant && grant.Epoch == o.Record!.Epoch && o.Now - grant.SentAt < o.InTouchFor)) return null;
        var epoch = o.Record!.Epoch.Value;
        var isElecting = o.Record.State is RecordState.Electing;
        // By a promise for the very epoch that is being elected somebody may have been elected in it already, and by one's own too: there only those confirm who have not given it yet.
        bool KnowsNoneAbove(Incarnation member, long highest) => o.Peers.Any(p => p.Reachable && p.Incarnation == member && p.View!.Epoch <= highest);
        bool IsHeard(Incarnation member) => member == o.Me ? !isElecting : KnowsNoneAbove(member, isElecting ? epoch - 1 : epoch);
        bool IsGone(Incarnation member) => o.Peers.Any(p => p.Reachable && p.Instance == member.Instance && p.Incarnation is { } other && other != member);
        // Or whoever has looked on since the election began; or all, of whom the elected one would be one.
        bool HasLookedOn(PeerObservation peer) => peer.Reachable && peer.ViewAge <= o.InTouchFor && peer.View is { SawElection: true } view && view.Epoch == epoch;
        if (isElecting && (o.Peers.Any(HasLookedOn) || o.Record.AllNamed().All(m => m == o.Me || IsGone(m) || KnowsNoneAbove(m, epoch)))) return null;
        InstanceAction.Wait WaitFor(string whom, TimeSpan waited) => new(MembersUnheardReason, $"{(isElecting ? "this election may be one of before" : "the API server has just been reached (again)")}, and {whom} said that they know of no later primary: they are waited for, {(limit - waited).TotalSeconds:0} s at most");
        if (o.Record!.Quorums.FirstOrDefault(c => c.Members.Count(IsHeard) < c.Acknowledgements && !c.Members.All(m => IsHeard(m) || IsGone(m))) is { } clause)
            return WaitFor($"fewer than {clause.Acknowledgements} of {clause} have", inSight);
        // Under an empty clause anybody may have been elected by himself. Nobody's confirmation is missing here: so one who is gone for good is not waited for again whenever the API server was out of reach for a moment.
        return o.Synchrony.IsSynchronous && o.InTouchInAll < limit && o.Record.Quorums.Any(c => c.IsEmpty) && o.Record.Members.FirstOrDefault(m => !IsHeard(m) && !IsGone(m)) is { Instance: { } silent } ? WaitFor($"{silent} has not", o.InTouchInAll) : null;
    }

    private static bool HasObeyedNewer(PeerObservation peer, PrimaryRecord present) => peer.View is { RecordEpoch: { } epoch } view && present.IsOlderThan(new Epoch(epoch), view.RecordRevision ?? 0);

    /// <summary>The API server was asked after that was known: so it is no news that has not come through yet.</summary>
    private static bool IsKnownBefore(PeerObservation peer, RecordReading reading) => peer.View?.RecordEpoch is not null && peer.RecordKnownSince < reading.ReadAt;

    private static Witness Of(PeerObservation peer)
    {
        var view = peer.View!;
        return new Witness(peer.Instance, peer.Incarnation, new Epoch(view.Epoch), view.Recalls, view.Remembered is { } text ? Read(text) : null) { FormerLives = view.FormerLives ?? [] };
    }

    private static PrimaryRecord? Read(string text)
    {
        try
        {
            return RecordCodec.DecodeRemembered(text);
        }
        catch (FormatException)
        {
            return null; // as of one that remembers nothing: its promise is heard all the same
        }
    }
}
