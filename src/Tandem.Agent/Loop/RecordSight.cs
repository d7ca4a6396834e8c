using Tandem.Agent.Record;
using Tandem.Agent.State;
using Tandem.Protocol.Records;
using Tandem.Protocol.Recovery;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>Whether the record that the API server shows is the one that was obeyed last, and who could tell what that said.</summary>
internal static class RecordSight
{
    /// <param name="givingTo">The epoch that this instance gives the record away in, and has promised before its swap: that the record is not there yet is no loss of it.</param>
    public static bool IsRegressed(RecordReading reading, VolumeState volume, bool hasData, IReadOnlyList<PeerObservation> peers, Epoch? givingTo)
    {
        if (reading.Record is { } present)
            return (givingTo == volume.Promise ? present.Epoch.Next : present.Epoch) < volume.Promise || (volume.Record is { } mine && present.IsOlderThan(mine)) || peers.Any(p => IsKnownBefore(p, reading) && HasObeyedNewer(p, present));
        if (reading is not { Exists: false, Reachable: true }) return false;
        return volume.Promise.Value > 0 || (hasData && volume.Marker == VolumeMarker.None) || peers.Any(p => IsKnownBefore(p, reading));
    }

    /// <summary>
    /// Somebody has obeyed a newer record than was read here: either its news has not come yet, or what was read is one that was taken back. The next read tells; a swap that is on its way when
    /// the API server goes back would land on what stands there then.
    /// </summary>
    public static bool IsBehind(RecordReading reading, IReadOnlyList<PeerObservation> peers) =>
        reading.Record is { } present && peers.Any(p => p.Reachable && HasObeyedNewer(p, present));

    public static LossView View(InstanceObservation o) => new(o.Settings.Cluster, o.Reading.Record, o.Me,
        [new Witness(o.Me.Instance, o.Me, o.Volume.Promise, Recalls: true, o.Volume.Record) { FormerLives = o.Volume.FormerLives }, .. o.Peers.Where(p => p.Reachable).Select(Of)],
        [o.Me.Instance, .. o.Peers.Where(p => p.PodPresent).Select(p => p.Instance)],
        InPair: o.Settings.Pair is not null && o.Pair is { State: PairRecordState.Active or PairRecordState.RecordRegressed });

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
