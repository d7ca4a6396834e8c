using System.Collections.Immutable;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Synchrony;

/// <summary>How a standby of the holder does, for the choice of the synchronous set.</summary>
/// <param name="Streaming">A walsender streams to it now, and its volume knows the reign.</param>
/// <param name="Lag">Bytes that it has not flushed; null where unknown.</param>
/// <param name="SilentFor">How long it has not been streaming; zero while it is.</param>
/// <param name="Leaves">Its volume must be rebuilt, and it waits to be let out of the clauses.</param>
/// <param name="Stops">It is about to be ended in order: where enough others remain, it is let go first.</param>
/// <param name="Unaware">
/// It is connected, and has not said that its volume knows whose reign this is: what it flushed counts for nothing yet. Its receiver follows a server that was elected again, or whose site became
/// primary, onto the new timeline by itself, without its agent; after a power loss its log would then speak for the reign before, and lose an election that it should win.
/// </param>
public sealed record StandbyHealth(Incarnation Incarnation, bool Streaming, long? Lag, TimeSpan SilentFor, bool Leaves = false, bool Unaware = false, bool Stops = false);

/// <summary>The next change of the synchronous set, if any, and why. One change does one thing [C4].</summary>
/// <param name="To">The clause to go to; null: none.</param>
public sealed record SetProposal(QuorumClause? To, string Reason, string Message);

/// <summary>Which clause to go to next (protocol, section 2). Pure; the steps of a change are <see cref="SetChange"/>'s.</summary>
public static class SetRules
{
    /// <summary>
    /// The clause of a new reign: those who promised with it, and others of the members only where too few did. Fewer members make a stricter
    /// demand on commits, never a weaker promise: a clause speaks only of what is acknowledged under it.
    /// </summary>
    public static QuorumClause FirstClause(Epoch epoch, Incarnation holder, IEnumerable<Incarnation> promised, ImmutableSortedSet<Incarnation> others, SynchronyTarget target)
    {
        if (!target.IsSynchronous) return QuorumClause.Empty(epoch, holder);
        var members = promised.Where(p => p != holder).ToImmutableSortedSet();
        var wanted = target.Mode == SynchronyMode.Quorum ? target.Acknowledgements : target.Least;
        foreach (var other in others)
        {
            if (members.Count >= wanted) break;
            members = members.Add(other);
        }
        return members.IsEmpty
            ? QuorumClause.Empty(epoch, holder) // alone: the server bears the placeholder, so nothing is acknowledged under the empty clause
            : new QuorumClause(epoch, holder, members, Math.Min(target.AcknowledgementsFor(members.Count), members.Count));
    }

