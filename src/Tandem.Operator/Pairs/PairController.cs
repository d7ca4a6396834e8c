using Tandem.Kubernetes.Reconciling;
using Tandem.Kubernetes.Watching;
using Tandem.Operator.Links.Arbiters;
using Tandem.Operator.Links.OtherSite;
using Tandem.Operator.Pairs.Acting;
using Tandem.Operator.Pairs.Observing;
using Tandem.Operator.Pairs.Reporting;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Pairs;

/// <summary>
/// Observe, decide, act, report, for one pair: writes follow one another without a pause until there is nothing to write; then it waits to be woken by a change of either
/// site's records or objects, or for a second. In an operation positions are asked for, so it looks again sooner.
/// </summary>
public sealed class PairController(
    PairObserver observer, PairActuator actuator, PeerChecks checks, CredentialsCopier credentials, PairReporter reporter, PairStandings standings, OtherSites links, PairArbiters arbiters, Settlements settlements, TimeProvider time)
    : IEntityController<DisasterRecoveryPair>, IEntityFinalizer<DisasterRecoveryPair>
{
    /// <summary>Bound on the writes of one round, so that a conflict that never ends still lets the status be written.</summary>
    private const int MaximumWrites = 12;

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookAgainInOperation = TimeSpan.FromMilliseconds(100);

    /// <summary>Keeps the object until both sites have dissolved the pair [S13].</summary>
    public string Name => $"{Names.Group}/pair";

    public async Task<ReconcileResult> ReconcileAsync(DisasterRecoveryPair entity, CancellationToken cancellation)
    {
        var key = ResourceKey.Of(entity);
        var (seen, action, seenAt) = await DecideAndActAsync(key, cancellation);
        if (seen is null) return await reporter.ReportUnusableAsync(key, cancellation) ? ReconcileResult.After(LookAgainAfter) : ReconcileResult.Done;
        if (time.GetElapsedTime(seenAt) > Freshness.Limit && await observer.ObserveAsync(key, cancellation) is { } now) (seen, action) = (now, PairDecision.Decide(now.View));
        await reporter.ReportAsync(seen, action, cancellation);
        return ReconcileResult.After(IsInOperation(seen) ? LookAgainInOperation : LookAgainAfter);
    }

    public async Task<ReconcileResult> FinalizeAsync(DisasterRecoveryPair entity, CancellationToken cancellation)
    {
        var (seen, action, _) = await DecideAndActAsync(ResourceKey.Of(entity), cancellation);
        // Gone already, or never usable: there is no record that anybody obeys through this object.
        if (seen is null || action is PairAction.Release) return ReconcileResult.Done;
        await reporter.ReportAsync(seen, action, cancellation);
        return ReconcileResult.After(IsInOperation(seen) ? LookAgainInOperation : LookAgainAfter);
    }

    public async Task DeletedAsync(DisasterRecoveryPair entity, CancellationToken cancellation)
    {
        var key = ResourceKey.Of(entity);
        await links.ForgetAsync(key);
        await arbiters.ForgetAsync(key);
        settlements.Forget(key);
        observer.Forget(key);
        standings.Forget(key);
        reporter.Forget(key);
    }

    private async Task<(PairObservation? Seen, PairAction Action, long SeenAt)> DecideAndActAsync(ResourceKey key, CancellationToken cancellation)
    {
        settlements.Begin(key);
        for (var writes = 0; ; writes++)
        {
            if (await observer.ObserveAsync(key, cancellation) is not { } seen) return (null, new PairAction.Rest(), 0);
            var seenAt = time.GetTimestamp();
            standings.See(seen);
            await checks.AnswerAsync(seen, cancellation);
            var action = PairDecision.Decide(seen.View);
            if (writes < MaximumWrites && await actuator.ActAsync(seen, action, cancellation)) continue;
            await KeepFactsAsync(seen, cancellation);
            return (seen, action, seenAt);
        }
    }

    private async Task KeepFactsAsync(PairObservation seen, CancellationToken cancellation)
    {
        if (FactsKeeper.Refresh(seen) is { } next) await actuator.SwapFactsAsync(seen, next, cancellation);
        await credentials.CopyAsync(seen, cancellation);
    }

    private static bool IsInOperation(PairObservation seen) => seen.View.Record?.Operation is not null || seen.View.PeerRecord?.Operation is not null || IsReaching(seen.View);

    /// <summary>A token that was carried here is to be consumed as soon as it is reached.</summary>
    private static bool IsReaching(PairView view) =>
        view is { ByHand: true, Record: { Role: PairRole.Standby } record, Letter.Record.Operation.Token: { } token } && token.PairEpoch == record.PairEpoch && view.Request.PrimarySite == view.Site;
}
