using System.Collections.Immutable;
using Tandem.Protocol.Records;
using Tandem.Protocol.Rejoining;
using Tandem.Resources.Values;
using Tandem.Tests.Support;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Protocol.Records;

[Requirement("E10")]
public sealed class DataLineageTests
{
    private static readonly ImmutableList<LineageEntry> FollowedUnconfirmed = [Reign(1, A, 1, Lsn.Zero), Reign(2, B, null, null)];

    [Fact]
    public void The_datas_own_history_tells_what_the_holder_had_not_confirmed() // [C2]
    {
        var complete = DataLineage.Complete(FollowedUnconfirmed, new TimelineId(2), [(new TimelineId(1), At(5))]);
        Assert.Equal(At(5), DataLineage.Of(complete, new TimelineId(2), At(9)).Entries[1].SwitchPoint);
    }

    /// <summary>Promoted, ended before it could say so, and promoted again: it began where the reign before it was left, not where its second timeline began.</summary>
    [Fact]
    public void A_reign_of_two_timelines_begins_with_the_first()
    {
        ImmutableList<LineageEntry> second = [Reign(1, A, 1, Lsn.Zero), Reign(2, B, 3, null)];
        var complete = DataLineage.Complete(second, new TimelineId(3), [(new TimelineId(1), At(5)), (new TimelineId(2), At(7))]);
        Assert.Equal(At(5), complete[1].SwitchPoint);
    }

    /// <summary>Both rows are in the log; who learns two reigns of them waits for ever for a holder that knows of one.</summary>
    [Fact]
    public void A_reign_that_tells_of_two_timelines_is_one_and_on_the_last() =>
        Assert.Equal([Reign(1, A, 1, Lsn.Zero), Reign(2, B, 3, At(5)), Reign(3, A, 4, At(9))],
            DataLineage.OnePerReign([Reign(1, A, 1, Lsn.Zero), Reign(2, B, 2, At(5)), Reign(2, B, 3, At(5)), Reign(3, A, 4, At(9))]));

    [Fact]
    public void A_reign_begins_where_the_one_before_it_was_left_whatever_was_left_after() // [C2]
    {
        (TimelineId, Lsn)[] history = [(new TimelineId(1), At(5)), (new TimelineId(2), At(7))];
        Assert.Equal(At(5), DataLineage.LeftAt(new TimelineId(1), history));
        Assert.Null(DataLineage.LeftAt(new TimelineId(3), history));
    }

    [Fact]
    public void What_is_known_stays_as_it_is()
    {
        ImmutableList<LineageEntry> known = [Reign(1, A, 1, Lsn.Zero), Reign(2, B, 2, At(5))];
        Assert.Equal(known, DataLineage.Complete(known, new TimelineId(2), [(new TimelineId(1), At(6))]));
    }

    [Fact]
    public void The_log_itself_names_its_reigns() // [C2]
    {
        ImmutableList<LineageEntry> told = [Reign(1, A, 1, Lsn.Zero), Reign(2, B, 2, At(5)), Reign(3, C, 3, At(7))];
        Assert.Equal(told, DataLineage.Learn([Reign(1, A, 1, Lsn.Zero)], told));
        // Of two for one timeline the log is right; what it does not name stays in its place.
        Assert.Equal([told[0], told[1], Reign(4, A, null, null)], DataLineage.Learn([told[0], Reign(9, C, 2, At(5)), Reign(4, A, null, null)], [told[0], told[1]]));
        Assert.Equal(told, DataLineage.Learn(told, [told[0], told[2]]));
    }

