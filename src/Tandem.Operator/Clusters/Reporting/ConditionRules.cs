using Tandem.Operator.Clusters.Deciding;
using Tandem.Operator.Clusters.Observing;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>The conditions beside Ready, each one function. Unknown is said where nothing is known.</summary>
public static class ConditionRules
{
    /// <summary>Clients of <c>-rw</c> can write now.</summary>
    public static Verdict Writable(ClusterObservation observation)
    {
        if (RecordRules.WhyNotStable(observation) is { } why) return Verdict.No(why.Reason, why.Message);
        var record = observation.PrimaryRecord!;
        if (record.RunMode == RunMode.Standby) return Verdict.No("StandbySite", "this site follows the other one; writes go there");
        if (RecordRules.HolderReport(observation) is not { } report) return Verdict.Unknown("HolderUnreachable", $"nothing is heard of {observation.Holder}, the primary");
        if (HolderTakesOver(report, record) is { } taking) return taking;
        if (!report.Admitted) return Verdict.No("NotAdmitted", $"{observation.Holder} does not admit clients yet ({report.State})");
        if (report.TurnsClientsAway) return Verdict.No("HandoverTurnsClientsAway", TurnedAway(observation));
        var selected = observation.Services.GetValueOrDefault(Names.ReadWriteService(observation.Name))?.Spec?.Selector?.GetValueOrDefault(Names.InstanceLabel);
        if (selected != observation.Holder) return Verdict.No("SelectorNotMoved", $"the Service {Names.ReadWriteService(observation.Name)} selects {selected ?? "nobody"}, the primary is {observation.Holder}");
        return Verdict.Yes("PrimaryAdmits", $"{observation.Holder} takes writes in epoch {record.Epoch}");
    }

    /// <summary>What is acknowledged now is on standbys too, and those of the set are near.</summary>
    public static Verdict Synchronized(ClusterObservation observation)
    {
        if (observation.PrimaryRecord is not { } record) return Verdict.Unknown("NoRecord", "there is no record that can be read");
        if (record.RunMode == RunMode.Standby) return Verdict.No("StandbySite", "this site acknowledges nothing; see the pair");
        if (RecordRules.WhyNotStable(observation) is { } why) return Verdict.Unknown(why.Reason, why.Message);
        if (observation.RecordIsBehind) return Verdict.Unknown("RecordBehind", "an instance has obeyed a newer record than the API server shows: whom commits wait for is not known");
        var clauses = RecordRules.OwnClauses(record);
        if (clauses.Count == 0) return Verdict.Unknown("NoClause", $"{observation.Holder} has not said yet whom commits wait for");
        if (clauses.Any(c => c.IsEmpty))
        {
            if (!clauses[^1].IsEmpty) return Verdict.No("BecomingSynchronous", $"commits come to be confirmed by {clauses[^1]}: until that is in effect a failover may lose the newest ones");
            return observation.Cluster.Spec.Synchronization.ModeFor(observation.Cluster.Spec.Instances) == SynchronizationMode.Asynchronous
                ? Verdict.No("Asynchronous", "spec.synchronization.mode is Asynchronous: a failover may lose the newest commits")
                : Verdict.No("DegradedToAsynchronous", "no standby confirms commits now: a failover may lose the newest ones");
        }

        if (RecordRules.HolderReport(observation) is not { } report) return Verdict.Unknown("HolderUnreachable", $"nothing is heard of {observation.Holder}, the primary");
        // Its standbys may follow it as those of a standby do: nothing is acknowledged by that.
        if (!report.Admitted || RecordRules.SpeaksOfAnotherEpoch(report, record)) return Verdict.Unknown("NotAdmitted", $"{observation.Holder} does not admit clients yet ({report.State}): nothing is acknowledged here");
        foreach (var clause in clauses)
        {
            var far = Far(observation, report, clause);
            var near = clause.Members.Count - far.Count;
            if (near < clause.Acknowledgements) return Verdict.No("TooFewStandbys", $"{near} of the set {clause} are near, commits wait for {clause.Acknowledgements}: {string.Join(", ", far)} not streaming or too far behind");
        }

        var missing = Far(observation, report, clauses[^1]);
        return missing.Count == 0
            ? Verdict.Yes("SetStreams", $"commits are confirmed by {clauses[^1]}")
            : Verdict.Yes("QuorumStreams", $"commits are confirmed by {clauses[^1]}; {string.Join(", ", missing)} not streaming or too far behind");
    }

    public static Verdict StorageWritable(ClusterObservation observation)
    {
        var reports = observation.Instances.Where(i => i.Report is not null).ToList();
        if (reports.FirstOrDefault(i => !i.Report!.StorageWritable) is { } failing) return Verdict.No("StorageFailed", $"the volume of {failing.Name} does not take writes{(failing.Report!.LastFailure is { } words ? $": {words}" : "")}");
        if (reports.Count == 0) return Verdict.Unknown("NothingHeard", "no agent has reported");
        return Verdict.Yes("ProbesSucceed", reports.Count == observation.Instances.Count ? "every volume takes writes" : $"the volumes of {string.Join(", ", reports.Select(r => r.Name))} take writes");
    }

