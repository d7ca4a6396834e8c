using Tandem.Protocol.Records;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;
using Tandem.Tests.Support;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Protocol.Synchrony;

[Requirement("C10", "E4")]
public sealed class SetRulesTests
{
    private static readonly Incarnation D = A with { Instance = "orders-4", Volume = "ffffffffffffffffffffffffffffffff" };

    [Fact]
    public void A_silent_member_leaves_where_enough_remain() =>
        Assert.Equal(Clause(1, A, 1, C), SetRules.Propose(Clause(1, A, 1, B, C), Quorum, [Silent(B, 6), Streams(C)]).To);

    [Fact]
    public void It_stays_until_it_has_been_silent_for_long_enough() =>
        Assert.Null(SetRules.Propose(Clause(1, A, 1, B, C), Quorum, [Silent(B, 4), Streams(C)]).To);

    [Fact]
    public void Required_never_goes_below_its_acknowledgements() =>
        Assert.Null(SetRules.Propose(Clause(1, A, 1, B), Quorum, [Silent(B, 600)]).To);

    [Fact]
    public void Preferred_degrades_when_nobody_is_left_for_long_enough()
    {
        var preferred = Quorum with { Preferred = true };
        Assert.Null(SetRules.Propose(Clause(1, A, 1, B), preferred, [Silent(B, 9)]).To);
        Assert.True(SetRules.Propose(Clause(1, A, 1, B), preferred, [Silent(B, 11)]).To!.IsEmpty);
    }

    [Fact]
    public void Preferred_degrades_in_the_middle_of_a_change_too()
    {
        var preferred = Quorum with { Preferred = true };
        var (from, to) = (Clause(1, A, 1, B, C), Clause(1, A, 1, C));
        Assert.Equal(to, SetRules.Resume(from, to, preferred, [Silent(B, 15), Silent(C, 9)]).To);
        Assert.True(SetRules.Resume(from, to, preferred, [Silent(B, 15), Silent(C, 11)]).To!.IsEmpty);
        Assert.Equal(from, SetRules.Resume(from, to, preferred, [Streams(B), Silent(C, 11)]).To);
        Assert.Equal(to, SetRules.Resume(from, to, Quorum, [Silent(B, 15), Silent(C, 11)]).To);
    }

    [Fact]
    public void A_fit_standby_joins_a_lagging_one_does_not()
    {
        Assert.Equal(Clause(1, A, 1, B, C), SetRules.Propose(Clause(1, A, 1, B), Quorum, [Streams(B), Streams(C)]).To);
        Assert.Null(SetRules.Propose(Clause(1, A, 1, B), Quorum, [Streams(B), Streams(C) with { Lag = 17 << 20 }]).To);
    }

    [Fact]
    public void The_empty_clause_is_left_for_as_many_as_must_acknowledge()
    {
        Assert.Null(SetRules.Propose(Clause(1, A, 0), Quorum with { Acknowledgements = 2 }, [Streams(B)]).To);
        Assert.Equal(Clause(1, A, 2, B, C), SetRules.Propose(Clause(1, A, 0), Quorum with { Acknowledgements = 2 }, [Streams(B), Streams(C)]).To);
    }

    [Fact]
    public void Synchronous_follows_its_members()
    {
        var all = Quorum with { Mode = SynchronyMode.Synchronous };
        Assert.Equal(Clause(1, A, 2, B, C), SetRules.Propose(Clause(1, A, 1, B, C), all, [Streams(B), Streams(C)]).To);
        Assert.Equal(Clause(1, A, 1, C), SetRules.Propose(Clause(1, A, 2, B, C), all, [Silent(B, 6), Streams(C)]).To);
        Assert.Equal(Clause(1, A, 3, B, C, D), SetRules.Propose(Clause(1, A, 2, B, C), all, [Streams(B), Streams(C), Streams(D)]).To);
        Assert.Equal(Clause(1, A, 2, C, D), SetRules.Propose(Clause(1, A, 2, B, C), all, [Silent(B, 6), Streams(C), Streams(D)]).To);
    }

