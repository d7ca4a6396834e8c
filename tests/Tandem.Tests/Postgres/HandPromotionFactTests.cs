using Tandem.Postgres;
using Tandem.Resources.Values;
using Tandem.Tests.Postgres.Support;
using Tandem.Tests.Support;

namespace Tandem.Tests.Postgres;

/// <summary>What a standby is that somebody has promoted past its agent, shown on real servers: that it acknowledges nothing, where its log says that it parted, and that a fast stop leaves what a rewind needs.</summary>
[Collection(PostgresCollection.Name)]
[Requirement("C14")]
public sealed class HandPromotionFactTests(PostgresTemplate template)
{
    [Fact]
    public async Task It_acknowledges_nothing_says_where_it_left_the_primary_and_is_rewound_after_a_fast_stop()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        await primary.SqlAsync("CREATE TABLE t AS SELECT 1 AS i");
        await Eventually.SeesAsync(() => standby.SqlAsync("SELECT count(*) FROM pg_tables WHERE tablename = 't'"), tables => tables == "1", "the standby has it");
        var parted = (await standby.AnswersAsync()).Flushed;
        Assert.True((await primary.Server.ReadControlDataAsync(TestServer.Soon)).RanReadWrite);
        Assert.False((await standby.Server.ReadControlDataAsync(TestServer.Soon)).RanReadWrite);

        await standby.SqlAsync("SELECT pg_promote(true, 30)");
        var status = await standby.AnswersAsync();
        Assert.False(status.InRecovery);
        Assert.Equal(ServerMode.Standby, standby.Server.Process.Mode);
        // Its setting names one that nobody bears, as that of every server that holds no record.
        await using (var commit = await Commit.ThatWaitsForAsync(standby, "nobody"))
            await commit.KeepsWaitingAsync("nobody confirms");

        await standby.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);
        var end = await standby.Server.SealWalAsync(null, TestServer.Soon);
        Assert.Equal(2u, end.Timeline.Value);
        // What tells it, long after, from one that received a timeline of that number.
        Assert.True((await standby.Server.ReadControlDataAsync(TestServer.Soon)).RanReadWrite);
        var history = Assert.Single(await standby.Server.ReadTimelineHistoryAsync(end.Timeline, TestServer.Soon));
        Assert.Equal((new TimelineId(1), true), (history.Timeline, history.SwitchPoint >= parted && history.SwitchPoint < end.End));

        await primary.Server.CheckpointAsync(TestServer.Soon);
        await standby.Server.RewindAsync(await primary.SourceAsync("standby_1", "tandem_rewind"), 100 << 20, null, null, (_, _) => { }, new Progress<TransferProgress>(), TestServer.Soon);
        Assert.False((await standby.Server.ReadControlDataAsync(TestServer.Soon)).RanReadWrite);
        standby.Source = await primary.SourceAsync("standby_1");
        await standby.ConfigureAsync();
        await standby.StartAsync(ServerMode.Standby);
        await standby.StreamingAsync();
        await primary.SqlAsync("INSERT INTO t VALUES (2)");
        await Eventually.SeesAsync(() => standby.SqlAsync("SELECT string_agg(i::text, ',' ORDER BY i) FROM t"), rows => rows == "1,2", "the primary's rows and no other");
        Assert.Equal(1u, (await standby.AnswersAsync()).Timeline.Value);
    }
    /// <summary>Both left the primary at the same point for a timeline of the same number: by that number, all that pg_rewind goes by, they part where the one was left for the next timeline.</summary>
    [Fact]
    public async Task A_rewind_takes_its_timeline_for_anothers_of_the_same_number_unless_it_is_told_where_they_part()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var winner = await primary.StandbyAsync("standby_1");
        await using var standby = await primary.StandbyAsync("standby_2");
        await primary.SqlAsync("CREATE TABLE t AS SELECT 1 AS i");
        await primary.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);
        await Eventually.SeesAsync(async () => ((await winner.AnswersAsync()).Flushed, (await standby.AnswersAsync()).Flushed), ends => ends.Item1 == ends.Item2, "both have all of it");
        await winner.SqlAsync("SELECT pg_promote(true, 30)");
        await standby.SqlAsync("SELECT pg_promote(true, 30)");
        await standby.SqlAsync("SET synchronous_commit = off; CREATE TABLE mine AS SELECT generate_series(1, 10000) AS i");
        await standby.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);
        await winner.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);
        winner.Source = null;
        await winner.ConfigureAsync();
        await winner.StartAsync(ServerMode.Standby);
        await winner.SqlAsync("SELECT pg_promote(true, 30)");
        await winner.Server.CheckpointAsync(TestServer.Soon);

        var parted = Assert.Single(await standby.Server.ReadTimelineHistoryAsync(new TimelineId(2), TestServer.Soon)).SwitchPoint;
        var theirs = await winner.Server.ReadTimelineHistoryAsync(new TimelineId(3), TestServer.Soon);
        Assert.Equal([(new TimelineId(1), parted), (new TimelineId(2), theirs[1].SwitchPoint)], theirs.Select(h => (h.Timeline, h.SwitchPoint)));
        var refused = await Assert.ThrowsAsync<PostgresException>(async () => await standby.Server.RewindAsync(await winner.SourceAsync("standby_2", "tandem_rewind"), 100 << 20, parted, null,
            (step, _) => Assert.NotEqual(RewindStep.Overwriting, step), new Progress<TransferProgress>(), TestServer.Soon));
        Assert.Equal("RewindNotPossible", refused.Reason);
        // Where pg_rewind takes them to part: on a record's boundary of both it would go on from there.
        Assert.Contains($"{theirs[1].SwitchPoint}", refused.Message, StringComparison.Ordinal);
    }
}
