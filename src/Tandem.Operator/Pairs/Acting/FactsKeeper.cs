using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Records;

namespace Tandem.Operator.Pairs.Acting;

/// <summary>Keeps what a site says of itself, and what it last heard of the other, in its pair record. No decision hangs on the swap: it is tried again.</summary>
public static class FactsKeeper
{
    private static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(2);

    /// <returns>The record with present facts; null where it has them already.</returns>
    public static PairRecord? Refresh(PairObservation seen)
    {
        if (seen.View.Record is not { IsWritable: true } record) return null;
        // In a handover the sites let nothing go that they have: the demoted one still serves what the other has to reach. And nothing competes with the swap that decides.
        if (record.Operation is not null || seen.View.PeerRecord?.Operation is not null) return null;
        var self = seen.Self;
        var peer = PeerOf(seen, record);
        if (record.Self == self && (peer is null || IsRecent(record.Peer, peer))) return null;
        return record with { Self = self, Peer = peer ?? record.Peer };
    }

    private static PeerFacts? PeerOf(PairObservation seen, PairRecord record)
    {
        if (seen.View.ByHand) return OfLetter(seen, record);
        if (seen.View.PeerRecord is not { } theirs) return null;
        // What a failover would lose is said by the primary site alone; the last that it said is kept when it says no more.
        var point = theirs.Role == PairRole.Primary ? seen.PeerPair?.Status?.RecoveryPoint : null;
        return new PeerFacts
        {
            LastSeen = seen.View.Now,
            PairEpoch = theirs.PairEpoch,
            Role = theirs.Role,
            Facts = theirs.Self ?? record.Peer?.Facts,
            RecoveryPointBytes = point?.Bytes,
            RecoveryPointSeconds = point?.Seconds,
        };
    }

    /// <summary>Once for each letter: when it came is when the other site was last heard of. An older one than that takes nothing back [S15].</summary>
    private static PeerFacts? OfLetter(PairObservation seen, PairRecord record)
    {
        if (seen.View.Letter is not { Record: var theirs } letter || theirs.PairEpoch < record.PairEpoch || !letter.IsNewsTo(record.Peer)) return null;
        return new PeerFacts { LastSeen = seen.View.Now, PairEpoch = theirs.PairEpoch, Role = theirs.Role, Facts = theirs.Self ?? record.Peer?.Facts, AsOf = theirs.WrittenAt };
    }

    /// <summary>Positions and times alone are not worth a write every second.</summary>
    private static bool IsRecent(PeerFacts? kept, PeerFacts now) =>
        kept is not null && now.LastSeen - kept.LastSeen < RefreshAfter
        && (kept.RecoveryPointBytes is null) == (now.RecoveryPointBytes is null)
        && kept == now with { LastSeen = kept.LastSeen, RecoveryPointBytes = kept.RecoveryPointBytes, RecoveryPointSeconds = kept.RecoveryPointSeconds };
}
