using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Synchrony;

/// <param name="Reason">CamelCase.</param>
public sealed record AdmissionProblem(string Reason, string Message);

/// <summary>
/// When clients may come in [C1]: after every promotion and every restart in place, once k of the set have flushed the end of recovery *and* a record of the
/// holder's own epoch. Until then what a client read here could still vanish: older records alone can lose to a log of a later epoch.
/// </summary>
public static class AdmissionRules
{
    /// <param name="flushed">Flush position by application_name.</param>
    /// <param name="ownRecord">LSN after the first record of the own epoch; it lies beyond the end of recovery.</param>
    /// <param name="remote">Who of the other site is counted; null: nobody.</param>
    /// <returns>Null where clients may come in.</returns>
    public static AdmissionProblem? Judge(QuorumClause? clause, SynchronyTarget target, IReadOnlyCollection<StandbyHealth> standbys, IReadOnlyDictionary<string, Lsn?> flushed, Lsn ownRecord, StandbyHealth? remote = null)
    {
        if (clause is null) return new AdmissionProblem("NoClause", "the record has no clause of this reign yet");
        // Counted by the reign before, it is counted by this one, and the other site may still be told so [S10].
        if (remote is not null && (remote.Unaware || !remote.Streaming || !(flushed.GetValueOrDefault(remote.Incarnation.ReplicationName) >= ownRecord)))
            return new AdmissionProblem("WaitingForOtherSite", $"{remote.Incarnation.Instance} of the other site {(remote.Streaming ? $"has not flushed {ownRecord} yet" : remote.Unaware ? "streams, and has not said yet that it knows of this reign" : "does not stream, or not through its slot alone")}");
        if (clause.IsEmpty)
            return target.IsSynchronous && !target.Preferred
                ? new AdmissionProblem("WaitingForStandbys", "durability is Required, and no standby is in the synchronous set yet")
                : null;
        // The server counts whoever bears a name of the set: nobody may whose log would not be known for what it is.
        if (standbys.FirstOrDefault(s => s.Unaware && clause.Members.Contains(s.Incarnation)) is { } unaware)
            return new AdmissionProblem("WaitingForStandbys", $"{unaware.Incarnation.Instance} streams, and has not said yet that it knows of this reign");
        var have = clause.Members.Where(m => flushed.GetValueOrDefault(m.ReplicationName) is { } lsn && lsn >= ownRecord).ToList();
        return have.Count >= clause.Acknowledgements
            ? null
            : new AdmissionProblem("WaitingForStandbys", $"{have.Count} of {clause} have flushed {ownRecord}; {standbys.Count(s => s.Streaming)} standbys stream");
    }
}
