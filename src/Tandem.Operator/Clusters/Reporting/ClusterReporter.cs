using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Events;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Deciding;
using Tandem.Operator.Clusters.Observing;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>What there is to tell of a look.</summary>
/// <param name="Observation">With the status that was written last, should no cache show it yet.</param>
public sealed record ClusterReport(ClusterObservation Observation, DatabaseClusterStatus Status);

/// <summary>
/// Writes what there is to tell: the status, and Events for its transitions. A transition is written at once, those that follow within <see cref="TransitionsEvery"/> together after it,
/// positions alone at most every <see cref="PositionsEvery"/>.
/// </summary>
public sealed class ClusterReporter(IKubernetesClient client, IEventRecorder events, ReignMemory reigns, ClusterMetrics metrics, TimeProvider time, ILogger<ClusterReporter> logger)
{
    /// <summary>One event, a failover or a new pod, shows in many looks, and each write in every watcher.</summary>
    public static readonly TimeSpan TransitionsEvery = TimeSpan.FromMilliseconds(200);

    public static readonly TimeSpan PositionsEvery = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<ClusterKey, Written> _written = new();

    /// <summary>What there is to tell. The metrics tell it already: acting may take long.</summary>
    public ClusterReport Build(ClusterObservation observation, ClusterDecision decision)
    {
        // A cache that does not show our own last status yet would have its transitions told twice.
        if (_written.TryGetValue(observation.Key, out var written) && written.Uid == observation.Cluster.Metadata.Uid && written.IsAheadOf(observation)) observation = observation with { Cluster = written.On(observation.Cluster) };
        var status = StatusBuilder.Build(observation, decision, reigns.See(observation));
        metrics.Observe(observation.Key, observation.Cluster.Spec.Instances, status);
        return new ClusterReport(observation, status);
    }

    /// <returns>When to look again because something is still to be told; null: all is told.</returns>
    public async Task<TimeSpan?> ReportAsync(ClusterReport report, CancellationToken cancellation)
    {
        var (observation, status) = report;
        var old = observation.Cluster.Status;
        if (StatusComparison.AreEqual(old, status)) return null;

        var sinceWritten = _written.TryGetValue(observation.Key, out var written) ? time.GetElapsedTime(written.At) : TimeSpan.MaxValue;
        if (sinceWritten < TransitionsEvery) return TransitionsEvery - sinceWritten;
        if (sinceWritten < PositionsEvery && StatusComparison.TellTheSame(old, status)) return PositionsEvery - sinceWritten;

        if (!await WriteAsync(observation, status, cancellation)) return TransitionsEvery;
        Tell(observation, old, status);
        return null;
    }

    public void Forget(ClusterKey key)
    {
        _written.TryRemove(key, out _);
        reigns.Forget(key);
    }

    /// <returns>False: it took so long that what is to be told may not be so any more.</returns>
    private async Task<bool> WriteAsync(ClusterObservation observation, DatabaseClusterStatus status, CancellationToken cancellation)
    {
        var begun = time.GetTimestamp();
        var swap = observation.Cluster with { Status = status };
        for (var attempt = 0; ; attempt++)
        {
            switch (await client.SwapStatusAsync(swap, cancellation))
            {
                case SwapResult<DatabaseCluster>.Applied applied:
                    _written[observation.Key] = new Written(applied.Value.Metadata.Uid!, observation.Cluster.Metadata.ResourceVersion!, applied.Value, time.GetTimestamp());
                    return true;
                case SwapResult<DatabaseCluster>.Conflict when attempt < 3 && await client.GetAsync<DatabaseCluster>(observation.Name, observation.Key.Namespace, cancellation) is { } live:
                    if (time.GetElapsedTime(begun) > Freshness.Limit) return false;
                    // Nobody else writes status: only the version is another one, e.g. by an annotation. The truth that is told does not depend on it.
                    swap = live with { Status = status };
                    break;
                case SwapResult<DatabaseCluster>.Absent:
                    return true;
                case var other:
                    throw new KubernetesUnreachableException($"the status of {observation.Key} was not written: {other}");
            }
        }
    }

    private void Tell(ClusterObservation observation, DatabaseClusterStatus? old, DatabaseClusterStatus now)
    {
        foreach (var condition in now.Conditions.Where(c => IsTransition(old, c)))
        {
            Log.Transition(logger, observation.Key, condition.Type, condition.Status, condition.Reason, condition.Message);
            if (IsGood(condition)) events.Normal(observation.Cluster, condition.Reason, $"{condition.Type} is {condition.Status}: {condition.Message}");
            else events.Warning(observation.Cluster, condition.Reason, $"{condition.Type} is {condition.Status}: {condition.Message}");
        }

        foreach (var row in now.History.Where(h => old?.History.Any(o => o.Epoch == h.Epoch) != true).Reverse())
        {
            Log.Reign(logger, observation.Key, row.Epoch.Value, row.Reason, row.Message ?? "");
            events.Normal(observation.Cluster, row.Reason, string.Create(CultureInfo.InvariantCulture, $"epoch {row.Epoch}: {row.Message}"));
        }
    }

    /// <summary>Another status; or, of what is refused or stuck, another reason.</summary>
    private static bool IsTransition(DatabaseClusterStatus? old, V1Condition condition)
    {
        var before = Conditions.Find(old?.Conditions ?? [], condition.Type);
        if (before is null) return condition.Status == "True" || condition.Type == ConditionTypes.Ready || condition.Type == ConditionTypes.Progressing;
        return before.Status != condition.Status || (!IsGood(condition) && before.Reason != condition.Reason) || (condition.Type == ConditionTypes.Progressing && before.Reason != condition.Reason && condition.Status == "False");
    }

    private static bool IsGood(V1Condition condition) => condition.Type switch
    {
        ConditionTypes.Degraded => condition.Status == "False",
        ConditionTypes.Progressing => condition.Status == "True" || condition.Reason == "UpToDate",
        ConditionTypes.Paused => true,
        _ => condition.Status == "True",
    };

    /// <summary>The object as it was after our last write, on top of which version it was written.</summary>
    private sealed record Written(string Uid, string OnVersion, DatabaseCluster Object, long At)
    {
        /// <summary>The cache still shows what we wrote upon.</summary>
        public bool IsAheadOf(ClusterObservation observation) => observation.Cluster.Metadata.ResourceVersion == OnVersion;

        public DatabaseCluster On(DatabaseCluster cached) => cached with { Status = Object.Status, Metadata = cached.Metadata with { ResourceVersion = Object.Metadata.ResourceVersion } };
    }
}
