using Tandem.Protocol.Records;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Elections;

/// <summary>What an agent can see of an election that is under way.</summary>
/// <param name="Promises">Latest report of every member that answers; older epochs among them are ignored.</param>
/// <param name="Connected">Members that answer at all: those without a promise yet are given <see cref="Grace"/>.</param>
/// <param name="SinceSatisfied">How long all clauses have been satisfied; null where they are not.</param>
/// <param name="HolderIsDown">Evidence, gathered after Vacate, that the server in <c>run</c> is down: needed where a clause is empty.</param>
/// <param name="MaximumLag">Asynchronous mode: candidates within this many bytes of the record's LSN only.</param>
public sealed record ElectionView(
    PrimaryRecord Record,
    IReadOnlyCollection<PromiseReport> Promises,
    IReadOnlySet<Incarnation> Connected,
    TimeSpan? SinceSatisfied,
    bool HolderIsDown,
    long MaximumLag,
    TimeSpan Grace);

/// <summary>Outcome of looking at an election. A closed set.</summary>
public abstract record ElectionVerdict(string Reason, string Message)
{
    /// <summary>This one is to be holder; its own agent swaps it in.</summary>
    public sealed record Winner(PromiseReport Promise, string Reason, string Message) : ElectionVerdict(Reason, Message);

    /// <summary>Not yet.</summary>
    public sealed record Wait(string Reason, string Message) : ElectionVerdict(Reason, Message);
}

/// <summary>Section 3, step 4: who is elected, from promises alone. Nobody waits for a lease to expire: the old primary can acknowledge nothing.</summary>
public static class Election
{
    /// <summary>One who answers may have reached the floor: whoever has not would give way to it at once.</summary>
    private static readonly TimeSpan GraceBelowFloor = TimeSpan.FromSeconds(5);

    private const string ClauseUnsatisfied = nameof(ClauseUnsatisfied);
    private const string HolderNotKnownDown = nameof(HolderNotKnownDown);
    private const string CountedBetweenSites = nameof(CountedBetweenSites);
    private const string NoCandidate = nameof(NoCandidate);

    /// <summary>Whether an agent that says so waits for the promise of one who does not answer, and who may never come.</summary>
    public static bool WaitsForAnother(string? reason) => reason is ClauseUnsatisfied or HolderNotKnownDown or CountedBetweenSites or NoCandidate;

    public static bool ClausesSatisfied(PrimaryRecord record, IReadOnlyCollection<PromiseReport> promises) =>
        record.Quorums.All(clause => ClauseRules.Satisfied(clause, record.Epoch, promises))
        && (ClauseRules.MustBeHeard(record) is not { } one || promises.Any(p => p.By == one && p.Epoch == record.Epoch && p.Position is not null));

    public static ElectionVerdict Judge(ElectionView view)
    {
        var record = view.Record;
        var valid = view.Promises.Where(p => p.Epoch == record.Epoch && record.Members.Contains(p.By)).ToList();

        foreach (var clause in record.Quorums)
        {
            if (!ClauseRules.Satisfied(clause, record.Epoch, valid))
                return new ElectionVerdict.Wait(ClauseUnsatisfied, $"clause {clause} of epoch {clause.Epoch} needs the promise of {clause.Holder.Instance} or of {clause.PromisesNeeded} of its members; promised: {Names(valid)}");
            if (ClauseRules.NeedsEvidence(clause) && !view.HolderIsDown && valid.All(p => p.By != clause.Holder))
                return new ElectionVerdict.Wait(HolderNotKnownDown, $"{clause.Holder.Instance} ran asynchronously and is not known to be down");
        }

        var heard = ClauseRules.MustBeHeard(record);
        var least = valid.FirstOrDefault(p => p.By == heard)?.Position;
        if (heard is { } one && least is null)
            return new ElectionVerdict.Wait(CountedBetweenSites, $"{one.Instance} may have commits of the synchronous pair that nobody else at this site has, and has not said where its log ends; promised: {Names(valid)}. Bring it back{(record.Named is null ? ", or let the other site take over," : "")} or go on without them: kubectl tandem reset-primary --to INSTANCE");

        var able = valid.Where(p => p.CanHold).ToList();
        var candidates = able.Where(p => p.Position is not null ? IsEligible(p, record, view.MaximumLag) && HasAsMuch(p, least) : MayHoldWithoutPosition(record) && heard is null).ToList();
        var belowFloor = candidates.Count == 0 && MayHoldBelowFloor(record);
        if (belowFloor) candidates = [.. able.Where(p => p.Position is not null && HasAsMuch(p, least))];
        if (candidates.Count == 0)
            return new ElectionVerdict.Wait(NoCandidate, $"no promise reaches the floor {record.Floor?.ToString() ?? "-"} and the lag allowed; promised: {Names(valid)}");

        // One who is still connected may hold a higher position; a short grace lets it speak. Safety does not lean on it: the clauses are satisfied.
        var silent = view.Connected.Where(c => record.Members.Contains(c) && valid.All(p => p.By != c)).ToList();
        if (silent.Count > 0 && (view.SinceSatisfied ?? TimeSpan.Zero) < (belowFloor ? GraceBelowFloor : view.Grace))
            return new ElectionVerdict.Wait("Grace", $"waiting a moment for {string.Join(", ", silent.Select(s => s.Instance))}");

        var winner = candidates.OrderByDescending(p => p.Position.HasValue).ThenByDescending(p => p.Position).ThenByDescending(p => p.Priority).ThenBy(p => p.By.Instance, StringComparer.Ordinal).First();
        if (valid.Where(p => !p.CanHold && p.Position > winner.Position).MaxBy(p => p.Position) is { } newest)
            return new ElectionVerdict.Wait("NewestLogCannotHold", $"{newest.By.Instance} has the newest log, {newest.Position}, and its agent is older than the record (format {record.Format}): it is elected once that is renewed");
        return new ElectionVerdict.Winner(winner, "Elected", winner.Position is { } position ? $"{winner.By.Instance} has the newest log, {position}, of {Names(valid)}" : $"nobody's log has a position; {winner.By.Instance} is to copy the other site's");
    }

