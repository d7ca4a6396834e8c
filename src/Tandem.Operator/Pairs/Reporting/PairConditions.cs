using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Arbitration;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Pairs.Reporting;

/// <summary>What one condition says.</summary>
public sealed record Said(string Type, ConditionStatus Status, string Reason, string Message)
{
    public static Said Yes(string type, string reason, string message) => new(type, ConditionStatus.True, reason, message);
    public static Said No(string type, string reason, string message) => new(type, ConditionStatus.False, reason, message);
}

/// <summary>The pair's conditions, each by a function of its own.</summary>
public static class PairConditions
{
    public static IReadOnlyList<Said> Of(PairObservation seen, PairAction action, RecoveryEstimate? estimate) =>
    [
        Ready(seen, action), Protected(seen), Synchronized(seen, estimate), PeerReachable(seen), SwitchoverReady(seen), .. Arbitrated(seen), Progressing(seen, action), Diverged(seen),
    ];

    /// <summary>True only while replication between the sites flows, and both agree on who is primary.</summary>
    private static Said Ready(PairObservation seen, PairAction action)
    {
        const string type = ConditionTypes.Ready;
        var view = seen.View;
        if (view.Unsupported is { } unsupported) return Said.No(type, unsupported.Reason, unsupported.Message);
        if (seen.Cluster is null) return Said.No(type, "ClusterMissing", $"spec.cluster: {seen.Pair.Spec.Cluster} is no DatabaseCluster in this namespace: apply it, or name another");
        if (view.Record is null && seen.LinkProblem is { } unlinked) return Said.No(type, "LinkMissing", unlinked);
        if (view.Record is not { } record) return Said.No(type, action.Reason, action.Message);
        if (record.State != PairRecordState.Active) return Said.No(type, record.State.ToString(), action.Message);
        if (record.Operation is { } operation) return Said.No(type, action is PairAction.Wait { Reason: "HandoverInDoubt" or "HandoverOffered" } ? action.Reason : operation.Kind.ToString(), action.Message);
        if (view.ByHand) return ReadyByHand(type, seen, record, action);
        if (seen.LinkProblem is { } problem) return Said.No(type, "LinkMissing", problem);
        if (view.Peer is null) return Said.No(type, "PeerUnreachable", Unreadable(seen));
        if (view.PeerRecord?.PairEpoch != record.PairEpoch) return Said.No(type, "SitesDisagree", Disagreement(view, record));
        if (view.PeerRecord.Operation is { } theirs) return Said.No(type, theirs.Kind.ToString(), $"site {view.PeerSite} is at step {theirs.Step}");
        if (action is PairAction.Wait { Reason: "RecordRegressed" or "RecordTooNew" or "WouldDiscardData" }) return Said.No(type, action.Reason, action.Message);
        return Flow(seen, record) is { } broken ? Said.No(type, broken.Reason, broken.Message) : Said.Yes(type, "Streaming", $"site {record.PairEpoch.Site} is primary at pair epoch {record.PairEpoch.Number}, the other follows");
    }

    /// <summary>That the other site agrees is seen by its stream alone: it follows nobody but the primary of its own pair epoch [S15].</summary>
    private static Said ReadyByHand(string type, PairObservation seen, PairRecord record, PairAction action)
    {
        var view = seen.View;
        if (IsUnseen(view)) return Said.No(type, "PeerUnknown", $"site {view.Site} had a loss that no agent has lived through, and there is no link by which to look whether site {view.PeerSite} has taken over. If it has, copy its status.letter into spec.sites[].letter of {view.PeerSite} here; "
            + $"if it has not: spec.primarySite {view.Site} and spec.failover.overrideFromEpoch {record.PairEpoch.Number} (kubectl tandem override {seen.Key.Name})");
        if (seen.Carried.Problem is { } problem) return Said.No(type, problem.Reason, problem.Message);
        if (action is PairAction.Wait { Reason: "RecordRegressed" or "RecordTooNew" or "WouldDiscardData" or "HandoverOffered" or "Reaching" }) return Said.No(type, action.Reason, action.Message);
        return Flow(seen, record) is { } broken ? Said.No(type, broken.Reason, $"{broken.Message}; {LastLetter(seen)}") : Said.Yes(type, "Streaming", $"site {record.PairEpoch.Site} is primary at pair epoch {record.PairEpoch.Number}, the other follows");
    }

