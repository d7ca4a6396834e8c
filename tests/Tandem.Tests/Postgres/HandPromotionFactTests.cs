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
        var history = Assert.Single(await standby.Server.ReadTimelineHistoryAsync(end.Timeline, TestServer.Soon));
        Assert.Equal((new TimelineId(1), true), (history.Timeline, history.SwitchPoint >= parted && history.SwitchPoint < end.End));

        await primary.Server.CheckpointAsync(TestServer.Soon);
        await standby.Server.RewindAsync(await primary.SourceAsync("standby_1", "tandem_rewind"), 100 << 20, null, (_, _) => { }, new Progress<TransferProgress>(), TestServer.Soon);
        standby.Source = await primary.SourceAsync("standby_1");
        await standby.ConfigureAsync();
        await standby.StartAsync(ServerMode.Standby);
        await standby.StreamingAsync();
        await primary.SqlAsync("INSERT INTO t VALUES (2)");
        await Eventually.SeesAsync(() => standby.SqlAsync("SELECT string_agg(i::text, ',' ORDER BY i) FROM t"), rows => rows == "1,2", "the primary's rows and no other");
        Assert.Equal(1u, (await standby.AnswersAsync()).Timeline.Value);
    }
}
