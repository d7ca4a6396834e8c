using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Recovery;

/// <summary>
/// The first pair record of a site. The site whose name comes first decides for both, by creating its record; the other site derives its own from that one.
/// So an edit of the manifest in between cannot make two first epochs.
/// <para>
/// Without a link [S15] the site that is to be primary begins alone, and the other one by its letter. Manifests that name different sites make two pairs, each of its own identity, whose letters are not taken for each other's.
/// </para>
/// </summary>
public static class Founding
{
    public static PairAction? Found(PairView v)
    {
        if (v.Record is not null) return null;
        if (v.Request.Deleting) return new PairAction.Release("NeverFounded", "the pair never had a record here");
        if (v.Unsupported is { } unsupported) return PairAction.WaitFor(unsupported);
        // A cluster that was part of a pair remembers an epoch; a pair record begun anew could name a lower one.
        if (v.Cluster?.PairEpoch is { } remembered)
            return new PairAction.Wait("RecordRegressed", $"the pair record is lost, but the cluster's record remembers pair epoch {remembered}: nothing is opened here until a human acts");
        if (v.ByHand) return v.PeerWord is { } carried ? JoinPeer(v, carried) : BeginByHand(v);
        if (v.Peer is not { } peer) return new PairAction.Wait("PeerUnreachable", $"site {v.PeerSite} cannot be read: the pair is founded when both sites can be");
        if (peer.Record is { } theirs) return JoinPeer(v, theirs);
        if (peer.Request is not { Deleting: false } asked) return new PairAction.Wait("WaitingForPeer", $"the pair is not applied at site {v.PeerSite} yet");
        if (asked.PrimarySite != v.Request.PrimarySite)
            return new PairAction.Wait("SitesDisagree", $"spec.primarySite is {v.Request.PrimarySite} here and {asked.PrimarySite} at site {v.PeerSite}");
        if (string.CompareOrdinal(v.Site, v.PeerSite) > 0) return new PairAction.Wait("WaitingForPeer", $"site {v.PeerSite} founds the pair first");
        return Begin(v, new PairEpoch(1, v.Request.PrimarySite));
    }

    private static PairAction BeginByHand(PairView v) => v.Request.PrimarySite == v.Site
        ? Begin(v, new PairEpoch(1, v.Site))
        : new PairAction.Wait("WaitingForLetter", $"there is no link to site {v.PeerSite}: copy status.letter from there into spec.sites[].letter of {v.PeerSite} here, and this site begins as its standby");

    private static PairAction JoinPeer(PairView v, PairRecord theirs)
    {
        if (theirs.State != PairRecordState.Active) return new PairAction.Wait("PeerNotActive", $"the pair record of site {v.PeerSite} is {theirs.State}");
        if (theirs.Role == PairRole.Primary) return Begin(v, theirs.PairEpoch, theirs.PairUid);
        // The other site stands by for this one. Where it has data, or later epochs, they were once decided here: then this record is lost, not new.
        var hasFollowed = theirs.Self?.SystemIdentifier is not null && v.Cluster is null;
        if (theirs.PairEpoch != new PairEpoch(1, v.Site) || hasFollowed)
            return new PairAction.Wait("RecordRegressed", $"site {v.PeerSite} stands by at pair epoch {theirs.PairEpoch}, but nothing is left of that here: nothing is opened until a human acts");
        return Begin(v, theirs.PairEpoch, theirs.PairUid);
    }

    /// <param name="uid">The pair's name at an arbiter: its founder's. Null: this site is the founder.</param>
    private static PairAction Begin(PairView v, PairEpoch epoch, string? uid = null)
    {
        var role = epoch.Site == v.Site ? PairRole.Primary : PairRole.Standby;
        // A standby site never begins with a database of its own: the build would overwrite it (B19).
        if (role == PairRole.Standby && v.Cluster is not null)
            return new PairAction.Wait("WouldDiscardData", $"this site holds a writable cluster{(v.Cluster.SystemIdentifier is { } id ? $" (system identifier {id})" : "")}: it is not overwritten by the build of a standby site");
        var record = new PairRecord
        {
            PairEpoch = epoch,
            Role = role,
            LastRequested = epoch.Site,
            PairUid = uid,
            History = [new PairOutcome(PairOutcomeKind.Founded, null, epoch, v.Now)],
        };
        return new PairAction.CreateRecord(record, "Founded", $"the pair begins at pair epoch {epoch}, this site as {role}");
    }
}