    /// <summary>Without a link: this site is to be open, and waits for a look that it cannot have [S8].</summary>
    public static bool IsUnseen(PairView view) => view is { ByHand: true, WaitsForLook: true, Record: { Role: PairRole.Primary, Operation: null, State: PairRecordState.Active }, PrimaryRunsAtEpoch: false };

    private static string LastLetter(PairObservation seen) => seen.View.Record?.Peer is { AsOf: { } asOf } peer
        ? $"the last letter of site {seen.View.PeerSite} is of pair epoch {peer.PairEpoch}, written {asOf:u}: if it says another thing there now, copy its status.letter into spec.sites[].letter of {seen.View.PeerSite} here"
        : $"no letter of site {seen.View.PeerSite} has come yet: copy its status.letter into spec.sites[].letter of {seen.View.PeerSite} here";

    /// <summary>Why replication does not flow; null: it does.</summary>
    private static Refusal? Flow(PairObservation seen, PairRecord record)
    {
        var view = seen.View;
        if (record.Role == PairRole.Standby)
            return view.Holder is { Streaming: true } ? null : new Refusal("NotStreaming", $"the main standby does not stream from site {view.PeerSite}{Why(seen)}");
        if (!view.PrimaryRunsAtEpoch) return new Refusal("PrimaryNotRunningAtEpoch", $"the primary does not run at pair epoch {record.PairEpoch} yet{Why(seen)}");
        return view.StandbyStreams ? null : new Refusal(view.PeerWord?.Self?.SystemIdentifier is null ? "WaitingForMainStandby" : "NotStreaming", $"no main standby of site {view.PeerSite} streams from here");
    }

    private static Said Protected(PairObservation seen)
    {
        const string type = ConditionTypes.Protected;
        var view = seen.View;
        if (view.Record is not { } record) return Said.No(type, "NotFounded", "the pair has no record yet");
        if (record.Operation is not null) return new Said(type, ConditionStatus.Unknown, "OperationInProgress", "an operation is under way");
        // What streams at another pair epoch may be of another history by then.
        if (view.PeerRecord is { } theirs && theirs.PairEpoch != record.PairEpoch) return Said.No(type, "SitesDisagree", Disagreement(view, record));
        return Flow(seen, record) is { } broken ? Said.No(type, broken.Reason, broken.Message) : Said.Yes(type, "Streaming", "the other site has a copy that follows");
    }

    private static Said Synchronized(PairObservation seen, RecoveryEstimate? estimate)
    {
        const string type = ConditionTypes.Synchronized;
        // Commits may wait for the other site though they are not to any more.
        if (seen.View is { Record: not null, Unsupported: null } && (seen.View.Request.IsSynchronous || seen.View is { Record.Role: PairRole.Primary, Cluster.AwaitedRemote: not null })) return SynchronousPair(type, seen);
        if (seen.View.Record is not { Role: PairRole.Primary }) return OfStandby(type, seen);
        if (estimate is null) return new Said(type, ConditionStatus.Unknown, "NotStreaming", "how far the other site is behind is not known");
        var limit = seen.Pair.Spec.Synchronization.MaximumLag is { IsValid: true } lag ? lag.Bytes : (long?)null;
        return limit is { } bytes && estimate.Bytes > bytes
            ? Said.No(type, "Lagging", $"the other site is further behind than spec.synchronization.maximumLag {seen.Pair.Spec.Synchronization.MaximumLag}")
            : Said.Yes(type, "WithinLag", $"the other site is within spec.synchronization.maximumLag {seen.Pair.Spec.Synchronization.MaximumLag}");
    }