    public static Verdict Progressing(ClusterObservation observation, ClusterDecision decision)
    {
        if (decision.Holds.FirstOrDefault(h => h.Kind == HoldKind.Refused) is { } refused) return Verdict.No(refused.Reason, refused.Message);
        if (decision.Holds.FirstOrDefault(h => h.Kind == HoldKind.Paused) is { } paused) return Verdict.No(paused.Reason, paused.Message);
        if (decision.Actions.FirstOrDefault(a => a is not ClusterAction.Apply { IsCheck: true }) is { } action) return Verdict.Yes(action.Reason, action.Message);
        if (decision.Holds.FirstOrDefault(h => h.Kind == HoldKind.Waiting) is { } waiting) return Verdict.Yes(waiting.Reason, waiting.Message);
        if (Failing(observation) is { } failing) return Verdict.No(failing.Reason, failing.Message);
        if (observation.Instances.FirstOrDefault(i => i.Report?.State is AgentStates.Founding or AgentStates.Cloning or AgentStates.Rewinding) is { } building)
            return Verdict.Yes("Building", $"{building.Name} is {building.Report!.State}");
        if (decision.Holds.FirstOrDefault(h => h.Kind == HoldKind.Stuck) is { } stuck) return Verdict.No(stuck.Reason, stuck.Message);
        foreach (var instance in observation.Instances.Where(i => i.IsWanted))
        {
            if (instance.WhyUnsettled(observation.PrimaryRecord?.RunMode ?? RunMode.Primary) is { } unsettled) return Verdict.Yes("InstanceIsComing", $"{instance.Name}: {unsettled}");
        }

        return Verdict.No("UpToDate", "everything that the spec asks for is there");
    }

    /// <summary>Something is not as it should be that waiting alone may not mend, or that leaves less to lose.</summary>
    public static Verdict Degraded(ClusterObservation observation, ClusterDecision decision)
    {
        if (decision.Holds.FirstOrDefault(h => h.Kind == HoldKind.Stuck) is { } stuck) return Verdict.Yes(stuck.Reason, stuck.Message);
        if (Failing(observation) is { } failing) return Verdict.Yes(failing.Reason, failing.Message);
        if (observation.PrimaryRecord is null) return Verdict.No("NotFounded", "there is no database yet");
        return observation.Instances.Where(i => i.IsWanted).Select(i => (i.Name, Why: i.WhyUnsettled(observation.PrimaryRecord.RunMode))).FirstOrDefault(i => i.Why is not null) is { Why: { } unsettled } missing
            ? Verdict.Yes("InstanceUnfit", $"{missing.Name}: {unsettled}")
            : Verdict.No("AllInstancesFit", "every instance could be lost without a loss of the database's redundancy before");
    }

    public static Verdict Paused(ClusterObservation observation) => observation.Cluster.Spec.Paused
        ? Verdict.Yes("AsAsked", "spec.paused is true: the operator changes nothing; the agents go on keeping the database alive")
        : Verdict.No("NotAsked", "the operator does what the spec asks for");

    public static Verdict RewindPossible(ClusterObservation observation)
    {
        if (observation.Holder is null) return Verdict.Unknown("NoHolder", "nobody holds the record");
        if (RecordRules.HolderReport(observation) is not { } report) return Verdict.Unknown("HolderUnreachable", $"nothing is heard of {observation.Holder}");
        return report.RewindPossible
            ? Verdict.Yes("ChecksumsOrHints", "a diverged instance can be rewound")
            : Verdict.No("RebuildNeeded", "the database has neither checksums nor wal_log_hints: a diverged instance is rebuilt by a base backup");
    }

    /// <summary>The first instance that is waited for, and that waiting alone does not mend.</summary>
    public static (string Reason, string Message)? Failing(ClusterObservation observation) => observation.Instances.Where(i => i.IsToRun).Select(i => i.WhyFailing).FirstOrDefault(w => w is not null);

    /// <summary>Null: the holder speaks of its reign.</summary>
    public static Verdict? HolderTakesOver(AgentReport report, PrimaryRecord record) =>
        RecordRules.SpeaksOfAnotherEpoch(report, record) ? Verdict.No("HolderTakesOver", $"{record.Holder?.Instance} has not said yet that it holds epoch {record.Epoch}") : null;

    public static string TurnedAway(ClusterObservation observation) => $"{observation.Holder} turns clients away: the pair is being handed over, see its status";

    private static List<string> Far(ClusterObservation observation, AgentReport holder, QuorumClause clause) => [.. clause.Members.Where(m => !IsNear(observation, holder, m)).Select(m => m.Instance)];

    private static bool IsNear(ClusterObservation observation, AgentReport holder, Incarnation member) =>
        holder.Senders.Any(s => s.ApplicationName == member.ReplicationName && s.State == "streaming"
            && Lsn.TryParse(s.Flush, out var flush) && Lsn.TryParse(holder.Flushed ?? holder.Written, out var end)
            && end - flush <= observation.Cluster.Spec.Synchronization.ResumeLag.Bytes);
}
