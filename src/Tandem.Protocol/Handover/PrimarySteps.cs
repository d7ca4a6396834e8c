using Tandem.Protocol.Records;
using Tandem.Protocol.Recovery;

namespace Tandem.Protocol.Handover;

/// <summary>
/// The primary site in a switchover, or fenced by a failover: Lock, Quiesce, Demote, Offer; or back. Each step stands in the record before it acts, so any operator
/// that reads it goes on from there (protocol, section 5).
/// </summary>
public static class PrimarySteps
{
    public static PairAction? Locked(PairView v)
    {
        if (At(v, PairStep.Lock) is not { } operation) return null;
        if (GivenUp(v, operation, v.Now >= operation.StepStartedAt + v.Timeouts.Step) is { } why) return Back(v, operation, why);
        // Without a link there is nobody to lock: the other site hears of it by the token.
        if (!v.ByHand && !TargetIsLocked(v, operation)) return new PairAction.Wait("Locking", $"switchover {operation.Id}: site {v.PeerSite} is to lock as target");
        var next = operation.At(PairStep.Quiesce, v.Now) with { DrainDeadline = v.Now + v.Timeouts.Quiesce };
        return Next(v, next, "Quiesces", "clients are turned away, sessions drain");
    }

    public static PairAction? Quiescing(PairView v)
    {
        if (At(v, PairStep.Quiesce) is not { } operation) return null;
        if (GivenUp(v, operation, v.Now >= operation.Deadline) is { } why) return Back(v, operation, why);
        if (v.PeerRecord is not null && !TargetIsLocked(v, operation)) return Back(v, operation, $"site {v.PeerSite} is not locked as target any more");
        if (!v.Quiesced && v.Now < operation.DrainDeadline) return new PairAction.Wait("Quiescing", $"switchover {operation.Id}: sessions drain until {operation.DrainDeadline:u}");
        // Without the other site's word the demotion would begin an outage that nobody may be there to end; without a link it is the person who asked for it that ends it.
        if (v.PeerRecord is null && !v.ByHand) return new PairAction.Wait("PeerUnreachable", $"switchover {operation.Id}: site {v.PeerSite} cannot be read");
        return Next(v, operation.At(PairStep.Demote, v.Now), "Demotes", v.Quiesced ? "no session is left" : "the deadline of the sessions has passed");
    }

    /// <summary>Told to stop by the other site, whose clock may be another: a deadline that is over when it arrives would have this site take the stop back at once, and be told again.</summary>
    public static PairAction? Fenced(PairView v) =>
        At(v, PairStep.Demote) is { } operation && operation.Owner == v.PeerSite
            ? Next(v, operation.At(PairStep.Demote, v.Now) with { Owner = v.Site, StartedAt = v.Now, Deadline = v.Now + v.Timeouts.Switchover }, "Fenced", $"site {v.PeerSite} asks this one to stop")
            : null;

    public static PairAction? Demoting(PairView v)
    {
        if (At(v, PairStep.Demote) is not { } operation) return null;
        var record = v.Record!;
        if (GivenUp(v, operation, v.Now >= operation.Deadline) is { } why) return Back(v, operation, why);
        if (v.Cluster is not { } cluster) return new PairAction.Wait("ClusterRecordMissing", "the cluster has no record");
        // runMode Standby stands in the cluster's record before anything stops, so that its own agents can only elect a main standby from then on. It is a swap of
        // one's own even if it stands there already: a late one of an earlier attempt could reopen the site under a token that is out [S3].
        // Its epoch never falls: where it is the higher one, an adoption was broken off after its first swap, and is to be gone on with [S7].
        var epoch = cluster.PairEpoch > record.PairEpoch ? cluster.PairEpoch.Value : record.PairEpoch;
        if (cluster.RunMode == RunMode.Primary || cluster.PairEpoch != epoch || !v.ClusterSettled)
        {
            // Bound as before: while the handover is open the demoted site renews its lease at the arbiter.
            var clear = cluster.RunMode == RunMode.Primary || cluster.PairEpoch != epoch;
            // Rolled back before a token is out, the epoch goes on, and so does what the other site was told in it: who was counted is counted still [S10].
            var remote = cluster.RemoteNow is { } counted && counted.PairEpoch == epoch ? counted : null;
            return new PairAction.SwapCluster(new ClusterChange(RunMode.Standby, epoch, ClusterFollows.Floor(record, cluster), clear, cluster.Arbiter) { Remote = remote, Named = cluster.Named }, "Demotes", $"{operation.Kind} {operation.Id}: this site is demoted");
        }

        // The token is published only after that swap and after the server and its children are reaped: that is when the holder's agent writes it [S3].
        if (cluster.Demoted is not { } demoted || demoted.PairEpoch != record.PairEpoch)
            return new PairAction.Wait("Demoting", $"{operation.Kind} {operation.Id}: the server stops");
        // A reign that was elected on the way and wrote nothing is in the record alone, in no log: the other site could never reach a token that names it.
        var log = DataLineage.Of(cluster.Lineage, demoted.Timeline, demoted.Lsn);
        if (log.Entries.IsEmpty || cluster.SystemIdentifier != demoted.SystemIdentifier)
            return new PairAction.Wait("SystemIdentifierMismatch", $"the demoted server is of system {demoted.SystemIdentifier}, the record of {cluster.SystemIdentifier}");
        var token = new HandoverToken(demoted.SystemIdentifier, demoted.Timeline, log.Position, demoted.PairEpoch);
        return Next(v, operation.At(PairStep.Offer, v.Now) with { Token = token }, "Offers", $"the log ends at {demoted.Lsn} on timeline {demoted.Timeline}");
    }