    /// <summary>By the records alone: a stream that has everything at this moment is no promise.</summary>
    private static Said SynchronousPair(string type, PairObservation seen)
    {
        var (view, asked) = (seen.View, seen.View.Request.Synchrony);
        if (seen.Synchronous is { } mark)
            return view.Record!.Role == PairRole.Standby ? Said.Yes(type, "Synchronous", $"everything that site {view.PeerSite} has acknowledged is flushed by {mark.Incarnation.Instance}{(mark.Preferred ? "" : ": a failover loses nothing")}")
                : view.RemoteSilentFor is { } silent && !view.StandbyStreams ? Said.No(type, "CommitsWait", $"{mark.Incarnation.Instance} of site {view.PeerSite} has not confirmed anything for {silent.TotalSeconds:0} s: commits wait for it{(mark.Preferred ? $", for {view.DegradeAfter.TotalSeconds:0} s at most" : "; they go on when it is back, or another takes its place there, or spec.synchronization.durability is Preferred at both sites")}")
                : Said.Yes(type, "Synchronous", $"everything that is acknowledged here is flushed by {mark.Incarnation.Instance} of site {view.PeerSite}");
        if (view.Peer is null)
            return view.Record switch
            {
                { Role: PairRole.Standby, Peer: { } peer } when view.Vouched is { } last && peer.Facts?.Counts == last.Incarnation.ReplicationName => new Said(type, ConditionStatus.Unknown, "PeerUnreachable", $"synchronous until {peer.LastSeen:u}: site {view.PeerSite} may have gone on alone since"),
                { Role: PairRole.Primary } when view.Cluster?.AwaitedRemote is { } counted => new Said(type, ConditionStatus.Unknown, "PeerUnreachable", $"commits wait for {counted}; whether its record says so cannot be read"),
                _ => Said.No(type, "PeerUnreachable", Unreadable(seen)),
            };
        return Said.No(type, "NotSynchronous", view.Record!.Role == PairRole.Primary && view.Cluster?.AwaitedRemote is { } waited
            ? $"commits wait for {waited}, and what it has is not vouched for yet"
            : $"{(view.Record.Role == PairRole.Primary ? $"commits do not wait for site {view.PeerSite}" : $"at site {view.PeerSite} commits do not wait for this one")}: {Flow(seen, view.Record)?.Message ?? "the main standby is to be named, counted and vouched for"} (spec.synchronization.durability {asked})");
    }

    /// <summary>Only the primary site can measure it; the standby site repeats what it read there.</summary>
    private static Said OfStandby(string type, PairObservation seen)
    {
        if (seen.View.Holder is not { Streaming: true }) return Said.No(type, "NotStreaming", "the main standby does not stream");
        var theirs = Conditions.Find(seen.PeerPair?.Status?.Conditions ?? [], type);
        return theirs is not null && Enum.TryParse<ConditionStatus>(theirs.Status, out var status)
            ? new Said(type, status, theirs.Reason, theirs.Message)
            : new Said(type, ConditionStatus.Unknown, seen.View.ByHand ? "NoLink" : "PeerUnreachable", "the primary site measures it, and cannot be read");
    }

    private static Said PeerReachable(PairObservation seen)
    {
        const string type = ConditionTypes.PeerReachable;
        if (seen.View.ByHand) return seen.Carried.Problem is { } letter ? Said.No(type, letter.Reason, letter.Message) : Said.No(type, "NoLink", $"there is no link between the sites (spec.sites[].kubernetes); {LastLetter(seen)}");
        if (seen.LinkProblem is { } problem) return Said.No(type, "LinkMissing", problem);
        return seen.View.Peer is null ? Said.No(type, "PeerUnreachable", Unreadable(seen)) : Said.Yes(type, "Answers", $"site {seen.View.PeerSite} answers");
    }

    private static Said SwitchoverReady(PairObservation seen)
    {
        const string type = ConditionTypes.SwitchoverReady;
        var view = seen.View;
        if (view.Record is not { } record) return Said.No(type, "NotFounded", "the pair has no record yet");
        if (record.Role == PairRole.Primary) return Preflight.Check(view) is { } refusal ? Said.No(type, refusal.Reason, refusal.Message) : Said.Yes(type, "PreflightPasses", $"site {view.PeerSite} could take over without loss");
        if (view.ByHand) return new Said(type, ConditionStatus.Unknown, "NoLink", $"without a link only site {view.PeerSite}, which is primary, can tell");
        var theirs = Conditions.Find(seen.PeerPair?.Status?.Conditions ?? [], type);
        return theirs is not null && Enum.TryParse<ConditionStatus>(theirs.Status, out var status) ? new Said(type, status, theirs.Reason, theirs.Message) : Said.No(type, "PeerUnreachable", Unreadable(seen));
    }