    [Fact]
    public void Who_is_being_ended_in_order_is_let_go_before_that_and_not_taken_in_again()
    {
        var all = Quorum with { Mode = SynchronyMode.Synchronous };
        var stops = Streams(B) with { Stops = true };
        var let = SetRules.Propose(Clause(1, A, 2, B, C), all, [stops, Streams(C)]);
        Assert.Equal((Clause(1, A, 1, C), "MemberStops", "orders-2 is being ended"), (let.To, let.Reason, let.Message));
        Assert.Null(SetRules.Propose(Clause(1, A, 1, C), all, [stops, Streams(C)]).To);
        Assert.Equal(Clause(1, A, 2, C, D), SetRules.Propose(Clause(1, A, 2, B, C), all, [stops, Streams(C), Streams(D)]).To);
        // Where too few would be left, commits wait for it, and nothing is given up.
        Assert.Null(SetRules.Propose(Clause(1, A, 1, B), all, [stops]).To);
        Assert.Null(SetRules.Propose(Clause(1, A, 2, B, C), all with { Least = 2 }, [stops, Streams(C)]).To);
    }

    [Fact]
    public void An_earlier_life_of_a_volume_leaves_as_soon_as_the_next_one_streams()
    {
        var again = B with { Volume = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" };
        Assert.Equal(Clause(1, A, 1, again, C), SetRules.Propose(Clause(1, A, 1, again, B, C), Quorum, [Silent(B, 0), Streams(again), Streams(C)]).To);
    }

    [Fact]
    public void More_acknowledgements_are_asked_for_only_where_they_would_come()
    {
        var all = Quorum with { Mode = SynchronyMode.Synchronous };
        Assert.Null(SetRules.Propose(Clause(1, A, 1, B, C), all, [Silent(B, 1), Streams(C)]).To);
    }

    [Fact]
    public void A_change_that_cannot_be_finished_turns_back()
    {
        var (from, to) = (Clause(1, A, 1, B, C), Clause(1, A, 1, C));
        Assert.Equal(to, SetRules.Resume(from, to, Quorum, [Streams(B), Streams(C)]).To);
        Assert.Equal(from, SetRules.Resume(from, to, Quorum, [Streams(B), Silent(C, 60)]).To);
        Assert.Equal(to, SetRules.Resume(from, to, Quorum, [Silent(B, 60), Silent(C, 60)]).To);
    }

    /// <summary>Else it would wait to be let out, and the holder for its acknowledgements, for good.</summary>
    [Fact]
    public void A_member_that_must_be_copied_anew_empties_the_set_where_nothing_can_be_had_without_it()
    {
        Assert.True(SetRules.Propose(Clause(1, A, 1, B), Quorum, [Silent(B, 1) with { Leaves = true }]).To!.IsEmpty);
        Assert.True(SetRules.Resume(Clause(1, A, 2, B, C), Clause(1, A, 1, B, C), Quorum, [Silent(B, 1) with { Leaves = true }, Silent(C, 60)]).To!.IsEmpty);
        Assert.Equal(Clause(1, A, 1, C), SetRules.Propose(Clause(1, A, 1, B, C), Quorum, [Silent(B, 1) with { Leaves = true }, Streams(C)]).To);
    }

    /// <summary>Neither way ends: each needs one whose volume was lost just when the change had begun.</summary>
    [Fact]
    public void A_change_of_which_neither_clause_can_be_had_any_more_is_begun_anew_from_those_who_stream()
    {
        var (from, to) = (Clause(1, A, 2, B, C), Clause(1, A, 3, B, C, D));
        var reborn = B with { Volume = "99999999999999999999999999999999" };
        var synchronous = Quorum with { Mode = SynchronyMode.Synchronous };
        Assert.Equal(Clause(1, A, 0), SetRules.Resume(from, to, synchronous, [Silent(B, 1), Streams(reborn), Streams(C), Streams(D)]).To);
        Assert.Equal(Clause(1, A, 0), SetRules.Resume(from, to, synchronous, [Silent(B, 60), Streams(C), Streams(D)]).To);
        Assert.Equal(Clause(1, A, 3, reborn, C, D), SetRules.Propose(Clause(1, A, 0), synchronous, [Silent(B, 1), Streams(reborn), Streams(C), Streams(D)]).To);
        // It may yet come back; the others are not enough for a set of their own.
        Assert.Equal(to, SetRules.Resume(from, to, synchronous, [Silent(B, 1), Streams(C), Streams(D)]).To);
        Assert.Equal(to, SetRules.Resume(from, to, synchronous with { Least = 3 }, [Silent(B, 60), Streams(C), Streams(D)]).To);
        Assert.Equal(to, SetRules.Resume(from, to, synchronous, [Silent(B, 60), Streams(C) with { Lag = 17 << 20 }, Silent(D, 60)]).To);
    }

    /// <summary>From every clause, with every standby well or silent: no proposal ever does two things [C4], and none counts fewer than it demands.</summary>
    [Fact]
    public void One_change_does_one_thing()
    {
        Incarnation[] standbys = [B, C, D];
        foreach (var mode in Enum.GetValues<SynchronyMode>())
            foreach (var preferred in new[] { false, true })
                foreach (var wanted in new[] { 1, 2 })
                    for (var set = 0; set < 8; set++)
                        for (var k = set == 0 ? 0 : 1; k <= System.Numerics.BitOperations.PopCount((uint)set); k++)
                            for (var well = 0; well < 8; well++)
                            {
                                var current = Clause(1, A, k, [.. standbys.Where((_, i) => (set >> i & 1) == 1)]);
                                var target = Quorum with { Mode = mode, Preferred = preferred, Acknowledgements = wanted };
                                var to = SetRules.Propose(current, target, [.. standbys.Select((s, i) => (well >> i & 1) == 1 ? Streams(s) : Silent(s, 60))]).To;
                                if (to is null) continue;
                                Assert.True(DoesOneThing(current, to), $"{mode} {wanted}: {current} -> {to}");
                                Assert.True(to.IsEmpty || (to.Acknowledgements >= 1 && to.Acknowledgements <= to.Members.Count), $"{current} -> {to}");
                            }
    }

    [Fact]
    public void Beside_one_of_the_other_site_all_of_the_set_must_acknowledge_and_no_fewer_than_the_spec_asks_for()
    {
        var target = (Quorum with { Acknowledgements = 2 }).BesideRemote;
        Assert.Equal(Clause(1, A, 3, B, C, D), SetRules.Propose(Clause(1, A, 2, B, C, D), target, [Streams(B), Streams(C), Streams(D)]).To);
        Assert.Equal(Clause(1, A, 2, C, D), SetRules.Propose(Clause(1, A, 3, B, C, D), target, [Silent(B, 6), Streams(C), Streams(D)]).To);
        Assert.Null(SetRules.Propose(Clause(1, A, 2, C, D), target, [Silent(B, 6), Silent(C, 6), Streams(D)]).To);
        Assert.Equal(Clause(1, A, 2, C, D), SetRules.FirstClause(new Epoch(1), A, [C, D], [B, C, D], target));
        var remote = new RemoteStandby(B, new PairEpoch(1, "east"), Counted: true, Preferred: false);
        Assert.Equal(StandbyNames.Of(3, [B.ReplicationName, C.ReplicationName, D.ReplicationName]).ToString(), SetRules.Setting(Clause(1, A, 2, C, D), target, remote).ToString());
        Assert.Equal($"ANY 1 ({B.ReplicationName})", SetRules.Setting(Clause(1, A, 0), Asynchronous, remote).ToString());
        Assert.Contains(StandbyNames.Placeholder, SetRules.Setting(Clause(1, A, 0), Quorum, remote).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_required_setting_is_never_empty()
    {
        Assert.Contains(StandbyNames.Placeholder, SetRules.Setting(Clause(1, A, 0), Quorum, null).ToString(), StringComparison.Ordinal);
        Assert.Equal($"ANY 1 ({B.ReplicationName}, {C.ReplicationName})", SetRules.Setting(Clause(1, A, 1, B, C), Quorum, null).ToString());
        Assert.Equal("", SetRules.Setting(Clause(1, A, 0), Asynchronous, null).ToString());
    }

    [Fact]
    public void A_new_reign_begins_with_those_who_promised()
    {
        Assert.Equal(Clause(2, B, 1, C), SetRules.FirstClause(new Epoch(2), B, [C], [A, C], Quorum));
        Assert.Equal(Clause(2, B, 1, A), SetRules.FirstClause(new Epoch(2), B, [], [A, C], Quorum));
    }

    private static bool DoesOneThing(QuorumClause from, QuorumClause to)
    {
        if (from.IsEmpty || to.IsEmpty) return from.IsEmpty != to.IsEmpty;
        if (from.Acknowledgements == from.Members.Count && to.Acknowledgements == to.Members.Count) return true; // what comes between the two settings makes it one
        if (from.Members.SetEquals(to.Members)) return from.Acknowledgements != to.Acknowledgements;
        return from.Acknowledgements == to.Acknowledgements && (from.Members.IsProperSubsetOf(to.Members) || from.Members.IsProperSupersetOf(to.Members));
    }

    private static StandbyHealth Streams(Incarnation who) => new(who, true, 0, TimeSpan.Zero);

    private static StandbyHealth Silent(Incarnation who, int seconds) => new(who, false, null, TimeSpan.FromSeconds(seconds));
}