    /// <summary>
    /// One change towards what is wanted: drop who is silent, take in who is fit, or correct k; never two of them at once, since in between PostgreSQL counts
    /// whoever has a priority by that walsender's own setting against its own k [C4]. From all of one set to all of another it is one change: what comes between the two settings (<see cref="KnownSettings.Before"/>)
    /// keeps every acknowledgement to all of the one or all of the other.
    /// </summary>
    public static SetProposal Propose(QuorumClause current, SynchronyTarget target, IReadOnlyCollection<StandbyHealth> standbys)
    {
        QuorumClause With(ImmutableSortedSet<Incarnation> members, int k) => current with { Members = members, Acknowledgements = k };
        var fit = Fit(standbys, target);

        if (!target.IsSynchronous)
            return current.IsEmpty
                ? new SetProposal(null, "Asynchronous", "asynchronous by spec")
                : new SetProposal(QuorumClause.Empty(current.Epoch, current.Holder), "AsynchronousBySpec", "spec.synchronization.mode is Asynchronous");

        if (current.IsEmpty)
        {
            var k = target.Mode == SynchronyMode.Quorum ? target.Acknowledgements : Math.Max(target.Least, fit.Count);
            return IsEnough(fit, target)
                ? new SetProposal(With(fit, k), "StandbysFit", $"{Names(fit)} stream within {target.ResumeLag} bytes")
                : new SetProposal(null, "TooFewStandbys", $"{fit.Count} standbys are fit, {k} must acknowledge");
        }

        var leaving = current.Members.Where(m => IsSuperseded(m, standbys) || standbys.FirstOrDefault(s => s.Incarnation == m) is not { } health || health.Leaves || health.Stops || (!health.Streaming && health.SilentFor >= target.ReplaceAfter)).ToImmutableSortedSet();
        var remaining = current.Members.Except(leaving);
        var (reason, why) = leaving.All(m => standbys.Any(s => s.Stops && s.Incarnation == m))
            ? ("MemberStops", $"{Names(leaving)} is being ended")
            : ("MemberSilent", $"{Names(leaving)} silent for {target.ReplaceAfter.TotalSeconds:0} s");

        var joining = fit.Except(current.Members);
        if (target.Mode == SynchronyMode.Synchronous && current.Acknowledgements == current.Members.Count && remaining.Union(joining) is var all && all.Count >= target.Least && !all.SetEquals(current.Members))
            return leaving.IsEmpty
                ? new SetProposal(With(all, all.Count), "StandbyFit", $"{Names(joining)} streams within {target.ResumeLag} bytes")
                : new SetProposal(With(all, all.Count), reason, $"{why}{(joining.IsEmpty ? "" : $"; {Names(joining)} streams in its place")}");
        if (!leaving.IsEmpty && target.Mode == SynchronyMode.Synchronous && remaining.Count >= target.Least && current.Acknowledgements > remaining.Count)
            return new SetProposal(With(current.Members, remaining.Count), reason, $"{why}: {remaining.Count} acknowledgements before it leaves");
        if (!leaving.IsEmpty && remaining.Count >= current.Acknowledgements && remaining.Count > 0)
            return new SetProposal(With(remaining, current.Acknowledgements), reason, why);

        if (!joining.IsEmpty)
            return new SetProposal(With(current.Members.Union(joining), current.Acknowledgements), "StandbyFit", $"{Names(joining)} streams within {target.ResumeLag} bytes");

        var wanted = target.AcknowledgementsFor(current.Members.Count);
        if (MustBeEmptied([current], target, standbys) is { } emptied) return emptied;
        // More acknowledgements only where they would come: a change that waits for one who is gone holds up every other.
        if (wanted != current.Acknowledgements && wanted <= current.Members.Count && (wanted < current.Acknowledgements || IsAttainable(current with { Acknowledgements = wanted }, standbys)))
            return new SetProposal(With(current.Members, wanted), "Acknowledgements", $"{wanted} acknowledgements wanted");

        return Degraded([current], target, standbys) ?? new SetProposal(null, "AsWanted", $"{current}");
    }

    /// <summary>
    /// Which of the two clauses of a change that was begun it goes to now: on, or back where it cannot be finished. Both stand in the record, so each way is a change that does one
    /// thing [C4]; and only from one clause can another change begin.
    /// </summary>
    public static SetProposal Resume(QuorumClause from, QuorumClause to, SynchronyTarget target, IReadOnlyCollection<StandbyHealth> standbys) =>
        !IsAttainable(to, standbys) && IsAttainable(from, standbys)
            ? new SetProposal(from, "TurnsBack", $"fewer than {to.Acknowledgements} of {to} stream: back to {from}")
            : MustBeEmptied([from, to], target, standbys) ?? BegunAnew(from, to, target, standbys) ?? Degraded([from, to], target, standbys) ?? new SetProposal(to, "Unfinished", $"goes on from {from} to {to}");

    /// <summary>
    /// A member leaves all clauses before its volume is rebuilt. Where no clause can be had without it, all of them give way to the empty one: the floor stands in for them, at a position
    /// that only this holder has reached, and where durability is Required the server bears the placeholder meanwhile, so that nothing is acknowledged under it.
    /// </summary>
    private static SetProposal? MustBeEmptied(IReadOnlyList<QuorumClause> clauses, SynchronyTarget target, IReadOnlyCollection<StandbyHealth> standbys)
    {
        if (standbys.FirstOrDefault(s => s.Leaves) is not { } leaving) return null;
        return clauses.Any(clause => MayYetBeHad(clause, target, standbys))
            ? null
            : new SetProposal(QuorumClause.Empty(clauses[0].Epoch, clauses[0].Holder), "MemberRebuilt", $"{leaving.Incarnation.Instance} must be copied anew, and without it nothing can be acknowledged: it leaves the set for that");
    }

