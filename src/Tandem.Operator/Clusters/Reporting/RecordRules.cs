using Tandem.Operator.Clusters.Observing;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>What the record says, for those who report it.</summary>
public static class RecordRules
{
    /// <summary>Why nobody holds the record for sure; null: it is stable.</summary>
    public static (string Reason, string Message)? WhyNotStable(ClusterObservation observation) => Regressed(observation) ?? observation.Record switch
    {
        RecordReading.Absent => observation.Cluster.Status is { SystemIdentifier: { } made, History: var history }
            ? ("RecordMissing", $"the record is not there, and database {made} was made{(history is [{ Epoch: var epoch }, ..] ? $"; the last known epoch was {epoch}" : "")}: the agents tell what they remember")
            : ("Founding", "there is no record yet: no database was made"),
        RecordReading.Unreadable unreadable => ("RecordUnreadable", unreadable.Message),
        RecordReading.Present { Current: var record } => record.State switch
        {
            RecordState.Electing => ("Electing", $"epoch {record.Epoch}: there is no primary; its standbys elect one{WhatItWaitsFor(observation)}"),
            RecordState.HandingOver handover => ("HandingOver", $"epoch {record.Epoch}: {record.Holder?.Instance} hands over to {handover.Target.Instance}"),
            _ when record.Holder is null => ("Electing", $"epoch {record.Epoch}: nobody holds the record"),
            _ => null,
        },
        _ => throw new InvalidOperationException(),
    };

    /// <summary>What the API server shows is not what was obeyed, by the word of those who obeyed it. Of several the newest, in the fewest words: it misses least.</summary>
    private static (string Reason, string Message)? Regressed(ClusterObservation observation) =>
        observation.Instances.Select(i => i.Report).OfType<AgentReport>().Where(r => r is { State: AgentStates.Held, Reason: AgentStates.RecordRegressed })
            .OrderByDescending(r => r.Epoch).ThenBy(r => r.Message?.Length).ThenBy(r => r.Instance, StringComparer.Ordinal).FirstOrDefault() is { } held
            ? (AgentStates.RecordRegressed, held.Message ?? "the record is lost, or older than what volumes remember")
            : null;

    /// <summary>In the words of an instance that can tell; each has the same reason, or has not come to it yet.</summary>
    private static string WhatItWaitsFor(ClusterObservation observation) =>
        observation.Instances.Select(i => i.Report).OfType<AgentReport>().Where(r => Election.WaitsForAnother(r.Reason))
            .OrderByDescending(r => r.Epoch).ThenBy(r => r.Instance, StringComparer.Ordinal).FirstOrDefault() is { Message: { } message } ? $": {message}" : "";

    /// <summary>
    /// What the holder acknowledges by, of its own reign: one clause, or two while one is changed into the other. The second is not in effect before the first has gone: where either is the empty one, nothing is promised.
    /// </summary>
    public static IReadOnlyList<QuorumClause> OwnClauses(PrimaryRecord record) => [.. record.Quorums.Where(q => q.Epoch == record.Epoch && q.Holder == record.Holder)];

    /// <summary>What a holder said before it was told of its reign is no word of that: it may have streamed, or admitted clients, in another place.</summary>
    public static bool SpeaksOfAnotherEpoch(AgentReport report, PrimaryRecord record) => (report.RecordEpoch is { } said && said != record.Epoch.Value) || report.Epoch < record.Epoch.Value;

    /// <summary>
    /// The holder's own report, if it speaks of the present and is of the very incarnation that the record names: another life of the instance is a stranger under its name.
    /// </summary>
    public static AgentReport? HolderReport(ClusterObservation observation) =>
        observation.PrimaryRecord?.Holder is { } holder && observation.Fresh(holder.Instance) is { } report && report.IsOf(holder) ? report : null;
}
