using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Events;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;
using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Validation;
using Tandem.Resources.Values;

namespace Tandem.Operator.Pairs.Reporting;

/// <summary>Writes what there is to tell: a transition at once, positions alone at most every <see cref="PositionsEvery"/>.</summary>
public sealed class PairReporter(IKubernetesClient client, IEventRecorder events, string site, TimeProvider time, ILogger<PairReporter> logger)
{
    public static readonly TimeSpan PositionsEvery = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<ResourceKey, RecoveryMeter> _meters = new();
    private readonly ConcurrentDictionary<ResourceKey, long> _written = new();

    public async Task ReportAsync(PairObservation seen, PairAction action, CancellationToken cancellation)
    {
        var status = PairStatusBuilder.Build(seen, action, Measure(seen));
        var before = seen.Pair.Status;
        if (TellTheSame(before, status) && _written.TryGetValue(seen.Key, out var at) && time.GetElapsedTime(at) < PositionsEvery) return;
        if (await WriteAsync(seen.Pair, status, cancellation)) Tell(seen.Pair, before, status);
    }

    /// <summary>A pair that does not name this operator's site, or not two: nothing can be decided, but it is said.</summary>
    /// <returns>Whether there still is such an object.</returns>
    public async Task<bool> ReportUnusableAsync(ResourceKey key, CancellationToken cancellation)
    {
        if (await client.GetAsync<DisasterRecoveryPair>(key.Name, key.Namespace, cancellation) is not { } pair) return false;
        if (PairSupport.Check(pair, site) is not { } refusal) return true;
        var conditions = (pair.Status?.Conditions ?? []).Select(c => c with { }).ToList();
        if (!Conditions.Set(conditions, ConditionTypes.Ready, ConditionStatus.False, refusal.Reason, refusal.Message, pair.Metadata.Generation, time.GetUtcNow())) return true;
        var status = (pair.Status ?? new DisasterRecoveryPairStatus()) with { ObservedGeneration = pair.Metadata.Generation, Site = site, Phase = PairPhase.Held, Conditions = conditions };
        if (await WriteAsync(pair, status, cancellation)) Tell(pair, pair.Status, status);
        return true;
    }

    public void Forget(ResourceKey key)
    {
        _meters.TryRemove(key, out _);
        _written.TryRemove(key, out _);
    }

    /// <summary>At the primary site alone, and only while the stream flows (B12).</summary>
    private RecoveryEstimate? Measure(PairObservation seen)
    {
        var meter = _meters.GetOrAdd(seen.Key, _ => new RecoveryMeter());
        if (seen.View is { Record.Role: PairRole.Primary, Holder: { } holder, HolderAdmits: true, StandbyStreams: true }
            && seen.PeerSender is { } sender && Lsn.TryParse(sender.Flush, out var flush) && Lsn.TryParse(sender.Replay, out var replay))
            return meter.Take(new StreamSample(time.BootTime(), holder.Flushed, flush, replay));
        meter.Interrupt();
        return null;
    }

    private async Task<bool> WriteAsync(DisasterRecoveryPair pair, DisasterRecoveryPairStatus status, CancellationToken cancellation)
    {
        var result = await client.SwapStatusAsync(pair with { Status = status }, cancellation);
        if (result is SwapResult<DisasterRecoveryPair>.Refused refused) Log.PairWriteFailed(logger, ResourceKey.Of(pair), "status", $"{refused.StatusCode}: {refused.Message}");
        if (result is not SwapResult<DisasterRecoveryPair>.Applied) return false; // the next look is live, and tells it then
        _written[ResourceKey.Of(pair)] = time.GetTimestamp();
        return true;
    }

    private void Tell(DisasterRecoveryPair pair, DisasterRecoveryPairStatus? before, DisasterRecoveryPairStatus now)
    {
        foreach (var condition in now.Conditions)
        {
            var old = Conditions.Find(before?.Conditions ?? [], condition.Type);
            if (old is not null ? old.Status == condition.Status && old.Reason == condition.Reason : condition.Type != ConditionTypes.Ready) continue;
            Log.PairTransition(logger, ResourceKey.Of(pair), condition.Type, condition.Status, condition.Reason, condition.Message);
            var message = $"{condition.Type} is {condition.Status}: {condition.Message}";
            if (IsGood(condition)) events.Normal(pair, condition.Reason, message);
            else events.Warning(pair, condition.Reason, message);
        }
    }

    private static bool IsGood(V1Condition condition) => condition.Type switch
    {
        ConditionTypes.Diverged => condition.Status != "True",
        ConditionTypes.Progressing => condition.Status == "True" || condition.Reason == "AsRequested",
        _ => condition.Status == "True",
    };

    /// <summary>Apart from times, positions and the sentences that hold them.</summary>
    private static bool TellTheSame(DisasterRecoveryPairStatus? before, DisasterRecoveryPairStatus now) =>
        before is not null
        && (before.Role, before.Phase, before.PairEpoch, before.ObservedGeneration) == (now.Role, now.Phase, now.PairEpoch, now.ObservedGeneration)
        && before.Operation?.Step == now.Operation?.Step && before.Operation?.Id == now.Operation?.Id && before.Operation?.Outcome == now.Operation?.Outcome
        && before.Letter == now.Letter
        && before.History.Count == now.History.Count
        && (before.RecoveryPoint is null) == (now.RecoveryPoint is null)
        && now.Conditions.All(c => Conditions.Find(before.Conditions, c.Type) is { } old && old.Status == c.Status && old.Reason == c.Reason);
}
