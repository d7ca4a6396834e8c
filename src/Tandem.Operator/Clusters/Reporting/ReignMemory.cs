using System.Collections.Concurrent;
using Tandem.Operator.Clusters.Observing;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>Remembers from look to look what the record does not keep: when the holder before was last seen to take writes, and what the record said in between.</summary>
public sealed class ReignMemory
{
    private readonly ConcurrentDictionary<ClusterKey, State> _states = new();

    public ReignFacts See(ClusterObservation observation)
    {
        var state = _states.GetOrAdd(observation.Key, _ => new State());
        lock (state)
        {
            state.See(observation);
            return state.Facts;
        }
    }

    public void Forget(ClusterKey key) => _states.TryRemove(key, out _);

    private sealed class State
    {
        private Epoch? _epoch;
        private RunMode? _runMode;
        private string? _holder;
        private DateTimeOffset? _lastWritable;

        public ReignFacts Facts { get; private set; } = ReignFacts.Unseen;

        public void See(ClusterObservation observation)
        {
            if (observation.PrimaryRecord is not { State: RecordState.Stable, Holder: { } holder } record) return;
            if (_epoch is { } known && known < record.Epoch)
            {
                var previousPod = _holder is null ? null : observation.Pod(_holder);
                Facts = new ReignFacts(record.Epoch, observation.Now, _lastWritable, _runMode != record.RunMode, previousPod is null || !PodFacts.IsRunning(previousPod));
            }

            (_epoch, _runMode, _holder) = (record.Epoch, record.RunMode, holder.Instance);
            if (RecordRules.HolderReport(observation) is { Admitted: true }) _lastWritable = LastKnown(observation, holder.Instance);
        }

        /// <summary>The report is as old as it is: the moment that it speaks of.</summary>
        private static DateTimeOffset LastKnown(ClusterObservation observation, string holder) => observation.Now - observation.Reports[holder].Age;
    }
}
