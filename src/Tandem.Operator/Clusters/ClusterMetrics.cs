using System.Collections.Concurrent;
using Tandem.Operator.Clusters.Observing;
using Tandem.Operator.Telemetry;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Operator.Clusters;

/// <summary>The clusters in numbers, as their status says it, written or not.</summary>
public sealed class ClusterMetrics
{
    private readonly ConcurrentDictionary<ClusterKey, Sample> _samples = new();

    public void Observe(ClusterKey key, int instances, DatabaseClusterStatus status) => _samples[key] = new Sample(
        Conditions.IsTrue(status.Conditions, ConditionTypes.Ready),
        Conditions.Find(status.Conditions, ConditionTypes.Writable)?.Status switch { nameof(ConditionStatus.True) => true, nameof(ConditionStatus.False) => false, _ => null },
        status.Epoch?.Value,
        instances,
        status.ReadyInstances ?? 0,
        [.. status.Instances.Select(i => new InstanceSample(i.Name, i.LagBytes, i.Restarts))]);

    public void Forget(ClusterKey key) => _samples.TryRemove(key, out _);

    public void Write(PrometheusText text)
    {
        var all = _samples.OrderBy(s => s.Key.ToString(), StringComparer.Ordinal).ToList();
        Family("tandem_cluster_ready", "Whether every instance runs and every standby streams.", s => s.Ready ? 1 : 0);
        Family("tandem_cluster_writable", "Whether clients can write.", s => s.Writable is { } writable ? (writable ? 1 : 0) : null);
        Family("tandem_cluster_epoch", "Number of the present reign.", s => s.Epoch);
        Family("tandem_cluster_instances", "Instances asked for.", s => s.Instances);
        Family("tandem_cluster_instances_ready", "Instances that are ready.", s => s.ReadyInstances);
        text.Family("tandem_cluster_instance_lag_bytes", "gauge", "How far an instance's replay is behind the holder's log.", PerInstance(i => i.LagBytes));
        text.Family("tandem_cluster_instance_restarts", "gauge", "Crashes of an instance's server within the window.", PerInstance(i => i.Restarts));

        void Family(string name, string help, Func<Sample, double?> value) => text.Family(name, "gauge", help, all.Select(s => (Of(s.Key), value(s.Value))));

        IEnumerable<(string, double?)> PerInstance(Func<InstanceSample, double?> value) =>
            all.SelectMany(s => s.Value.PerInstance.Select(i => (Of(s.Key, i.Name), value(i))));
    }

    private static string Of(ClusterKey key) => PrometheusText.Labels(("namespace", key.Namespace), ("cluster", key.Name));

    private static string Of(ClusterKey key, string instance) => PrometheusText.Labels(("namespace", key.Namespace), ("cluster", key.Name), ("instance", instance));

    private sealed record Sample(bool Ready, bool? Writable, double? Epoch, double Instances, double ReadyInstances, IReadOnlyList<InstanceSample> PerInstance);

    private sealed record InstanceSample(string Name, double? LagBytes, double? Restarts);
}
