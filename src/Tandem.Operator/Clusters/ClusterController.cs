using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Reconciling;
using Tandem.Operator.Clusters.Acting;
using Tandem.Operator.Clusters.Deciding;
using Tandem.Operator.Clusters.Observing;
using Tandem.Operator.Clusters.Reporting;
using Tandem.Resources;

namespace Tandem.Operator.Clusters;

/// <summary>Observe, decide, act, report: once for every change of anything that belongs to a cluster.</summary>
public sealed class ClusterController(ClusterObserver observer, ClusterActuator actuator, ClusterReporter reporter, ClusterMetrics metrics, TimeProvider time, ILogger<ClusterController> logger) : IEntityController<DatabaseCluster>
{
    /// <summary>Whoever has waited for longer for an answer to a write looks again before it tells what is so.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    public async Task<ReconcileResult> ReconcileAsync(DatabaseCluster entity, CancellationToken cancellation)
    {
        var key = ClusterKey.Of(entity);
        if (observer.Observe(key) is not { } observation) return ReconcileResult.Done;
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
            if (time.GetElapsedTime(begun) > Fresh && observer.Observe(key) is { } now) report = reporter.Build(now, ClusterDecider.Decide(now));
            reportAgain = await reporter.ReportAsync(report, cancellation);
        }

        return (decision.LookAgainAfter, reportAgain) switch
        {
            (null, null) => ReconcileResult.Done,
            ({ } look, { } tell) => ReconcileResult.After(look < tell ? look : tell),
            var (look, tell) => ReconcileResult.After((look ?? tell)!.Value),
        };
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
