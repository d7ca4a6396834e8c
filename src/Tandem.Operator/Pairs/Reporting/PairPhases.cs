using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Pairs.Reporting;

/// <summary>One word for what the pair does, read from top to bottom.</summary>
public static class PairPhases
{
    private static readonly HashSet<string> HeldReasons = ["RecordRegressed", "RecordTooNew", "WouldDiscardData", "PeerRecordLost", "NothingToPromote", "NamedStandbyLost", "TooFarBehind", "NotSynchronous"];

    public static PairPhase Of(PairObservation seen, PairAction action)
    {
        var view = seen.View;
        if (view.Record is not { } record) return HeldReasons.Contains(action.Reason) || view.Unsupported is not null ? PairPhase.Held : PairPhase.Pending;
        if (record.State == PairRecordState.Dissolved) return PairPhase.Dissolved;
        if (action is PairAction.Wait { Reason: "HandoverInDoubt" }) return PairPhase.HandoverInDoubt;
        if (action is PairAction.Wait { Reason: var reason } && HeldReasons.Contains(reason)) return PairPhase.Held;
        if (PairConditions.IsUnseen(view)) return PairPhase.Held;
        if (record.Operation is { } operation) return Of(operation.Kind);
        return record.Role == PairRole.Primary ? OfPrimary(seen, record) : OfStandby(seen, record);
    }

    private static PairPhase OfPrimary(PairObservation seen, PairRecord record)
    {
        var view = seen.View;
        // A primary that is lost later is an election within the site, and no part of what once made the site primary.
        if (!view.PrimaryRunsAtEpoch && seen.Pair.Status?.Operation is { Outcome: OperationOutcome.Completed }) return PairPhase.Interrupted;
        if (!view.PrimaryRunsAtEpoch) return record.Outcome?.Kind switch { PairOutcomeKind.Consumed => PairPhase.SwitchingOver, PairOutcomeKind.FailedOver => PairPhase.FailingOver, _ => PairPhase.Pending };
        if (view.StandbyStreams) return PairPhase.Streaming;
        if (view.PeerWord is { } peer && peer.PairEpoch < record.PairEpoch) return PairPhase.Rejoining;
        if (view.PeerWord is { Self: not { SystemIdentifier: not null } }) return PairPhase.WaitingForMainStandby;
        return WasStandbyBefore(record) ? PairPhase.Rejoining : PairPhase.Interrupted;
    }

    private static PairPhase OfStandby(PairObservation seen, PairRecord record)
    {
        if (seen.View.PeerWord is { Operation: { } operation } theirs && (!seen.View.ByHand || theirs.PairEpoch == record.PairEpoch)) return Of(operation.Kind);
        if (seen.View.Holder is { Streaming: true }) return PairPhase.Streaming;
        if (seen.View.Cluster?.SystemIdentifier is null || seen.Report is { State: "cloning" or "founding" } && record.History.Count <= 1) return PairPhase.Building;
        return record.Outcome?.Kind == PairOutcomeKind.Adopted && record.Outcome.From?.Site == seen.View.Site ? PairPhase.Rejoining : PairPhase.Interrupted;
    }

    /// <summary>This epoch began by a move from the other site, which has not streamed since.</summary>
    private static bool WasStandbyBefore(PairRecord record) => record.Outcome is { Kind: PairOutcomeKind.FailedOver or PairOutcomeKind.Consumed } && record.Peer is { PairEpoch: { } theirs } && theirs < record.PairEpoch;

    private static PairPhase Of(PairOperationKind kind) => kind == PairOperationKind.Switchover ? PairPhase.SwitchingOver : PairPhase.FailingOver;
}
