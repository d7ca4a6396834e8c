using Tandem.Protocol.Records;

namespace Tandem.Protocol.Handover;

/// <summary>
/// A request is a change of value of <c>primarySite</c> at both sites, each against its own site's lastRequested; never a difference between spec and fact.
/// So a tool that re-applies an old manifest at one site moves nothing [S4].
/// <para>
/// Without a link no site sees the other's spec. A demotion then carries a word of its own, <c>switchover.fromEpoch</c>, the present pair epoch: that moves on with every outcome. An attempt that was rolled back before a token was
/// out leaves it where it is, so what was tried stands in the record, and the same manifest does not stop this site once more [S15].
/// </para>
/// </summary>
public static class Requests
{
    public static PairAction? Lock(PairView v)
    {
        var record = v.Record!;
        if (record is not { Role: PairRole.Primary, Operation: null, State: PairRecordState.Active } || v.Request.Deleting) return null;
        if (v.Request.PrimarySite != v.PeerSite) return null;
        if (NotARequest(v) is { } reason) return PairAction.WaitFor(reason);
        if (Preflight.Check(v) is { } refusal) return PairAction.WaitFor(refusal);
        var operation = new PairOperation(v.FreshId, PairOperationKind.Switchover, PairStep.Lock, v.PeerSite, v.Site, v.Now, v.Now, v.Now + v.Timeouts.Switchover);
        // Used up here, by the very swap that begins: whatever comes of it, the same manifest does not ask again [S4].
        var attempted = v.ByHand ? new SwitchoverAttempt(record.PairEpoch.Number, v.Request.SwitchoverAttempt) : record.Attempted;
        return new PairAction.SwapRecord(record with { Operation = operation, LastRequested = v.PeerSite, Attempted = attempted }, "SwitchoverStarted", $"switchover {operation.Id} from site {v.Site} to site {v.PeerSite}");
    }

    /// <summary>The specs have come to name the site that is primary: that is no request, but from here on another value is one. Both must, at equal pair epochs [S4].</summary>
    public static PairAction? Adopt(PairView v)
    {
        var record = v.Record!;
        if (record.Operation is not null || v.Request.Deleting) return null;
        if (v.Request.PrimarySite != record.PairEpoch.Site || record.LastRequested == v.Request.PrimarySite) return null;
        // The other spec is not seen without a link: what asks there for a demotion names its epoch [S15].
        if (!v.ByHand && (v.Peer?.Request?.PrimarySite != v.Request.PrimarySite || v.PeerRecord?.PairEpoch != record.PairEpoch)) return null;
        return new PairAction.SwapRecord(record with { LastRequested = v.Request.PrimarySite }, "RequestAdopted", $"{(v.ByHand ? "this site's spec names" : "both sites' specs name")} {v.Request.PrimarySite}, which is primary");
    }

    /// <summary>A spec that differs from the facts and asks for nothing: said, and nothing moves.</summary>
    public static PairAction? SayWhatDiffers(PairView v)
    {
        var record = v.Record!;
        if (v.Request.Deleting || record.Operation is not null || v.Request.PrimarySite == record.PairEpoch.Site) return null;
        return PairAction.WaitFor(NotARequest(v) ?? NotAsRequested(v, "the switchover begins at the primary site"));
    }

    private static Refusal? NotARequest(PairView v)
    {
        var record = v.Record!;
        var wanted = v.Request.PrimarySite;
        // A manifest whose fromEpoch is not the present one moves nothing at all; with the present one it is a failover, which begins at the other site [S4].
        if (v.Request.FailoverFromEpoch is { } from)
            return NotAsRequested(v, from == record.PairEpoch.Number
                ? $"spec.failover.fromEpoch {from} asks for a failover, which site {wanted} carries out"
                : $"spec.failover.fromEpoch is {from}, the present pair epoch is {record.PairEpoch.Number}: remove spec.failover.fromEpoch to ask for a switchover");
        if (v.ByHand) return NotARequestByHand(v, record);
        if (record.LastRequested == wanted) return NotAsRequested(v, $"{wanted} was requested before, and this is the same request: name {record.PairEpoch.Site} at both sites first");
        if (v.Peer is null) return new Refusal("PeerUnreachable", $"spec.primarySite is {wanted}, but site {v.PeerSite} cannot be read");
        if (v.Peer.Request is not { Deleting: false } theirs) return NotAsRequested(v, $"the pair is not applied at site {v.PeerSite}");
        if (theirs.PrimarySite != wanted) return NotAsRequested(v, $"spec.primarySite at site {v.PeerSite} is {theirs.PrimarySite}: a switchover needs both");
        if (theirs.FailoverFromEpoch is not null) return NotAsRequested(v, $"the manifest at site {v.PeerSite} bears spec.failover.fromEpoch: remove it there to ask for a switchover");
        if (v.PeerRecord?.LastRequested == wanted) return NotAsRequested(v, $"at site {v.PeerSite} {wanted} was requested before: name {record.PairEpoch.Site} at both sites first");
        return null;
    }

    private static Refusal? NotARequestByHand(PairView v, PairRecord record)
    {
        var (number, wanted) = (record.PairEpoch.Number, v.Request.PrimarySite);
        if (record.Role == PairRole.Standby)
            return NotAsRequested(v, $"without a link site {v.PeerSite} stops first, by spec.primarySite {wanted} and spec.switchover.fromEpoch {number} there, and its status.letter is carried here; if it is lost, spec.failover.fromEpoch {number} here");
        if (v.Request.SwitchoverFromEpoch != number)
            return NotAsRequested(v, $"without a link a switchover begins only with spec.switchover.fromEpoch {number}, the present pair epoch; it is {v.Request.SwitchoverFromEpoch?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "absent"}");
        if (record.Attempted is { } used && used.Epoch == number && used.Attempt >= v.Request.SwitchoverAttempt)
            return NotAsRequested(v, $"spec.switchover.fromEpoch {number} is used up by attempt {used.Attempt}, which was rolled back: to ask again, name {v.Site}, then {wanted} with spec.switchover.attempt {used.Attempt + 1}");
        return record.LastRequested == wanted ? NotAsRequested(v, $"{wanted} was requested before, and this is the same request: name {record.PairEpoch.Site} first") : null;
    }

    private static Refusal NotAsRequested(PairView v, string why) =>
        new("PrimaryNotAsRequested", $"spec.primarySite is {v.Request.PrimarySite}, primary is {v.Record!.PairEpoch.Site}, and nothing moves: {why}");
}
