using System.Diagnostics;
using Npgsql;
using Tandem.Postgres;
using Tandem.Postgres.Processes;
using Tandem.Resources.Values;
using Tandem.Tests.Postgres.Support;
using Tandem.Tests.Support;
using Xunit.Abstractions;

namespace Tandem.Tests.Postgres;

/// <summary>What the protocol says of PostgreSQL under the sign †, shown on a real server. docs/postgres-facts.md tells the results.</summary>
[Collection(PostgresCollection.Name)]
public sealed class FactTests(PostgresTemplate template, ITestOutputHelper output)
{
    private const int SigStop = 19;
    private const int SigCont = 18;

    [Fact, Requirement("E4")]
    public async Task A_walsender_releases_commits_by_its_own_setting_not_by_that_of_the_waiting_backend()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("wal_sender_timeout", "0"));
        await using var a = await primary.StandbyAsync("standby_a");
        await using var b = await primary.StandbyAsync("standby_b");
        await primary.SqlAsync("CREATE TABLE t(i int)");
        await primary.ReloadAsync(("synchronous_standby_names", "ANY 1 (standby_a, standby_b)"));
        await primary.Server.CheckpointAsync(TestServer.Soon);
        await primary.SqlAsync("INSERT INTO t VALUES (0)");
        var senders = (await primary.AnswersAsync()).Senders.ToDictionary(s => s.ApplicationName, s => s.Pid);
        await using var client = await primary.ClientAsync();
        var backend = (int)(await new NpgsqlCommand("SELECT pg_backend_pid()", client).ExecuteScalarAsync())!;

        // The file says two; the waiting backend and b's walsender have read it, a's walsender has not. And b confirms nothing any more.
        primary.Set("synchronous_standby_names", "ANY 2 (standby_a, standby_b)");
        await primary.ConfigureAsync();
        foreach (var pid in new[] { backend, senders["standby_b"] }) Libc.Kill(pid, Libc.SigHup);
        await Eventually.SeesAsync(async () => (string)(await new NpgsqlCommand("SHOW synchronous_standby_names", client).ExecuteScalarAsync())!, v => v.StartsWith("ANY 2", StringComparison.Ordinal), "the backend has read it");
        Freeze(b);
        var commit = new NpgsqlCommand("INSERT INTO t VALUES (1)", client).ExecuteNonQueryAsync();
        await commit.WaitAsync(TimeSpan.FromSeconds(60));
        output.WriteLine("released by a alone, under a's walsender's old setting ANY 1, although the backend's is ANY 2");

        // Once a's walsender has read it too, a alone is not enough.
        Libc.Kill(senders["standby_a"], Libc.SigHup);
        await Task.Delay(500);
        var second = new NpgsqlCommand("INSERT INTO t VALUES (2)", client).ExecuteNonQueryAsync();
        Assert.NotSame(second, await Task.WhenAny(second, Task.Delay(1500)));
        Thaw(b);
        await second.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact, Requirement("E4")]
    public async Task A_setting_that_was_empty_binds_nobody_until_the_checkpointer_publishes_it()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("CREATE TABLE t(i int)");
        var checkpointer = new ServerProcesses(primary.Data).List().Single(p => ServerProcesses.Title(p).Contains("checkpointer", StringComparison.Ordinal));
        Libc.Kill(checkpointer, SigStop);
        try
        {
            await primary.ReloadAsync(("synchronous_standby_names", "ANY 1 (nobody_bears_this)"));
            var watch = Stopwatch.StartNew();
            await primary.SqlAsync("INSERT INTO t VALUES (1)").WaitAsync(TimeSpan.FromSeconds(60));
            output.WriteLine($"a new session shows the setting, and its commit returned after {watch.ElapsedMilliseconds} ms without any standby");
        }
        finally
        {
            Libc.Kill(checkpointer, SigCont);
        }

        await primary.Server.CheckpointAsync(TestServer.Soon);
        var waits = primary.SqlAsync("INSERT INTO t VALUES (2)");
        await Eventually.SeesAsync(() => primary.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"), n => n == "1", "after CHECKPOINT the commit waits");
        primary.Server.KillNow();
        await Assert.ThrowsAnyAsync<Exception>(() => waits);
    }

    [Theory]
    [InlineData("pg_cancel_backend")]
    [InlineData("pg_terminate_backend")]
    public async Task A_wait_that_is_cut_short_makes_its_commit_visible(string how)
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("synchronous_standby_names", "ANY 1 (nobody_bears_this)"));
        await primary.Server.CheckpointAsync(TestServer.Soon);
        await using var setup = await primary.ClientAsync("-c synchronous_commit=local");
        await new NpgsqlCommand("CREATE TABLE t(i int)", setup).ExecuteNonQueryAsync();
        await using var client = await primary.ClientAsync();
        var backend = (int)(await new NpgsqlCommand("SELECT pg_backend_pid()", client).ExecuteScalarAsync())!;
        var notices = new List<string>();
        client.Notice += (_, n) => notices.Add(n.Notice.MessageText);
        var commit = new NpgsqlCommand("INSERT INTO t VALUES (1)", client).ExecuteNonQueryAsync();
        await Eventually.SeesAsync(() => primary.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"), n => n == "1", "the commit waits");
        Assert.Equal("0", await primary.SqlAsync("SELECT count(*) FROM t"));

        await primary.SqlAsync($"SELECT {how}({backend})");

        await Eventually.SeesAsync(() => primary.SqlAsync("SELECT count(*) FROM t"), n => n == "1", "others see the row");
        var ended = await Record.ExceptionAsync(() => commit);
        output.WriteLine($"{how}: {ended?.Message ?? "COMMIT returned"}; notices: {string.Join(" | ", notices)}");
        if (how == "pg_cancel_backend") Assert.Contains(notices, n => n.Contains("canceling wait for synchronous replication", StringComparison.Ordinal));
    }

    [Fact, Requirement("E10")]
    public async Task A_receiver_reports_what_was_replayed_as_flushed_at_once_also_on_a_foreign_lineage()
    {
        await using var old = await TestServer.PrimaryAsync(template);
        await using var winner = await old.StandbyAsync("standby_1");
        await old.SqlAsync("CREATE TABLE t(i int)");
        var shared = (await old.AnswersAsync()).Flushed;
        await Eventually.SeesAsync(() => winner.Server.QueryStatusAsync(TimeSpan.FromSeconds(1), TestServer.Soon), s => s?.Replayed >= shared, "the standby has it");
        Assert.True(await winner.Server.StarveAsync(TimeSpan.FromSeconds(5), TestServer.Soon));
        // What only the old primary has: more than the winner will have written by the time it comes back.
        await old.SqlAsync("INSERT INTO t SELECT generate_series(1, 30000)");
        var diverged = (await old.AnswersAsync()).Flushed;
        await old.Server.StopAsync(StopMode.Immediate, TimeSpan.FromSeconds(10), TestServer.Soon);
        await winner.Server.PromoteAsync(null, TestServer.Soon);
        await winner.Server.EnsureSlotAsync("diverged", TestServer.Soon);
        var own = (await winner.AnswersAsync()).Flushed;
        Assert.True(own < diverged);

        old.Source = await winner.SourceAsync("diverged");
        await old.ConfigureAsync();
        await old.StartAsync(ServerMode.Standby);
        var seen = await Eventually.SeesAsync(
            async () => await winner.SqlAsync("SELECT concat_ws(' ', state, flush_lsn) FROM pg_stat_replication WHERE application_name = 'diverged' AND flush_lsn IS NOT NULL"),
            s => s?.Contains('/', StringComparison.Ordinal) == true,
            "the diverged server's report");
        output.WriteLine($"winner at {own} on timeline 2, fork near {shared}; the diverged one reports: {seen}");
        Assert.True(Lsn.Parse(seen!.Split(' ')[^1]) > own, "it reports as flushed what the winner has not even written");
    }

    [Fact, Requirement("C8")]
    public async Task A_slot_is_held_by_its_old_walsender_until_that_is_terminated()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("wal_sender_timeout", "0"));
        await using var standby = await primary.StandbyAsync("standby_1");
        Freeze(standby);
        var conninfo = Tandem.Postgres.Configuration.ConnectionInfo.Of(standby.Source!, null);
        var target = Path.Combine(standby.Options.SalvageDirectory, "received");
        Directory.CreateDirectory(target);
        await ServerUser.OwnAsync(standby.Options.SalvageDirectory);
        var until = (await primary.AnswersAsync()).Flushed;
        string[] receive = [.. ServerUser.Prefix, Path.Combine(TestServer.BinDirectory, "pg_receivewal"), "-D", target, "-S", "standby_1", "-d", conninfo, "--no-loop", "-E", until.ToString()];

        var refused = await Shell.RunAsync(receive, mayFail: true);
        Assert.Contains("is active for PID", refused, StringComparison.Ordinal);

        var watch = Stopwatch.StartNew();
        await primary.Server.TerminateWalSendersAsync([(await primary.AnswersAsync()).Senders[0].Pid], TestServer.Soon);
        output.WriteLine($"terminated and gone after {watch.ElapsedMilliseconds} ms, while its standby is frozen");
        var let = await Shell.RunAsync(receive, mayFail: true);
        Assert.DoesNotContain("is active for PID", let, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.EnumerateFiles(target));
        Thaw(standby);
    }

    [Fact, Requirement("C8")]
    public async Task Starving_and_promoting_take_hundredths_of_a_second()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        await primary.SqlAsync("CREATE TABLE t AS SELECT i, repeat('x', 300) FROM generate_series(1, 50000) i");
        var times = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var watch = Stopwatch.StartNew();
            Assert.True(await standby.Server.StarveAsync(TimeSpan.FromSeconds(10), TestServer.Soon));
            times.Add(watch.Elapsed.TotalMilliseconds);
            standby.Source = await primary.SourceAsync("standby_1");
            await standby.ConfigureAsync();
            standby.Server.Reload();
            await standby.StreamingAsync();
        }

        Assert.True(await standby.Server.StarveAsync(TimeSpan.FromSeconds(10), TestServer.Soon));
        var seal = Stopwatch.StartNew();
        var end = await standby.Server.SealWalAsync(null, TestServer.Soon);
        var sealedIn = seal.Elapsed.TotalMilliseconds;
        seal.Restart();
        await standby.Server.SealWalAsync(end, TestServer.Soon);
        var resealedIn = seal.Elapsed.TotalMilliseconds;
        var promote = Stopwatch.StartNew();
        await standby.Server.PromoteAsync(null, TestServer.Soon);
        output.WriteLine($"starve {string.Join(", ", times.Select(t => $"{t:F0}"))} ms; seal from the checkpoint {sealedIn:F0} ms, from a hint {resealedIn:F0} ms; promote {promote.Elapsed.TotalMilliseconds:F0} ms");
        Assert.True(times.Min() < 1000, "the best of five starvations is below the second after which the server would be killed");
    }

    [Fact]
    public async Task Without_its_key_a_receiver_cannot_connect_even_with_its_conninfo_left()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        File.Delete(standby.Source!.Tls.Credential);
        var receiver = (await standby.AnswersAsync()).Receiver!.Pid;
        Libc.Kill(receiver, Libc.SigTerm);
        await Eventually.SeesAsync(
            () => Task.FromResult(standby.Lines.LastOrDefault(l => l.Contains("could not connect to the primary server", StringComparison.Ordinal))), l => l is not null, "the new receiver fails to connect");
        for (var i = 0; i < 20; i++)
        {
            Assert.Empty((await primary.AnswersAsync()).Senders);
            await Task.Delay(20);
        }
    }

    private static void Freeze(TestServer server)
    {
        foreach (var pid in new ServerProcesses(server.Data).List()) Libc.Kill(pid, SigStop);
    }

    private static void Thaw(TestServer server)
    {
        foreach (var pid in new ServerProcesses(server.Data).List()) Libc.Kill(pid, SigCont);
    }
}
