using Microsoft.Extensions.Logging;
using Tandem.Arbiter;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Events;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;
using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Arbitration;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Operator.Pairs.Acting;

/// <summary>Carries out one decided action: one write, sent once. What came of it is seen by the next look, which is live.</summary>
public sealed class PairActuator(IKubernetesClient client, Settlements settlements, IEventRecorder events, Random random, ILogger<PairActuator> logger)
{
    /// <returns>Whether anything was written: then another look is due at once.</returns>
    public async Task<bool> ActAsync(PairObservation seen, PairAction action, CancellationToken cancellation)
    {
        if (action is PairAction.Wait or PairAction.Rest or PairAction.Release) return false;
        var operation = seen.View.Record?.Operation?.Id ?? seen.View.PeerRecord?.Operation?.Id ?? "none";
        Log.PairActing(logger, seen.Key, operation, action.Reason, action.Message);
        var applied = action switch
        {
            PairAction.CreateRecord create => await CreateAsync(seen, create.Record, cancellation),
            PairAction.SwapRecord swap => await SwapRecordAsync(seen, swap.Next, cancellation),
            PairAction.SwapPeerRecord swap => await SwapPeerAsync(seen, swap.Next, cancellation),
            PairAction.SwapCluster swap => await SwapClusterAsync(seen, swap.Change, cancellation),
            PairAction.SwapArbiter swap => await SwapArbiterAsync(seen, swap.Next, cancellation),
            _ => throw new InvalidOperationException($"no such action: {action.GetType().Name}"),
        };
        if (applied) Tell(seen.Pair, action);
        return true;
    }

    /// <summary>Facts about the sites: no decision, so no Event.</summary>
    public Task<bool> SwapFactsAsync(PairObservation seen, PairRecord next, CancellationToken cancellation) => SwapRecordAsync(seen, next, cancellation);

    private async Task<bool> CreateAsync(PairObservation seen, PairRecord record, CancellationToken cancellation)
    {
        var lease = PairRecordLease.New(seen.Key.Namespace!, seen.Key.Name, seen.Pair.Spec.Cluster, WithNonce(Dated(seen, record)) with { PairUid = record.PairUid ?? seen.Pair.Metadata.Uid });
        return Settle(seen.Key, "pair record", await client.CreateAsync(lease, cancellation));
    }

    private async Task<bool> SwapRecordAsync(PairObservation seen, PairRecord next, CancellationToken cancellation)
    {
        next = Dated(seen, next);
        var lease = PairRecordLease.With(seen.RecordLease!, WithNonce(next));
        return Settle(seen.Key, "pair record", await settlements.PairRecord.AroundAsync(seen.Key, () => client.SwapAsync(lease, cancellation), Landed));
    }

    private async Task<bool> SwapPeerAsync(PairObservation seen, PairRecord next, CancellationToken cancellation)
    {
        var lease = PairRecordLease.With(seen.PeerLease!, WithNonce(next));
        return Settle(seen.Key, "other site's pair record", await settlements.PeerRecord.AroundAsync(seen.Key, () => seen.Link!.SwapRecordAsync(lease, cancellation), Landed));
    }

    private async Task<bool> SwapClusterAsync(PairObservation seen, ClusterChange change, CancellationToken cancellation)
    {
        var lease = PairRecordLease.WithCluster(seen.ClusterLease!, change.Apply(seen.View.Cluster!, random.NextHex(32)));
        var result = await settlements.Cluster.AroundAsync(seen.Key, () => client.SwapAsync(lease, cancellation), Landed);
        return Settle(seen.Key, "cluster's record", result);
    }

    private async Task<bool> SwapArbiterAsync(PairObservation seen, ArbiterRecord next, CancellationToken cancellation)
    {
        var swap = await settlements.Arbiter.AroundAsync(seen.Key, () => seen.Arbiter!.Arbiter!.SwapAsync(seen.Arbiter.Read!, next, cancellation), s => s is ArbiterSwap.Unknown ? null : s is ArbiterSwap.Applied);
        if (swap is ArbiterSwap.Applied) return true;
        Log.PairWriteFailed(logger, seen.Key, "arbiter's record", swap switch { ArbiterSwap.Lost lost => lost.Message, ArbiterSwap.Unknown unknown => $"no answer: {unknown.Message}", _ => throw new InvalidOperationException() });
        return false;
    }

    private static bool? Landed(SwapResult<V1Lease> result) => result is SwapResult<V1Lease>.Unknown ? null : result is SwapResult<V1Lease>.Applied;

    private bool Settle(ResourceKey pair, string record, SwapResult<V1Lease> result)
    {
        if (result is SwapResult<V1Lease>.Applied) return true;
        var outcome = result switch
        {
            SwapResult<V1Lease>.Conflict => "somebody else wrote first",
            SwapResult<V1Lease>.Absent => "it is not there",
            SwapResult<V1Lease>.Refused refused => $"{refused.StatusCode}: {refused.Message}",
            SwapResult<V1Lease>.Unknown unknown => $"no answer: {unknown.Message}",
            _ => throw new InvalidOperationException(),
        };
        Log.PairWriteFailed(logger, pair, record, outcome);
        return false;
    }

    private void Tell(DisasterRecoveryPair pair, PairAction action)
    {
        if (action.Reason is "RolledBack" or "HandoverRevoked" or "RollsBack" or "HandoverOverridden" or "OpenedUnseen" or "FailedOver" or "FencesPeer" or "FailingOver") events.Warning(pair, action.Reason, action.Message);
        else events.Normal(pair, action.Reason, action.Message);
    }

    /// <summary>Letters are told apart by it: later than the one before, whatever the clock did.</summary>
    private static PairRecord Dated(PairObservation seen, PairRecord record)
    {
        if (!seen.View.ByHand) return record;
        var (now, before) = (seen.View.Now, seen.View.Record?.WrittenAt);
        return record with { WrittenAt = before >= now ? before.Value.AddMilliseconds(1) : now };
    }

    private PairRecord WithNonce(PairRecord record) => record with { Nonce = random.NextHex(32) };
}
