using Tandem.Protocol.Records;

namespace Tandem.Protocol.Handover;

/// <summary>Deleting the pair object stops requests only: the records are obeyed, with the link kept, until Dissolved stands in both [S13].</summary>
public static class Dissolving
{
    public static PairAction? Dissolve(PairView v)
    {
        var record = v.Record!;
        if (!v.Request.Deleting)
            return record.State is PairRecordState.Dissolving or PairRecordState.Dissolved
                ? new PairAction.SwapRecord(record with { State = PairRecordState.Active }, "Reapplied", "the pair is applied again: its record goes on")
                : null;
        if (record.State == PairRecordState.Active)
            return new PairAction.SwapRecord(record with { State = PairRecordState.Dissolving }, "Dissolving", "the pair is being deleted here");
        if (v.PeerWord is not { } peer)
            return v.ByHand ? new PairAction.Wait("WaitingForLetter", $"the pair is being deleted: copy status.letter from site {v.PeerSite} into spec.sites[].letter of {v.PeerSite} here (kubectl edit), once the pair is being deleted there too") : new PairAction.Wait("PeerUnreachable", $"the pair is being deleted, but site {v.PeerSite} cannot be read: the record is obeyed until both sites have dissolved it");
        if (record.State == PairRecordState.Dissolved)
            return peer.State == PairRecordState.Dissolved
                ? new PairAction.Release("Dissolved", "both sites have dissolved the pair")
                : new PairAction.Wait("WaitingForPeer", $"the pair is dissolved here; site {v.PeerSite} is {peer.State}");
        if (v.Cluster?.RemoteNow is not null || record.Named is not null || peer.Named is not null)
            return new PairAction.Wait("WaitingForPeer", $"the pair is being deleted: first commits do not wait for site {(record.Role == PairRole.Primary ? v.PeerSite : v.Site)} any more");
        if (peer.State is PairRecordState.Dissolving or PairRecordState.Dissolved && peer.PairEpoch == record.PairEpoch && record.Operation is null && peer.Operation is null)
            return new PairAction.SwapRecord(record with { State = PairRecordState.Dissolved }, "Dissolved", "the pair is being deleted at both sites, which agree on its epoch");
        return new PairAction.Wait("WaitingForPeer", $"the pair is being deleted here, at site {v.PeerSite} it is {peer.State}: its record is obeyed meanwhile");
    }
}
