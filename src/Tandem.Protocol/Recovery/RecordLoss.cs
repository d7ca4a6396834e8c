using System.Collections.Immutable;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Recovery;

/// <summary>What one instance remembers of the record. Its own word: its agent answers for the volume that it has.</summary>
/// <param name="Incarnation">Null: its volume has no identity yet.</param>
/// <param name="Promise">Highest epoch that it has promised or obeyed.</param>
/// <param name="Recalls">It sees no record that it could obey either, and has said all that it remembers.</param>
/// <param name="Record">The newest record that it has obeyed; null: none.</param>
public sealed record Witness(string Instance, Incarnation? Incarnation, Epoch Promise, bool Recalls, PrimaryRecord? Record)
{
    /// <summary>Earlier lives of its volume whose data was copied anew, and whose memory it has kept.</summary>
    public IReadOnlyCollection<string> FormerLives { get; init; } = [];

    /// <summary>Whether what it remembers is all that this member ever obeyed: its data need not be there any more for that.</summary>
    public bool SpeaksFor(Incarnation member) => Recalls && (Incarnation == member || (Incarnation is { } mine && mine.Instance == member.Instance && mine.Claim == member.Claim && FormerLives.Contains(member.Volume)));
}

/// <summary>A record that is lost or older than what is remembered, and everybody who was asked about it.</summary>
/// <param name="Present">What stands there; null: nothing does.</param>
/// <param name="Heard">Everybody who answers now, this instance too.</param>
/// <param name="Running">Instances whose pods run by the API: each may remember what nobody else does.</param>
/// <param name="InPair">There is a pair record that is obeyed: it decides whether this site is open.</param>
public sealed record LossView(string Cluster, PrimaryRecord? Present, Incarnation Me, IReadOnlyCollection<Witness> Heard, IReadOnlyCollection<string> Running, bool InPair = false)
{
    /// <summary>Whether spec.instances says that there is no such instance any more: its claim is kept, and with it what it remembers.</summary>
    public Func<string, bool> IsSurplus { get; init; } = _ => false;
}

/// <summary>A closed set.</summary>
public abstract record LossVerdict(string Message)
{
    /// <summary>All have answered: this takes the record's place, by a swap on what stands there.</summary>
    public sealed record Rebuild(PrimaryRecord Next, string Message) : LossVerdict(Message);

    /// <summary>Nothing is started; who is missing, and the way out.</summary>
    public sealed record Held(string Message) : LossVerdict(Message);
}

/// <summary>
/// Section 4: the record is lost, or older than what volumes remember (its Lease was deleted, the API server was restored from a backup).
/// <para>
/// The record that takes its place is what a Vacate would have made of the last one, above every epoch that was ever promised: so the election that follows is like any other, and its
/// argument holds, if only the newest record that is remembered says all that was leant on. It does, once every member that it names has answered: a member is changed, a clause set and
/// a reign begun only by an agent that has the record which says so on its volume already, and that agent is the holder, which the newest record names, or a later one, which was
/// among its members. Whoever was added or elected by a swap that nobody saw has acted on nothing. A running instance that is no member is heard as well: it may be one by
/// a swap whose answer was lost.
/// </para>
/// </summary>
public static class RecordLoss
{
    /// <summary>A reset goes so far above what is remembered, since those who are not heard may have gone on by themselves.</summary>
    public const int ResetStep = 100;

    /// <summary>
    /// A rebuilt record has so much higher a revision than what is remembered: in its epoch a record may have stood that some saw and no volume took down (a full disk), and whoever has seen a newer one writes onto no
    /// older one.
    /// </summary>
    public const int RebuildStep = 100;

    public static LossVerdict Judge(LossView view)
    {
        var newest = Newest(view.Heard);
        var found = view.Present is { } present ? $"the record says epoch {present.Epoch}, revision {present.Revision}" : "the record is gone";
        if (newest is null) return new LossVerdict.Held($"{found}, volumes have promised epoch {Highest(view)}, and nobody remembers what stood there: nothing is started; {WayOut(view)}");
        var remembered = $"{found}, and epoch {newest.Epoch}, revision {newest.Revision}, held by {newest.Holder?.Instance ?? "nobody"}, is remembered";
        if (!newest.IsWritable) return new LossVerdict.Held($"{remembered}, in format {newest.Format}; this agent knows {PrimaryRecord.CurrentFormat}");
        var missing = Missing(view).ToList();
        if (missing.Count > 0) return new LossVerdict.Held($"{remembered}: nothing is started until it is rebuilt, for which these are missing: {string.Join(", ", missing)}. If they are lost for good: {WayOut(view)}");
        if (!newest.AllNamed().Contains(view.Me)) return new LossVerdict.Held($"{remembered}: its members rebuild it");
        // Whom of the other site a swap after that one may have counted is waited for.
        var remote = newest.RemoteNow is { Counted: false } wanted ? wanted with { Waits = true } : newest.Remote;
        // What is remembered of the pair may be of before it was decided anew, and whoever decided saw no record here that he could close first [S7]: the site's operator opens it, by the pair's own record.
        var next = Election.Vacate(newest) with { Epoch = Highest(view).Next, Revision = newest.Revision + RebuildStep, PairEpoch = LaterPairEpoch(view, newest), Run = null, Remote = remote, RunMode = IsOpenedByPair(view, newest) ? RunMode.Standby : newest.RunMode };
        return new LossVerdict.Rebuild(next, $"{remembered}: every member has answered, the next one is elected in epoch {next.Epoch}");
    }

