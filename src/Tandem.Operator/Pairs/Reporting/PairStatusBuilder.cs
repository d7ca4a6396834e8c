using Tandem.Kubernetes.Models;
using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Pairs.Reporting;

/// <summary>The status of a pair as this site sees it: rebuilt from the records and reports. What is not known is absent.</summary>
public static class PairStatusBuilder
{
    public static DisasterRecoveryPairStatus Build(PairObservation seen, PairAction action, RecoveryEstimate? estimate)
    {
        var (view, record, before) = (seen.View, seen.View.Record, seen.Pair.Status);
        var phase = PairPhases.Of(seen, action);
        var said = PairConditions.Of(seen, action, estimate);
        var conditions = (before?.Conditions ?? []).Where(c => said.Any(s => s.Type == c.Type)).Select(c => c with { }).ToList();
        foreach (var one in said) Conditions.Set(conditions, one.Type, one.Status, one.Reason, one.Message, seen.Pair.Metadata.Generation, view.Now);
        return new DisasterRecoveryPairStatus
        {
            ObservedGeneration = seen.Pair.Metadata.Generation,
            Site = view.Site,
            Role = record is null ? null : Of(record.Role),
            PrimarySite = record?.PairEpoch.Site,
            StandbySite = record is null ? null : record.PairEpoch.Site == view.Site ? view.PeerSite : view.Site,
            Phase = phase,
            Epoch = record?.PairEpoch.Number,
            PairEpoch = record?.PairEpoch,
            Operation = OperationReport.Build(seen, action, before?.Operation),
            // Of a synchronous pair it is not measured: promised. At this site alone, and while the stream flows, all the same: elsewhere it is for the Synchronized condition to say what the mark promises.
            RecoveryPoint = estimate is null ? null : seen.Synchronous is { Preferred: false } ? Nothing(view.Now) : PointOf(estimate, view.Now),
            RecoveryTime = TimeOf(estimate, view.Now),
            Protected = Conditions.Find(conditions, ConditionTypes.Protected)?.Status switch { "True" => true, "False" => false, _ => null },
            Peer = PeerOf(seen),
            Arbiter = ArbiterOf(seen),
            Letter = LetterOf(seen),
            History = PairHistory.Build(seen),
            Conditions = conditions,
        };
    }

    private static RecoveryPointStatus Nothing(DateTimeOffset now) => new() { Bytes = 0, Seconds = 0, Text = Text(0)!, At = now };

    private static RecoveryPointStatus PointOf(RecoveryEstimate estimate, DateTimeOffset now) =>
        new() { Bytes = estimate.Bytes, Seconds = Round(estimate.PointSeconds), Text = Text(estimate.PointSeconds) ?? $"{estimate.Bytes}B", At = now };

    private static RecoveryTimeStatus? TimeOf(RecoveryEstimate? estimate, DateTimeOffset now) =>
        estimate?.TimeSeconds is { } seconds ? new RecoveryTimeStatus { Seconds = Round(seconds), Text = Text(seconds), At = now } : null;

    private static double? Round(double? seconds) => seconds is { } value ? Math.Round(value, 3) : null;

    private static string? Text(double? seconds) => seconds switch
    {
        null => null,
        < 10 and var s => FormattableString.Invariant($"{s:0.#}s"),
        < 120 and var s => FormattableString.Invariant($"{s:0}s"),
        var s => FormattableString.Invariant($"{s / 60:0}m"),
    };

    private static PeerStatus PeerOf(PairObservation seen)
    {
        // Of a letter: what was kept of it, for an older one may have been pasted over it.
        var (known, now) = (seen.View.Record?.Peer, seen.View.PeerRecord);
        return new PeerStatus
        {
            Site = seen.View.PeerSite,
            Reachable = seen.View.Peer is not null,
            LastSeen = seen.View.Peer is not null ? seen.View.Now : known?.LastSeen,
            // Of a site that cannot be read nothing is known but what it was.
            Role = now is not null ? Of(now.Role) : seen.View.ByHand && known?.Role is { } role ? Of(role) : null,
            PairEpoch = now?.PairEpoch ?? known?.PairEpoch,
            SystemIdentifier = (now?.Self ?? known?.Facts)?.SystemIdentifier,
            Version = (now?.Self ?? known?.Facts)?.ServerVersion is { } version ? FormattableString.Invariant($"{version / 10000}.{version % 10000}") : null,
            Holder = now?.Self?.Holder ?? (seen.View.ByHand ? known?.Facts?.Holder : null),
        };
    }

    /// <summary>As the record was read: nothing is said that does not stand there already.</summary>
    private static string? LetterOf(PairObservation seen) =>
        seen is { Carried: { MayWrite: true, Key: var key }, View.Record: { } record } ? PairLetterCodec.Encode(PairLetter.Of(seen.Key.Name, seen.View.Site, record), key) : null;

    private static ArbiterStatus? ArbiterOf(PairObservation seen) => seen.Arbiter is not { } look ? null : new ArbiterStatus
    {
        Reachable = look.Read is not null,
        Holder = look.Read?.Record?.Holder,
        PairEpoch = look.Read?.Record?.PairEpoch,
        RenewedAt = look.Read?.Record?.RenewedAt,
    };

    private static ClusterRunMode Of(PairRole role) => role == PairRole.Primary ? ClusterRunMode.Primary : ClusterRunMode.Standby;
}
