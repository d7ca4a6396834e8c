using System.Collections.Concurrent;
using Tandem.Kubernetes.Watching;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Operator.Pairs.Observing;

/// <summary>For how long this operator has not heard of the one that holds a cluster's record. An operator that has just begun to look knows of no silence.</summary>
public sealed class HolderSilence(TimeProvider time)
{
    /// <summary>An agent that is started anew is back by then.</summary>
    private static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<ResourceKey, (Incarnation Holder, long Heard)> _heard = new();

    /// <summary>Notes what was heard now.</summary>
    /// <returns>Whether it is lost: silent for too long, or about to be copied anew.</returns>
    public bool IsLost(ResourceKey pair, PrimaryRecord? cluster, AgentReport? report)
    {
        // While there is an election, of the one without whom it cannot end.
        if ((cluster?.Holder ?? cluster?.Named) is not { } holder)
        {
            _heard.TryRemove(pair, out _);
            return false;
        }
        if (cluster!.Holder is null) report = null;
        // Another life of its volume answers under its name: the one that holds is gone for good, and is not heard by that.
        var isAnother = report is { Incarnation: not null } && !report.IsOf(holder);
        if ((report is not null && !isAnother) || !_heard.TryGetValue(pair, out var last) || last.Holder != holder) _heard[pair] = last = (holder, time.GetTimestamp());
        return report is null ? time.GetElapsedTime(last.Heard) > LostAfter : isAnother || report.AsksToBeLetGo;
    }

    public void Forget(ResourceKey pair) => _heard.TryRemove(pair, out _);
}
