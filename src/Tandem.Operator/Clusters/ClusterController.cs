using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Reconciling;
using Tandem.Operator.Clusters.Acting;
using Tandem.Operator.Clusters.Deciding;
using Tandem.Operator.Clusters.Observing;
using Tandem.Operator.Clusters.Reporting;
using Tandem.Resources;

namespace Tandem.Operator.Clusters;

/// <summary>Observe, decide, act, report: once for every change of anything that belongs to a cluster.</summary>
public sealed class ClusterController(IKubernetesClient client, ClusterObserver observer, ClusterActuator actuator, ClusterReporter reporter, ClusterMetrics metrics, TimeProvider time, ILogger<ClusterController> logger) : IEntityController<DatabaseCluster>
{
    public async Task<ReconcileResult> ReconcileAsync(DatabaseCluster entity, CancellationToken cancellation)
    {
        var key = ClusterKey.Of(entity);
        if (await ObserveAsync(key, cancellation) is not { } observation) return ReconcileResult.Done;
        observer.Listen(observation);

        var decision = ClusterDecider.Decide(observation);
        foreach (var hold in decision.Holds) Log.Holding(logger, key, hold.Reason, hold.Message);

        // What is known is told even if acting fails: an API that refuses one write still shows the truth.
        var report = reporter.Build(observation, decision);
        TimeSpan? reportAgain;
        var begun = time.GetTimestamp();
        try
        {
            await actuator.ActAsync(observation, decision.Actions, cancellation);
        }
        finally
        {
            if (time.GetElapsedTime(begun) > Freshness.Limit && await ObserveAsync(key, cancellation) is { } now) report = reporter.Build(now, ClusterDecider.Decide(now));
            reportAgain = await reporter.ReportAsync(report, cancellation);
        }

        return (decision.LookAgainAfter, reportAgain) switch
        {
            (null, null) => ReconcileResult.Done,
            ({ } look, { } tell) => ReconcileResult.After(look < tell ? look : tell),
            var (look, tell) => ReconcileResult.After((look ?? tell)!.Value),
        };
    }

    /// <summary>A watch that has broken off does not say so; what would be told of a record that the agents have left behind is not so any more.</summary>
    private async Task<ClusterObservation?> ObserveAsync(ClusterKey key, CancellationToken cancellation)
    {
        var seen = observer.Observe(key);
        if (seen is not { RecordIsBehind: true }) return seen;
        RecordReading? live = null;
        try
        {
            live = RecordReading.Of(await client.GetAsync<V1Lease>(Names.Record(key.Name), key.Namespace, cancellation));
        }
        catch (Exception exception) when (exception is KubernetesException or KubernetesUnreachableException)
        {
            // What depends on it is told as unknown.
        }
        // The answer may have been long in coming, and all else has gone on meanwhile.
        return observer.Observe(key) is not { } now ? null : live is null || !now.RecordIsBehind ? now : now with { Record = live };
    }

    public Task DeletedAsync(DatabaseCluster entity, CancellationToken cancellation)
    {
        var key = ClusterKey.Of(entity);
        Log.Gone(logger, key);
        observer.Forget(key);
        reporter.Forget(key);
        metrics.Forget(key);
        return Task.CompletedTask;
    }
}
