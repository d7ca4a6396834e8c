using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;

namespace Tandem.Protocol.Recovery;

/// <summary>A pair record that is older than what else is remembered: nothing is opened, consumed or revoked at this site until a human acts (protocol, section 5).</summary>
public static class Regression
{
    public static PairAction? HoldRegressed(PairView v)
    {
        var record = v.Record!;
        if (!record.IsWritable)
            return new PairAction.Wait("RecordTooNew", $"the pair record has format {record.Format}, this version writes {PairRecord.CurrentFormat}: it may be followed, not swapped");
        if (record.State == PairRecordState.RecordRegressed)
            return new PairAction.Wait("RecordRegressed", "the pair record was lost: nothing is opened, consumed or revoked at this site until a human acts");
        // What is decided in this site's favour stands in the pair record before the cluster's follows; one that was put back closed says it all the same.
        if (v.Cluster?.PairEpoch > record.PairEpoch && (v.Cluster.RunMode == RunMode.Primary || v.Cluster.PairEpoch?.Site == v.Site))
            return Held($"the cluster's record runs at pair epoch {v.Cluster.PairEpoch}, the pair record knows only {record.PairEpoch}");
        // An epoch in this site's favour can have been decided nowhere but here, or by its own revocation: as a standby it never saw that.
        if (v.PeerWord is { State: not PairRecordState.RecordRegressed } peer && peer.PairEpoch > record.PairEpoch && peer.PairEpoch.Site == v.Site && record.Role == PairRole.Standby && !IsDecidedAtTheArbiter(v, peer.PairEpoch))
            return record.Step == PairStep.FailingOver && v.Arbiter is null
                ? new PairAction.Wait("ArbiterUnreachable", $"failover {record.Operation!.Id}: site {v.PeerSite} knows that this site became primary at pair epoch {peer.PairEpoch}; whether the arbiter says so cannot be read")
                : Held($"site {v.PeerSite} knows that this site became primary at pair epoch {peer.PairEpoch}, the pair record here knows only {record.PairEpoch}");
        return null;
    }

    /// <summary>By the failover that is under way here: the arbiter decides, the other site may have read it there already, and this record is about to follow.</summary>
    private static bool IsDecidedAtTheArbiter(PairView v, Resources.Values.PairEpoch epoch) =>
        v.Record!.Step == PairStep.FailingOver && v.Arbiter?.Record is { } stands && stands.Pair == v.Record.PairUid && stands.PairEpoch == epoch;

    /// <summary>Why the other site's record may not be swapped by this version; null: it may.</summary>
    public static string? TooNew(PairView v) => v.PeerRecord is { IsWritable: false } peer
        ? $"site {v.PeerSite} writes its pair record in format {peer.Format}, this version in {PairRecord.CurrentFormat}: upgrade Tandem at site {v.Site}, or it cannot tell that one anything"
        : null;

    private static PairAction Held(string message) => new PairAction.Wait("RecordRegressed", message + ": nothing is opened here until a human acts");
}
