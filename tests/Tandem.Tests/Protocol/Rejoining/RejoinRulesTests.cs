using System.Collections.Immutable;
using Tandem.Protocol.Records;
using Tandem.Protocol.Rejoining;
using Tandem.Resources.Values;
using Tandem.Tests.Support;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Protocol.Rejoining;

[Requirement("E10", "E22", "C8")]
public sealed class RejoinRulesTests
{
    private static readonly ImmutableList<LineageEntry> Founded = [Reign(1, A, 1, Lsn.Zero)];
    private static readonly ImmutableList<LineageEntry> TakenOver = [Reign(1, A, 1, Lsn.Zero), Reign(2, B, 2, At(5))];
    private static readonly ImmutableList<LineageEntry> NotConfirmed = [Reign(1, A, 1, Lsn.Zero), Reign(2, B, null, null)];

    [Fact]
    public void A_log_that_ends_before_the_switch_follows() => Assert.IsType<RejoinVerdict.Follow>(Judge(Mine(Founded, 1, At(4)), TakenOver));

    [Fact]
    public void A_log_that_ends_at_the_switch_follows() => Assert.IsType<RejoinVerdict.Follow>(Judge(Mine(Founded, 1, At(5)), TakenOver));

    [Fact]
    public void One_byte_beyond_is_rewound() => Assert.Equal(At(5), Assert.IsType<RejoinVerdict.Rewind>(Judge(Mine(Founded, 1, new Lsn(At(5).Value + 1)), TakenOver)).Fork);

    [Fact]
    public void Before_the_winner_has_confirmed_its_reported_end_is_the_bound() // [C2]
    {
        Assert.IsType<RejoinVerdict.Follow>(Judge(Mine(Founded, 1, At(5)), NotConfirmed, At(5)));
        Assert.IsType<RejoinVerdict.Wait>(Judge(Mine(Founded, 1, At(6)), NotConfirmed, At(5)));
    }

    /// <summary>The end that the newest winner was elected with lies far beyond where the reign before it had begun: a log between the two is on nobody's history.</summary>
    [Fact]
    public void The_elected_end_says_nothing_of_a_reign_before_the_newest() // [C2]
    {
        ImmutableList<LineageEntry> twice = [Reign(1, A, 1, Lsn.Zero), Reign(2, B, 2, null), Reign(3, C, null, null)];
        Assert.Equal("SwitchPointUnknown", Assert.IsType<RejoinVerdict.Wait>(Judge(Mine(Founded, 1, At(6)), twice, At(9))).Reason);
    }

    [Fact]
    public void A_reign_that_the_holder_does_not_have_is_rewound()
    {
        ImmutableList<LineageEntry> other = [Reign(1, A, 1, Lsn.Zero), Reign(3, C, 3, At(4))];
        Assert.IsType<RejoinVerdict.Rewind>(Judge(Mine(TakenOver, 2, At(6)), other));
    }

    /// <summary>It may be all that there is of a reign in which something was acknowledged, and the source has only not come so far.</summary>
    [Fact]
    public void A_history_that_is_only_shorter_is_no_other_one() // [S12]
        => Assert.Equal("AheadOfSource", Assert.IsType<RejoinVerdict.Wait>(Judge(Mine(TakenOver, 2, At(6)), Founded)).Reason);

    [Fact]
    public void The_same_timeline_number_under_another_epoch_is_rebuilt_never_rewound()
    {
        ImmutableList<LineageEntry> other = [Reign(1, A, 1, Lsn.Zero), Reign(3, C, 2, At(4))];
        Assert.Equal("SameTimelineNumber", Assert.IsType<RejoinVerdict.Rebuild>(Judge(Mine(TakenOver, 2, At(6)), other)).Reason);
    }

    [Fact]
    public void A_follower_that_has_received_nothing_of_the_new_reign_speaks_of_the_old_one()
    {
        var mine = DataLineage.Of(TakenOver, new TimelineId(1), At(4));
        Assert.Equal(new LogEnd(null, new Epoch(1), At(4)), mine.Position);
    }

    [Fact]
    public void A_timeline_that_nobody_confirmed_is_that_of_the_reign_that_was_followed() =>
        Assert.Equal(new LogEnd(null, new Epoch(2), At(6)), DataLineage.Of(NotConfirmed, new TimelineId(2), At(6)).Position);

    /// <summary>Its receiver followed onto a timeline of which its volume was told nothing. By the number it may be the holder's, or that of a reign which left no trace.</summary>
    [Fact]
    public void A_log_on_a_timeline_that_nobody_names_is_rebuilt_never_rewound_and_does_not_follow() // [C2]
    {
        foreach (var end in new[] { At(4), At(6) }) Assert.Equal("TimelineUnattributed", Assert.IsType<RejoinVerdict.Rebuild>(Judge(Mine(Founded, 2, end), TakenOver)).Reason);
        // Nor where the holder's history parted from it before: the number may come twice after that.
        Assert.IsType<RejoinVerdict.Rebuild>(Judge(Mine(TakenOver, 3, At(6)), [Reign(1, A, 1, Lsn.Zero), Reign(3, C, 3, At(4))]));
        // One newer than the holder has ever heard of is none of its own.
        Assert.IsType<RejoinVerdict.Rewind>(Judge(Mine(Founded, 3, At(6)), TakenOver));
    }

    /// <summary>By pg_promote, past the agent: the holder is where it was.</summary>
    [Fact]
    public void A_log_on_a_timeline_that_no_reign_has_begun_is_rewound()
    {
        Assert.Equal("TimelineOfNobody", Assert.IsType<RejoinVerdict.Rewind>(Judge(Mine(Founded, 2, At(4)), Founded)).Reason);
        // The holder may be about to confirm just that one.
        Assert.IsType<RejoinVerdict.Follow>(Judge(Mine(NotConfirmed, 2, At(4)), NotConfirmed));
    }

    [Fact]
    public void Nothing_in_common_is_rebuilt()
    {
        ImmutableList<LineageEntry> stranger = [Reign(1, C, 1, Lsn.Zero)];
        Assert.Equal("NothingInCommon", Assert.IsType<RejoinVerdict.Rebuild>(Judge(Mine(stranger, 1, At(4)), TakenOver)).Reason);
    }

    private static DataLineage Mine(ImmutableList<LineageEntry> persisted, uint timeline, Lsn end) => DataLineage.Of(persisted, new TimelineId(timeline), end);

    private static RejoinVerdict Judge(DataLineage mine, ImmutableList<LineageEntry> theirs, Lsn? electedEnd = null) => RejoinRules.Judge(mine, theirs, electedEnd);
}
