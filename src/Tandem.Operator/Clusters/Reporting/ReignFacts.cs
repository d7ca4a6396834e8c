using Tandem.Protocol.Links;
using Tandem.Resources.Values;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>What was seen of the change to the present reign; null where this operator was not there to see it.</summary>
/// <param name="Epoch">Of the present reign.</param>
/// <param name="Since">When the record was first seen with its holder.</param>
/// <param name="LastWritable">When the holder before was last known to take writes.</param>
/// <param name="RunModeChanged">The site's part in the pair is another one since.</param>
/// <param name="PreviousPodGone">The pod of the holder before is gone or not running.</param>
public sealed record ReignFacts(Epoch? Epoch, DateTimeOffset? Since, DateTimeOffset? LastWritable, bool RunModeChanged, bool PreviousPodGone)
{
    public static readonly ReignFacts Unseen = new(null, null, null, false, false);

    /// <param name="givenBy">Who gave the record away in order, as it says itself.</param>
    public (string Reason, string Message) Why(string? from, string to, string? givenBy)
    {
        if (from is null) return ("Founded", $"{to} is the first to hold the record");
        if (RunModeChanged) return ("SiteRoleChanged", $"the site's part in the pair changed; {to} holds the record");
        if (givenBy is not null) return ("Switchover", $"{givenBy} handed over to {to}");
        if (from == to) return ("Reelected", $"{to} was elected again");
        return ("Failover", PreviousPodGone ? $"{from} was lost with its pod; {to} was elected" : $"{from} failed or was not heard of; {to} was elected");
    }

    /// <returns>Null where one of the two ends is not known, or clocks of nodes contradict each other.</returns>
    public double? SecondsUnavailable(AgentReport? holder)
    {
        if (LastWritable is not { } lost || holder is not { Admitted: true, AdmittedAt: { } regained }) return null;
        var seconds = (regained - lost).TotalSeconds;
        return seconds < 0 ? null : Math.Round(seconds, 1);
    }
}