    public static PairAction? Offering(PairView v)
    {
        if (At(v, PairStep.Offer) is not { } operation) return null;
        // A token that a person carries takes the time that it takes: it is taken back by a word alone.
        if (GivenUp(v, operation, !v.ByHand && v.Now >= operation.Deadline) is { } why)
            return Next(v, operation.At(PairStep.RollBack, v.Now), "RollsBack", $"{why}: the token is to be revoked");
        if (v.ByHand)
            return new PairAction.Wait("HandoverOffered", $"switchover {operation.Id}: this site has stopped, its log ends at {operation.Token!.End.Lsn}. Copy status.letter into spec.sites[].letter of {v.Site} at site {v.PeerSite}, where spec.primarySite {v.PeerSite} takes over; then its status.letter back here. "
                + $"To call it off: spec.primarySite {v.Site} here");
        return v.Peer is null ? InDoubt(v, operation) : new PairAction.Wait("Offered", $"{operation.Kind} {operation.Id}: site {v.PeerSite} is to reach {operation.Token!.End.Lsn}");
    }

    /// <summary>The token is revoked where it would be consumed: one swap, on the target's record, decides [S2]. Without the link this site stays down [S6].</summary>
    public static PairAction? RollingBack(PairView v)
    {
        if (At(v, PairStep.RollBack) is not { } operation) return null;
        var record = v.Record!;
        if (v.Peer is null) return InDoubt(v, operation);
        if (v.PeerRecord is not { State: not PairRecordState.RecordRegressed } peer)
            return new PairAction.Wait("PeerRecordLost", $"site {v.PeerSite} answers, but its pair record is lost: whether the token was consumed cannot be known");
        if (Regression.TooNew(v) is { } tooNew) return new PairAction.Wait("RecordTooNew", tooNew);
        // From FailingOver on nothing is revoked [S9]. An epoch that is not the token's: it is decided already, or the other site is behind.
        if (peer.PairEpoch != record.PairEpoch || peer.Step == PairStep.FailingOver || peer.Role != PairRole.Standby)
            return new PairAction.Wait("RollingBack", $"{operation.Kind} {operation.Id}: site {v.PeerSite} is at pair epoch {peer.PairEpoch}, step {peer.Step?.ToString() ?? "none"}");
        var message = $"{operation.Kind} {operation.Id} is revoked by site {v.Site}";
        var outcome = new PairOutcome(PairOutcomeKind.Revoked, record.PairEpoch, v.NextEpoch(v.Site), v.Now, operation.Id, Message: message, StartedAt: operation.StartedAt);
        return new PairAction.SwapPeerRecord(peer.Decided(PairRole.Standby, outcome), "HandoverRevoked", message);
    }

    private static PairOperation? At(PairView v, PairStep step) => v.Record is { Role: PairRole.Primary, Operation: { } operation } && operation.Step == step ? operation : null;

    private static bool TargetIsLocked(PairView v, PairOperation operation) =>
        v.PeerRecord is { Operation: { Step: PairStep.Target } theirs } peer && theirs.Id == operation.Id && peer.PairEpoch == v.Record!.PairEpoch;

    /// <summary>Why the operation is not gone on with; null: it is.</summary>
    private static string? GivenUp(PairView v, PairOperation operation, bool late)
    {
        if (late) return "its deadline has passed";
        // A fence was asked for at the other site, whatever this site's manifest says.
        if (operation.Kind == PairOperationKind.Failover) return null;
        if (v.Request.Deleting) return "the pair is being deleted";
        return v.Request.PrimarySite != operation.Target ? "the request was withdrawn" : null;
    }

    /// <summary>Back before a token is out: the present epoch goes on, and the cluster's record is opened again by a swap of one's own [S3].</summary>
    private static PairAction Back(PairView v, PairOperation operation, string why) =>
        new PairAction.SwapRecord(v.Record! with { Operation = null }, "RolledBack", $"{operation.Kind} {operation.Id} is rolled back at step {operation.Step}: {why}");

    private static PairAction Next(PairView v, PairOperation operation, string reason, string what) =>
        new PairAction.SwapRecord(v.Record! with { Operation = operation }, reason, $"{operation.Kind} {operation.Id}: {what}");

    /// <summary>The link was lost while the token is out: the other site may have consumed it, so this one stays down until it reads the outcome, or a human overrides [S6].</summary>
    private static PairAction InDoubt(PairView v, PairOperation operation) => v.ByHand
        ? new PairAction.Wait("HandoverInDoubt", $"switchover {operation.Id}: the token is out, and only site {v.PeerSite} can revoke it: this site stays down until it has the outcome. Copy status.letter into spec.sites[].letter of {v.Site} at site {v.PeerSite}, with spec.primarySite {v.Site} there, and its status.letter back here. "
            + $"To open without, at the cost of whatever site {v.PeerSite} acknowledges if it has taken over: spec.primarySite {v.Site} and spec.failover.overrideFromEpoch {v.Record!.PairEpoch.Number} (kubectl tandem override PAIR)")
        : new PairAction.Wait("HandoverInDoubt", $"{operation.Kind} {operation.Id}: the token is out and site {v.PeerSite} cannot be read: this site stays down until it reads the outcome. To open it without, at the cost of whatever site {v.PeerSite} acknowledges if it has taken over: "
            + $"spec.primarySite {v.Site} and spec.failover.overrideFromEpoch {v.Record!.PairEpoch.Number} (kubectl tandem override PAIR)");
}