    /// <summary>Whether the lease stands that lets the primary run, and the other site tell that it does not.</summary>
    private static IEnumerable<Said> Arbitrated(PairObservation seen)
    {
        if (seen.Arbiter is not { } look) yield break;
        const string type = ConditionTypes.Arbitrated;
        var (record, bound) = (seen.View.Record, seen.View.Cluster?.Arbiter);
        yield return look switch
        {
            { Read: null } => Said.No(type, "ArbiterUnreachable", $"{look.Problem ?? "the arbiter cannot be read"}{(record?.Role == PairRole.Primary && bound is not null ? $"; the primary stops when its agent cannot renew the lease for {(bound.Duration * 2 / 3).TotalSeconds:0} s" : "")}"),
            { Read.Record: null } => Said.No(type, "NotTaken", "nobody has taken the lease at the arbiter yet: no site fails over by itself"),
            { Read.Record: { Holder: null } given } => Said.No(type, "GivenUp", $"the lease at the arbiter was given up at pair epoch {given.PairEpoch}: no site fails over by itself"),
            { Read.Record: { } stands } when ArbiterRules.HasRunOut(stands, look.StoodStillFor) => Said.No(type, "RunOut", $"site {stands.Holder} has not renewed its lease at the arbiter for {look.StoodStillFor.TotalSeconds:0} s"),
            { Read.Record: { } stands } when stands.PairEpoch != record?.PairEpoch => Said.No(type, "OtherEpoch", $"site {stands.Holder} holds the arbiter at pair epoch {stands.PairEpoch}, this site is at {record?.PairEpoch.ToString() ?? "none"}"),
            { Read.Record: { } stands } => Said.Yes(type, "LeaseHeld", $"site {stands.Holder} holds the arbiter at pair epoch {stands.PairEpoch}"),
        };
    }

    private static Said Progressing(PairObservation seen, PairAction action)
    {
        const string type = ConditionTypes.Progressing;
        return action switch
        {
            PairAction.Rest => Said.No(type, "AsRequested", $"site {seen.View.Record?.PairEpoch.Site} is primary, as requested"),
            PairAction.Wait { Reason: "PrimaryNotAsRequested" or "NotYetSupported" or "RecordRegressed" or "RecordTooNew" or "WouldDiscardData" or "HandoverInDoubt" or "PeerUnreachable" or "PeerRecordLost" or "PeerDoesNotStop" or "NothingToPromote" or "NamedStandbyLost" or "TooFarBehind" or "NotSynchronous" or "ArbiterUnreachable" or "OtherSiteNotTold" or "HandoverOffered" or "WaitingForLetter" } =>
                Said.No(type, action.Reason, action.Message),
            PairAction.Wait when seen.View.Unsupported is not null => Said.No(type, action.Reason, action.Message),
            _ => Said.Yes(type, action.Reason, action.Message),
        };
    }

    private static Said Diverged(PairObservation seen)
    {
        const string type = ConditionTypes.Diverged;
        return seen.Report switch
        {
            // A silence of a moment is no news: what was known last stands.
            null when Conditions.Find(seen.Pair.Status?.Conditions ?? [], type) is { } last && Enum.TryParse<ConditionStatus>(last.Status, out var status) => new Said(type, status, last.Reason, last.Message),
            null => new Said(type, ConditionStatus.Unknown, "HolderSilent", "the holder's agent has not reported"),
            { State: "rewinding" } report => Said.Yes(type, "Rewinding", report.Message ?? $"{report.Instance} is rewound to the other site's history"),
            { State: "held", Reason: { } reason } report when reason == "WouldDiscardData" || reason.Contains("Diverged", StringComparison.Ordinal) => Said.Yes(type, reason, report.Message ?? reason),
            _ => Said.No(type, "OneHistory", "this site's holder is on the pair's history"),
        };
    }

    private static string Disagreement(PairView view, PairRecord record) => $"this site is at pair epoch {record.PairEpoch}, site {view.PeerSite} at {view.PeerRecord?.PairEpoch.ToString() ?? "none"}";

    private static string Unreadable(PairObservation seen) =>
        $"site {seen.View.PeerSite} cannot be read{((seen.Reading as Links.OtherSite.OtherSiteReading.Unreadable)?.Message is { } message ? ": " + message : "")}{(seen.View.Record?.Peer is { } peer ? $"; last seen {peer.LastSeen:u}" : "")}";

    private static string Why(PairObservation seen) => seen.Report switch
    {
        null => $" ({seen.Self.NotReadyReason ?? "its agent is silent"})",
        { Message: { } message } report => $" ({report.Instance} is {report.State}: {message})",
        var report => $" ({report.Instance} is {report.State})",
    };
}