    /// <summary>
    /// A main standby acknowledges nothing, and copies what the other site has. So where no clause and no floor speaks of this site's own data, one whose copying
    /// was broken off by the election may hold too: else a site whose members all were at it would never have a main standby again, since each copies from the holder.
    /// </summary>
    private static bool MayHoldWithoutPosition(PrimaryRecord record) => record is { RunMode: RunMode.Standby, Floor: null, Quorums.IsEmpty: true };

    /// <summary>
    /// Where the floor is a token's, of the other site, and nobody has been admitted at this one since, what is missing is at the old site. Where nobody here has it, one who has not may hold, so that there is
    /// one who gets it from there [S12]: its gate keeps it from opening below the floor, and it gives way to a member that has reached it. Below a floor of its own [C8] a site has nobody to ask.
    /// </summary>
    private static bool MayHoldBelowFloor(PrimaryRecord record) =>
        record is { RunMode: RunMode.Primary, PairEpoch: { } now, Floor.PairEpoch: { } before } && before < now && before.Site != now.Site && !record.Lineage.Any(e => e.PairEpoch == now && e.Timeline is not null);

    /// <summary>By the reign and by the position: a log that knows of a newer reign may be the shorter one [S11].</summary>
    private static bool HasAsMuch(PromiseReport promise, LogEnd? least) => least is not { } wanted || (promise.Position >= wanted && promise.Position!.Value.Lsn >= wanted.Lsn);

    /// <summary>Not below the floor [C8] [S12]; in asynchronous mode not too far behind what the holder last said.</summary>
    private static bool IsEligible(PromiseReport promise, PrimaryRecord record, long maximumLag)
    {
        if (record.Floor is { } floor && promise.Position!.Value < floor) return false;
        var asynchronous = record.Quorums.Any(ClauseRules.NeedsEvidence);
        if (!asynchronous || record.Lsn is not { } last) return true;
        // The old holder's own log is whole by definition.
        return record.Quorums.Any(c => c.Holder == promise.By) || last - promise.Position!.Value.Lsn <= maximumLag;
    }

    /// <summary>
    /// The swap of Elect: holder, Stable, the winner's own lineage (entries it does not descend from are gone), its reported end, and its clause beside the old ones,
    /// which stay until enough members have flushed a record of the new epoch (section 3, step 5). A main standby begins no reign and acknowledges nothing, nor does one below the floor:
    /// it bears neither an entry nor a clause; if it is to open later, the swap before that start begins the reign.
    /// </summary>
    public static PrimaryRecord Elect(PrimaryRecord record, PromiseReport winner, IReadOnlyCollection<PromiseReport> promises, SynchronyTarget target, RunIdentity run)
    {
        var belowFloor = winner.Position < record.Floor && MayHoldBelowFloor(record);
        if (record.RunMode == RunMode.Standby || belowFloor)
        {
            return record with
            {
                Holder = winner.By,
                State = RecordState.IsStable,
                Suspect = null,
                // Those who have more than one below the floor are not to be taken for diverged.
                Lineage = winner.Position is null || belowFloor ? record.Lineage : winner.Lineage,
                ElectedEnd = null,
                Run = null,
                Lsn = winner.Position?.Lsn ?? record.Lsn,
                Demoted = null,
            };
        }

        var others = promises.Where(p => p.Epoch == record.Epoch && p.By != winner.By && record.Members.Contains(p.By)).Select(p => p.By);
        var clause = SetRules.FirstClause(record.Epoch, winner.By, others, record.Members.Remove(winner.By), target);
        return record with
        {
            Holder = winner.By,
            State = RecordState.IsStable,
            Suspect = null,
            Quorums = record.Quorums.Contains(clause) ? record.Quorums : record.Quorums.Add(clause),
            Lineage = winner.Lineage.Add(new LineageEntry(record.PairEpoch, record.Epoch, winner.By, null, null)),
            ElectedEnd = winner.Position!.Value.Lsn,
            Run = run,
            Lsn = winner.Position!.Value.Lsn,
            Demoted = null,
        };
    }

    /// <summary>The swap of Vacate: nobody holds; one epoch on. Clauses stay: they are what the election must satisfy.</summary>
    public static PrimaryRecord Vacate(PrimaryRecord record) => record with
    {
        Epoch = record.Epoch.Next,
        Holder = null,
        GivenBy = null,
        State = RecordState.IsElecting,
        Suspect = null,
        ElectedEnd = null,
    };

    private static string Names(IEnumerable<PromiseReport> promises) =>
        string.Join(", ", promises.Select(p => $"{p.By.Instance} {p.Position?.ToString() ?? "(no position)"}")) is { Length: > 0 } text ? text : "nobody";
}