    [Fact]
    public void A_timeline_is_known_by_its_number_and_by_where_its_history_leaves_the_one_before() // [C2]
    {
        ImmutableList<LineageEntry> known = [Reign(1, A, 1, Lsn.Zero), Reign(2, B, 3, At(5))];
        Assert.True(DataLineage.Names(known, new TimelineId(3), [(new TimelineId(1), At(5)), (new TimelineId(2), At(7))]));
        Assert.False(DataLineage.Names(known, new TimelineId(3), [(new TimelineId(1), At(6))]));
        Assert.False(DataLineage.Names(known, new TimelineId(2), [(new TimelineId(1), At(5))]));
        // Whoever reigns now has not said which is his.
        Assert.True(DataLineage.Names(known.Add(Reign(3, C, null, null)), new TimelineId(4), [(new TimelineId(3), At(9))]));
    }

    [Fact]
    public void What_lies_on_a_timeline_that_nobody_names_counts_for_nothing_in_an_election()
    {
        var promoted = DataLineage.Of([Reign(1, A, 1, Lsn.Zero)], new TimelineId(2), At(9));
        Assert.Equal(At(5), promoted.PositionWithin([(new TimelineId(1), At(5))])!.Value.Lsn);
        Assert.Null(promoted.PositionWithin([]));
        var own = DataLineage.Of([Reign(1, A, 1, Lsn.Zero)], new TimelineId(1), At(9));
        Assert.Equal(own.Position, own.PositionWithin([]));
    }

    /// <summary>Promoted by hand just where the next reign was to begin, while that one began a timeline of the same number.</summary>
    [Fact]
    public void A_timeline_that_is_known_to_be_nobodys_is_not_that_of_a_reign_of_its_number()
    {
        ImmutableList<LineageEntry> confirmed = [Reign(1, A, 1, Lsn.Zero), Reign(2, B, 2, At(5))];
        foreach (var persisted in (ImmutableList<LineageEntry>[])[confirmed, FollowedUnconfirmed])
        {
            var promoted = DataLineage.OfNobody(persisted, new TimelineId(2), At(9));
            Assert.True(promoted.EndsUnattributed);
            Assert.Equal((new Epoch(1), At(5)), (promoted.PositionWithin([(new TimelineId(1), At(5))])!.Value.Epoch, promoted.PositionWithin([(new TimelineId(1), At(5))])!.Value.Lsn));
        }
        Assert.IsType<RejoinVerdict.Rebuild>(RejoinRules.Judge(DataLineage.OfNobody(confirmed, new TimelineId(2), At(9)), confirmed, null));
        Assert.IsType<RejoinVerdict.Follow>(RejoinRules.Judge(DataLineage.Of(confirmed, new TimelineId(2), At(9)), confirmed, null));
    }

    /// <summary>It followed the new holder onto timeline 3, whose confirmation it did not hear of, and was promoted by hand then.</summary>
    [Fact]
    public void What_came_from_a_reign_that_was_not_confirmed_counts_though_the_log_goes_on_by_hand() // [C2]
    {
        ImmutableList<LineageEntry> unconfirmed = [Reign(1, A, 2, At(1)), Reign(2, B, null, null)];
        (TimelineId, Lsn)[] left = [(new TimelineId(1), At(1)), (new TimelineId(2), At(5)), (new TimelineId(3), At(8))];
        var followed = DataLineage.Followed(unconfirmed, null, left);
        Assert.Equal(Reign(2, B, 3, At(5)), followed[1]);
        Assert.Equal(new LogEnd(null, new Epoch(2), At(8)), DataLineage.OfNobody(followed, new TimelineId(4), At(9)).PositionWithin(left));
        // Nothing of that reign came; or what lies between was begun by hand too.
        Assert.Equal(unconfirmed, DataLineage.Followed(unconfirmed, null, left[..2]));
        Assert.Equal(unconfirmed, DataLineage.Followed(unconfirmed, new TimelineId(3), left));
    }

    [Fact]
    public void A_log_on_an_older_timeline_says_nothing_of_the_newer_reign() =>
        Assert.Equal(FollowedUnconfirmed, DataLineage.Complete(FollowedUnconfirmed, new TimelineId(1), []));
}