    /// <summary>
    /// The way out that a person takes who names this instance: it alone is electable, whatever else was acknowledged. So far above everything known that nobody who is not heard can have got there.
    /// </summary>
    /// <param name="known">The newest record that this instance knows, as it stands there or as it is remembered.</param>
    public static PrimaryRecord Reset(LossView view, PrimaryRecord known)
    {
        var epoch = new Epoch(Math.Max(Highest(view).Value, known.Epoch.Value) + ResetStep);
        return Election.Vacate(known) with
        {
            Epoch = epoch,
            PairEpoch = LaterPairEpoch(view, known),
            Members = [view.Me],
            // Satisfied by this instance alone: everything that others had acknowledged was given up with the request.
            Quorums = known.RunMode == RunMode.Standby && known.Quorums.IsEmpty ? [] : [new QuorumClause(epoch, view.Me, [view.Me], 1)],
            // As of a record that is rebuilt: one that is lost may have been of before the pair was decided anew [S7].
            RunMode = IsOpenedByPair(view, known) && (view.Present is not { } present || present.IsOlderThan(known)) ? RunMode.Standby : known.RunMode,
            Named = null,
            Floor = null,
            Lsn = null,
            Run = null,
        };
    }

    /// <summary>The newest record that anybody remembers.</summary>
    public static PrimaryRecord? Newest(IEnumerable<Witness> heard) => Newest(heard.Select(w => w.Record));

    public static PrimaryRecord? Newest(IEnumerable<PrimaryRecord?> records) => records.OfType<PrimaryRecord>().Aggregate((PrimaryRecord?)null, (newest, r) => newest is null || newest.IsOlderThan(r) ? r : newest);

    /// <summary>A cluster that was not made by the pair, or not yet taken into it, goes on as it was.</summary>
    private static bool IsOpenedByPair(LossView view, PrimaryRecord remembered) => view.InPair && remembered.PairEpoch is not null;

    /// <summary>A record that was founded anew meanwhile, before those who remember were back, may be of a later one: a site's never falls [S7].</summary>
    private static PairEpoch? LaterPairEpoch(LossView view, PrimaryRecord remembered) =>
        view.Present?.PairEpoch is { } stands && remembered.PairEpoch is { } known && stands > known ? stands : remembered.PairEpoch;

    /// <summary>Highest epoch that anybody has promised, or that stands anywhere.</summary>
    private static Epoch Highest(LossView view) =>
        new(view.Heard.SelectMany(w => (long[])[w.Promise.Value, w.Record?.Epoch.Value ?? 0]).Append(view.Present?.Epoch.Value ?? 0).Max());

    private static IEnumerable<string> Missing(LossView view)
    {
        // Two records of one number, from before and after a backup was restored, may name different members: all of them.
        var newest = Newest(view.Heard)!;
        var members = view.Heard.Select(w => w.Record).OfType<PrimaryRecord>().Where(r => !r.IsOlderThan(newest)).SelectMany(r => r.AllNamed()).Distinct().Order();
        foreach (var member in members)
        {
            if (view.Heard.Any(w => w.SpeaksFor(member))) continue;
            yield return view.Heard.FirstOrDefault(w => w.Instance == member.Instance) is not { } there ? $"{member.Instance} ({(view.IsSurplus(member.Instance) ? "has left: raise spec.instances, and it answers" : "does not answer")})"
                : there.Incarnation != member && there.Recalls ? $"{member.Instance} (another life of its volume answers: {member.Volume} is gone)"
                : $"{member.Instance} (does not say yet what it remembers)";
        }
        var named = members.Select(m => m.Instance).ToHashSet(StringComparer.Ordinal);
        foreach (var instance in view.Running.Where(r => !named.Contains(r) && !view.Heard.Any(w => w.Instance == r && w.Recalls)).Order(StringComparer.Ordinal))
            yield return $"{instance} (runs, and does not say what it remembers)";
    }

    private static string WayOut(LossView view) => $"kubectl tandem reset-primary {view.Cluster} --to INSTANCE";
}
