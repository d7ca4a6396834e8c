using Tandem.Postgres;
using Tandem.Tests.Postgres.Support;
using Tandem.Tests.Support;
using Xunit.Abstractions;

namespace Tandem.Tests.Postgres;

/// <summary>
/// What a server does to its primary's commits when its log has left the primary's lineage [C2]: what the protocol says of it under the sign †, shown on real servers.
/// docs/postgres-facts.md tells the results.
/// </summary>
[Collection(PostgresCollection.Name)]
public sealed class LineageFactTests(PostgresTemplate template, ITestOutputHelper output)
{
    [Fact, Requirement("E4", "E10")]
    public async Task A_server_beyond_the_fork_has_a_commit_acknowledged_that_it_never_gets()
    {
        await using var old = await TestServer.PrimaryAsync(template);
        await using var winner = await old.StandbyAsync("standby_1");
        await old.SqlAsync("CREATE TABLE t(i int)");
        await winner.StarveAsync(at: old);
        await GoOnAloneAsync(old);
        await winner.Server.PromoteAsync(null, TestServer.Soon);
        await using var commit = await Commit.ThatWaitsForAsync(winner, "diverged");

        await ConnectAsync(old, winner);
        await ReportsMoreThanTheWinnerHasAsync(winner);
        // The walsender sends what both have in common, says that the old timeline ends there, and is "streaming" until the receiver agrees: the report comes in that moment.
        await commit.ReturnsAsync();

        Assert.Equal(1u, (await old.AnswersAsync()).Timeline.Value);
        Assert.Equal("0", await old.SqlAsync("SELECT count(*) FROM t WHERE i = 0"));
    }

    [Fact, Requirement("E10")]
    public async Task A_server_beyond_the_forks_segment_is_refused_before_it_reports_anything()
    {
        await using var old = await TestServer.PrimaryAsync(template);
        await using var winner = await old.StandbyAsync("standby_1");
        await old.SqlAsync("CREATE TABLE t(i int)");
        await winner.StarveAsync(at: old);
        await old.SqlAsync("SELECT pg_switch_wal()");
        await GoOnAloneAsync(old);
        await winner.Server.PromoteAsync(null, TestServer.Soon);
        await using var commit = await Commit.ThatWaitsForAsync(winner, "diverged");

        await ConnectAsync(old, winner);
        await Eventually.SeesAsync(() => Task.FromResult(old.Lines.FirstOrDefault(l => l.Contains("is not in this server's history", StringComparison.Ordinal))), l => l is not null, "the winner refuses it");
        await commit.KeepsWaitingAsync("it never got as far as a report");
    }

    [Fact, Requirement("E4", "E10")]
    public async Task A_server_with_the_same_timeline_number_streams_and_has_commits_acknowledged_that_it_never_gets()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var winner = await primary.StandbyAsync("standby_1");
        await using var other = await primary.StandbyAsync("standby_2");
        await primary.SqlAsync("CREATE TABLE t(i int)");
        await winner.StarveAsync(at: primary);
        await other.StarveAsync(at: primary);
        primary.Server.KillNow();
        await other.Server.PromoteAsync(null, TestServer.Soon);
        await GoOnAloneAsync(other);
        await winner.Server.PromoteAsync(null, TestServer.Soon);
        await using var commit = await Commit.ThatWaitsForAsync(winner, "diverged");

        // Nothing tells the two logs apart: the same system, the same timeline, a beginning that the winner has. So it lasts until the winner has written as much.
        await ConnectAsync(other, winner);
        await ReportsMoreThanTheWinnerHasAsync(winner);
        await commit.ReturnsAsync();
        await using var next = await Commit.OfAsync(winner, "INSERT INTO t VALUES (0)");
        await next.ReturnsAsync();

        Assert.Equal("streaming quorum t", await winner.SqlAsync("SELECT concat_ws(' ', state, sync_state, flush_lsn > pg_current_wal_insert_lsn()) FROM pg_stat_replication"));
        Assert.Equal(2u, (await other.AnswersAsync()).Timeline.Value);
        Assert.Equal("0", await other.SqlAsync("SELECT count(*) FROM t WHERE i = 0"));
    }

    /// <summary>More than the winner will have written by the time this server comes back, and less than fills a segment: a receiver asks from the beginning of the one that it is in.</summary>
    private static async Task GoOnAloneAsync(TestServer server)
    {
        await server.SqlAsync("INSERT INTO t SELECT generate_series(1, 30000)");
        await server.Server.StopAsync(StopMode.Immediate, TimeSpan.FromSeconds(10), TestServer.Soon);
    }

    private static async Task ConnectAsync(TestServer diverged, TestServer winner)
    {
        diverged.Source = await winner.SourceAsync("diverged");
        await diverged.ConfigureAsync();
        await diverged.StartAsync(ServerMode.Standby);
    }

    private async Task ReportsMoreThanTheWinnerHasAsync(TestServer winner)
    {
        var seen = await Eventually.SeesAsync(
            () => winner.SqlAsync("SELECT concat_ws(' ', flush_lsn > pg_current_wal_insert_lsn(), pg_current_wal_insert_lsn(), flush_lsn, state) FROM pg_stat_replication WHERE flush_lsn IS NOT NULL"),
            s => s?.Length > 0,
            "the diverged server's report");
        output.WriteLine($"the winner's own end, what is reported to it as flushed, state at that look: {seen}");
        Assert.StartsWith("t ", seen, StringComparison.Ordinal);
    }
}
