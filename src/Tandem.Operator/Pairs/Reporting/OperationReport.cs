using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Pairs.Reporting;

/// <summary>The operation under way, or the last one, with its steps. The records say where it is; what the status said before only gives the steps that went by.</summary>
public static class OperationReport
{
    public static OperationStatus? Build(PairObservation seen, PairAction action, OperationStatus? before)
    {
        if (Present(seen) is { } present)
        {
            var steps = StepsOf(before?.Id == present.Id ? before.Steps : [], present.Step, seen.View.Now, action is PairAction.Wait ? action.Message : null);
            return new OperationStatus
            {
                Type = present.Type, Id = present.Id, Step = present.Step, Outcome = OperationOutcome.Running, StartedAt = present.StartedAt, Deadline = present.Deadline, Owner = present.Owner,
                Message = action.Message, Steps = steps,
            };
        }

        if (before is not { Outcome: OperationOutcome.Running }) return before;
        var outcome = Ended(seen, before);
        return before with { Outcome = outcome, Step = null, Deadline = null, EndedAt = seen.View.Now, Message = seen.View.Record?.Outcome?.Message ?? action.Message, Steps = Close(before.Steps, seen.View.Now) };
    }

    private sealed record Running(PairOperationType Type, string Id, string Step, DateTimeOffset? StartedAt, DateTimeOffset? Deadline, string? Owner);

    private static Running? Present(PairObservation seen)
    {
        if (seen.View.Record is not { } record) return null;
        if (record.Operation is { } operation)
            return new Running(Of(operation.Kind), operation.Id, NameOf(operation.Step), operation.StartedAt, operation.Deadline, operation.Owner);
        return record.Outcome is { } outcome && NotYetDone(seen, record, outcome) is { } step
            ? new Running(TypeOf(seen, outcome), outcome.OperationId ?? outcome.To.ToString(), step, outcome.StartedAt ?? outcome.At, null, outcome.To.Site)
            : null;
    }

    /// <summary>What is decided is still to be carried out: Promote, then Follow; an operation is done when the other site streams again.</summary>
    private static string? NotYetDone(PairObservation seen, PairRecord record, PairOutcome outcome)
    {
        if (WasCompleted(seen)) return null;
        var moves = outcome.Kind is PairOutcomeKind.Consumed or PairOutcomeKind.FailedOver or PairOutcomeKind.Founded;
        if (record.Role == PairRole.Primary && moves)
        {
            if (!seen.View.PrimaryRunsAtEpoch) return outcome.Kind == PairOutcomeKind.Founded ? "Found" : "Promote";
            // The old site comes back when it does: a failover is done when the new one is writable.
            if (outcome.Kind == PairOutcomeKind.Consumed && !seen.View.StandbyStreams && seen.View.PeerWord?.PairEpoch <= record.PairEpoch) return seen.View.PeerWord.PairEpoch < record.PairEpoch ? "Follow" : "Verify";
            return null;
        }

        if (record.Role != PairRole.Standby || seen.View.Holder is { Streaming: true }) return null;
        return outcome.Kind switch { PairOutcomeKind.Founded => "Build", PairOutcomeKind.Adopted => "Follow", _ => null };
    }

    /// <summary>It was done once: a stream that breaks off later, or a primary that restarts, is no part of the operation.</summary>
    private static bool WasCompleted(PairObservation seen) =>
        seen.Pair.Status is { Operation: { Outcome: not OperationOutcome.Running } done } && done.Id == (seen.View.Record?.Outcome?.OperationId ?? seen.View.Record?.Outcome?.To.ToString());

    private static OperationOutcome Ended(PairObservation seen, OperationStatus before)
    {
        var outcome = seen.View.Record?.Outcome;
        var same = outcome is not null && (outcome.OperationId ?? outcome.To.ToString()) == before.Id;
        return same && outcome!.Kind is not (PairOutcomeKind.Revoked or PairOutcomeKind.Overridden) ? OperationOutcome.Completed : OperationOutcome.RolledBack;
    }

    private static PairOperationType TypeOf(PairObservation seen, PairOutcome outcome) => outcome.Kind switch
    {
        PairOutcomeKind.Founded => PairOperationType.Build,
        PairOutcomeKind.FailedOver => PairOperationType.Failover,
        PairOutcomeKind.Adopted => seen.Pair.Status?.Operation is { Type: { } type, Id: var id } && id == outcome.OperationId ? type : PairOperationType.Rejoin,
        _ => seen.Pair.Status?.Operation is { Type: PairOperationType.Failover, Id: var id } && id == outcome.OperationId ? PairOperationType.Failover : PairOperationType.Switchover,
    };

    private static PairOperationType Of(PairOperationKind kind) => kind == PairOperationKind.Switchover ? PairOperationType.Switchover : PairOperationType.Failover;

    private static string NameOf(PairStep step) => step switch
    {
        PairStep.Offer or PairStep.Target => "Reach",
        _ => step.ToString(),
    };

    private static List<OperationStepStatus> StepsOf(List<OperationStepStatus> before, string step, DateTimeOffset now, string? message)
    {
        if (before.LastOrDefault() is { } last && last.Name == step) return [.. before.SkipLast(1), last with { Message = message ?? last.Message }];
        return [.. Close(before, now), new OperationStepStatus { Name = step, At = now, Message = message }];
    }

    private static List<OperationStepStatus> Close(List<OperationStepStatus> steps, DateTimeOffset now) =>
        steps.LastOrDefault() is { Seconds: null } last ? [.. steps.SkipLast(1), last with { Seconds = last.At is { } at ? Math.Round((now - at).TotalSeconds, 2) : null }] : steps;
}
