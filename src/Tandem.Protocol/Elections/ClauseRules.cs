using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Elections;

/// <summary>When the promises at hand prove that no acknowledged commit is missing among them (protocol, section 2).</summary>
public static class ClauseRules
{
    /// <summary>
    /// A clause is satisfied by the promise of its holder (it has everything it acknowledged), or by |S| − k + 1 of its members: any k that acknowledged a
    /// commit and any |S| − k + 1 share one, and that one has the commit flushed. Promises count only at exactly this epoch [C7b] (an older one was given
    /// when its log could still grow from another primary) and with a position [C6].
    /// </summary>
    /// <returns>True for the empty clause: of that one <see cref="NeedsEvidence"/> speaks.</returns>
    public static bool Satisfied(QuorumClause clause, Epoch epoch, IReadOnlyCollection<PromiseReport> promises)
    {
        if (clause.IsEmpty) return true;
        var counting = promises.Where(p => p.Epoch == epoch && p.Position is not null).Select(p => p.By).ToHashSet();
        return counting.Contains(clause.Holder) || clause.Members.Count(counting.Contains) >= clause.PromisesNeeded;
    }

    /// <summary>
    /// In asynchronous mode a holder acknowledges alone, so promises of others prove nothing about it: before Elect it must be known to be down,
    /// by evidence gathered after Vacate.
    /// </summary>
    public static bool NeedsEvidence(QuorumClause clause) => clause.IsEmpty;

    /// <summary>
    /// Whom an election must hear, whatever clauses are satisfied, as the other site is in what it has; null: nobody. The one of this site whom the other counts has what was acknowledged there, and whoever is elected
    /// must not have less [S11]. And where one of the other site is counted, as is required, and the clause is empty, that one and the holder alone have what was acknowledged.
    /// </summary>
    public static Incarnation? MustBeHeard(PrimaryRecord record) =>
        record.Named ?? (record.AwaitedRemote is { Preferred: false } ? record.Quorums.LastOrDefault(NeedsEvidence)?.Holder : null);

    /// <summary>What those reachable could not satisfy if they all promised, in words; null: nothing. Asked before a suspicion is written.</summary>
    public static string? Unattainable(PrimaryRecord record, IReadOnlySet<Incarnation> reachable) =>
        record.Quorums.FirstOrDefault(c => !(c.IsEmpty || reachable.Contains(c.Holder) || c.Members.Count(reachable.Contains) >= c.PromisesNeeded)) is { } clause ? $"clause {clause}"
        : MustBeHeard(record) is { } one && !reachable.Contains(one) ? $"what {one.Instance} has, which the other site counts on,"
        : null;
}