    /// <summary>
    /// A change under way between two clauses of which each needs one who is gone (a volume that was lost, say, just when the change began) would wait for him for ever, and hold up the one that takes another in his
    /// place. Where the standbys that stream now are enough for a set of their own, both clauses give way to the empty one, as where a member must be copied anew: the floor stands in for them, nothing is acknowledged
    /// meanwhile, and the set is built from those who stream.
    /// </summary>
    private static SetProposal? BegunAnew(QuorumClause from, QuorumClause to, SynchronyTarget target, IReadOnlyCollection<StandbyHealth> standbys)
    {
        if (MayYetBeHad(from, target, standbys) || MayYetBeHad(to, target, standbys) || !IsEnough(Fit(standbys, target), target)) return null;
        return new SetProposal(QuorumClause.Empty(from.Epoch, from.Holder), "MembersGone", $"neither {from} nor {to} can be had any more, and {Names(Fit(standbys, target))} stream: the set is begun anew with them");
    }

    /// <summary>As many of its members as must acknowledge are there, or have not been away for long.</summary>
    private static bool MayYetBeHad(QuorumClause clause, SynchronyTarget target, IReadOnlyCollection<StandbyHealth> standbys) =>
        standbys.Count(s => clause.Members.Contains(s.Incarnation) && !s.Leaves && !IsSuperseded(s.Incarnation, standbys) && (s.Streaming || s.SilentFor < target.ReplaceAfter)) >= clause.Acknowledgements;

    /// <summary>
    /// Durability Preferred: where none of the clauses has been attainable for long enough, the empty one takes their place, and the floor stands in for them. A change that waits for members who are gone
    /// is no reason to keep clients waiting.
    /// </summary>
    private static SetProposal? Degraded(IReadOnlyList<QuorumClause> clauses, SynchronyTarget target, IReadOnlyCollection<StandbyHealth> standbys)
    {
        bool IsLost(QuorumClause clause) => !IsAttainable(clause, standbys) && clause.Members.All(m => standbys.FirstOrDefault(s => s.Incarnation == m) is not { } h || h.Streaming || h.SilentFor >= target.DegradeAfter);
        return target.Preferred && clauses.All(IsLost)
            ? new SetProposal(QuorumClause.Empty(clauses[0].Epoch, clauses[0].Holder), "Degraded", $"durability is Preferred and too few members of {string.Join(" and of ", clauses)} stream for {target.DegradeAfter.TotalSeconds:0} s")
            : null;
    }

    private static ImmutableSortedSet<Incarnation> Fit(IReadOnlyCollection<StandbyHealth> standbys, SynchronyTarget target) =>
        standbys.Where(s => s is { Streaming: true, Stops: false } && s.Lag is { } lag && lag <= target.ResumeLag).Select(s => s.Incarnation).ToImmutableSortedSet();

    /// <summary>For a set of nobody else.</summary>
    private static bool IsEnough(ImmutableSortedSet<Incarnation> fit, SynchronyTarget target) =>
        fit.Count >= Math.Max(1, target.Mode == SynchronyMode.Quorum ? target.Acknowledgements : target.Least);

    /// <summary>An earlier life of a volume whose next one streams already will never be heard again.</summary>
    private static bool IsSuperseded(Incarnation member, IReadOnlyCollection<StandbyHealth> standbys) =>
        standbys.Any(s => s.Streaming && s.Incarnation.Instance == member.Instance && s.Incarnation != member);

    /// <summary>Whether as many of its members as must acknowledge stream now.</summary>
    private static bool IsAttainable(QuorumClause clause, IReadOnlyCollection<StandbyHealth> standbys) =>
        standbys.Count(s => s.Streaming && clause.Members.Contains(s.Incarnation)) >= clause.Acknowledgements;

    /// <summary>The value of synchronous_standby_names for a clause: never empty on a server in a synchronous mode.</summary>
    /// <param name="remote">Of the other site, and counted beside the clause, which needs all of its members then; null: nobody.</param>
    public static StandbyNames Setting(QuorumClause clause, SynchronyTarget target, RemoteStandby? remote)
    {
        var local = !clause.IsEmpty ? StandbyNames.Of(clause.Acknowledgements, clause.Members.Select(m => m.ReplicationName))
            : target.IsSynchronous && !target.Preferred ? StandbyNames.Of(1, [StandbyNames.Placeholder])
            : StandbyNames.None;
        return remote is null ? local : StandbyNames.Of(local.Names.Count + 1, local.Names.Add(remote.Incarnation.ReplicationName));
    }

    private static string Names(IEnumerable<Incarnation> set) => string.Join(", ", set.Select(s => s.Instance));
}
