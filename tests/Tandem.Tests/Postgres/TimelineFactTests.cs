using Tandem.Postgres;
using Tandem.Resources.Values;
using Tandem.Tests.Postgres.Support;
using Tandem.Tests.Support;

namespace Tandem.Tests.Postgres;

/// <summary>
/// What a standby does with the history of a timeline of which nothing has reached it [C2], shown on real servers, and that the production code's way out of it works. docs/postgres-facts.md tells the results.
/// </summary>
[Collection(PostgresCollection.Name)]
[Requirement("E4", "E10")]
public sealed class TimelineFactTests(PostgresTemplate template)
{
    [Fact]
    public async Task A_primary_that_was_a_standby_for_a_while_goes_on_on_its_own_timeline()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("CREATE TABLE t AS SELECT 1 AS i");
        await primary.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);
        await primary.StartAsync(ServerMode.Standby);
        Assert.Equal("1", await primary.SqlAsync("SELECT count(*) FROM t"));
        await primary.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);

        await primary.StartAsync(ServerMode.ReadWrite);
        await primary.SqlAsync("INSERT INTO t VALUES (2)");
        Assert.Equal("2", await primary.SqlAsync("SELECT count(*) FROM t"));
        Assert.Equal(1u, (await primary.AnswersAsync()).Timeline.Value);
    }

    [Fact]
    public async Task A_standby_keeps_the_history_of_another_of_the_same_number_and_asks_by_it_for_ever()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var other = await primary.StandbyAsync("other");
        await using var winner = await primary.StandbyAsync("winner");
        await using var standby = await primary.StandbyAsync("standby");
        await primary.SqlAsync("CREATE TABLE t(i int)");
        await standby.StarveAsync(at: primary);
        await winner.StarveAsync(at: primary);
        await primary.SqlAsync("INSERT INTO t SELECT generate_series(1, 3000)");
        await other.StarveAsync(at: primary);
        primary.Server.KillNow();
        await other.Server.PromoteAsync(null, TestServer.Soon);
        await winner.Server.PromoteAsync(null, TestServer.Soon);
        await winner.SqlAsync("INSERT INTO t VALUES (0)");
        await HearOfTimelineAsync(standby, other);

        await winner.Server.EnsureSlotAsync("standby", TestServer.Soon);
        await FollowAsync(standby, winner);
        await Eventually.SeesAsync(
            () => Task.FromResult(standby.Lines.Count(l => l.Contains("End of WAL reached on timeline 1", StringComparison.Ordinal))),
            times => times > 3,
            "again and again the winner says that the old timeline is over");
        Assert.Equal("0", await standby.SqlAsync("SELECT count(*) FROM t"));

        await StartAnewAsync(standby);
        await Eventually.SeesAsync(() => standby.SqlAsync("SELECT count(*) FROM t WHERE i = 0"), count => count == "1", "it has what the winner wrote");
        Assert.Equal(2u, (await standby.Server.ReadNewestTimelineAsync(TestServer.Soon))!.Timeline.Value);
    }

    [Fact]
    public async Task Promoted_from_a_timeline_that_it_has_not_reached_a_server_cannot_be_followed_by_one_that_lags_behind()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var winner = await primary.StandbyAsync("winner");
        await using var standby = await primary.StandbyAsync("standby");
        await GoForAnUnreachedTimelineAsync(primary, winner, standby);
        var end = (await winner.AnswersAsync()).Flushed;

        await winner.Server.PromoteAsync(null, TestServer.Soon);
        // The history of its timeline says that timeline 1 went on beyond its own log, and that timeline 2 was left before it began.
        var newest = (await winner.Server.ReadNewestTimelineAsync(TestServer.Soon))!;
        Assert.Equal([1u, 2u], newest.Left.Select(l => l.Timeline.Value));
        Assert.Equal(end, newest.Left[1].At);
        Assert.True(newest.Left[0].At > newest.Left[1].At, $"{newest.Left[0].At}, {newest.Left[1].At}");

        await using var commit = await Commit.ThatWaitsForAsync(winner, "standby");
        await FollowAsync(standby, winner);
        await Eventually.SeesAsync(
            () => Task.FromResult(standby.Lines.Count(l => l.Contains("requested WAL segment 00000002", StringComparison.Ordinal) && l.Contains("has already been removed", StringComparison.Ordinal))),
            times => times > 3,
            "again and again the winner looks for what it never had");
        await commit.KeepsWaitingAsync("nothing has come");
    }

    [Fact]
    public async Task Started_anew_without_that_history_it_is_promoted_from_its_own()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var winner = await primary.StandbyAsync("winner");
        await using var standby = await primary.StandbyAsync("standby");
        await GoForAnUnreachedTimelineAsync(primary, winner, standby);
        winner.Source = null;
        await winner.ConfigureAsync();
        await StartAnewAsync(winner);
        var end = (await winner.AnswersAsync()).Replayed;

        await winner.Server.PromoteAsync(null, TestServer.Soon);
        var newest = (await winner.Server.ReadNewestTimelineAsync(TestServer.Soon))!;
        Assert.Equal((new TimelineId(1), end!.Value), Assert.Single(newest.Left));

        await using var commit = await Commit.ThatWaitsForAsync(winner, "standby");
        await FollowAsync(standby, winner);
        await commit.ReturnsAsync();
        await Eventually.SeesAsync(() => standby.SqlAsync("SELECT count(*) FROM t WHERE i = 0"), count => count == "1", "the commit is there");
    }

    /// <summary>The standby has less than the winner, and that less than a third, which opened timeline 2, told the winner of it, and is gone.</summary>
    private static async Task GoForAnUnreachedTimelineAsync(TestServer primary, TestServer winner, TestServer standby)
    {
        await using var lost = await primary.StandbyAsync("lost");
        await primary.SqlAsync("CREATE TABLE t(i int)");
        await standby.StarveAsync(at: primary);
        await primary.SqlAsync("INSERT INTO t SELECT generate_series(1, 100)");
        await winner.StarveAsync(at: primary);
        await primary.SqlAsync("INSERT INTO t SELECT generate_series(1, 100)");
        await lost.StarveAsync(at: primary);
        primary.Server.KillNow();
        await lost.Server.PromoteAsync(null, TestServer.Soon);
        await HearOfTimelineAsync(winner, lost);
        Assert.True(await winner.Server.StarveAsync(TimeSpan.FromSeconds(5), TestServer.Soon));
    }

    /// <summary>A receiver fetches the histories that it lacks before it asks for its slot, and there is none.</summary>
    private static async Task HearOfTimelineAsync(TestServer standby, TestServer from)
    {
        await FollowAsync(standby, from);
        await Eventually.SeesAsync(() => Task.FromResult(standby.Lines.FirstOrDefault(l => l.Contains("new target timeline is 2", StringComparison.Ordinal))), l => l is not null, "it goes for timeline 2");
    }

    private static async Task FollowAsync(TestServer standby, TestServer source)
    {
        standby.Source = await source.SourceAsync("standby");
        await standby.ConfigureAsync();
        standby.Server.Reload();
    }

    /// <summary>As the agent does.</summary>
    private static async Task StartAnewAsync(TestServer standby)
    {
        await standby.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(10), TestServer.Soon);
        var end = await standby.Server.SealWalAsync(null, TestServer.Soon);
        await standby.Server.ForgetTimelinesAsync(end.Timeline, TestServer.Soon);
        await standby.StartAsync(ServerMode.Standby);
    }
}
