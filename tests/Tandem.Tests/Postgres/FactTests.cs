using System.Diagnostics;
using Tandem.Postgres;
using Tandem.Postgres.Configuration;
using Tandem.Postgres.Processes;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;
using Tandem.Tests.Postgres.Support;
using Tandem.Tests.Support;
using Xunit.Abstractions;

namespace Tandem.Tests.Postgres;

/// <summary>What the protocol says of PostgreSQL under the sign †, shown on a real server. docs/postgres-facts.md tells the results.</summary>
[Collection(PostgresCollection.Name)]
public sealed class FactTests(PostgresTemplate template, ITestOutputHelper output)
{
    private const string Nobody = "ANY 1 (nobody_bears_this)";

    [Fact, Requirement("E4")]
    public async Task A_walsender_releases_commits_by_its_own_setting_not_by_that_of_the_waiting_backend()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("wal_sender_timeout", "0"));
        await using var a = await primary.StandbyAsync("standby_a");
        await using var b = await primary.StandbyAsync("standby_b");
        var senders = await SynchronousAsync(primary, "ANY 1 (standby_a, standby_b)");
        await using var client = await Commit.SessionAsync(primary);

        // The file says two; the waiting backend and b's walsender have read it, a's walsender has not. And b confirms nothing any more.
        await ReadByAsync(primary, "ANY 2 (standby_a, standby_b)", client.Backend, senders["standby_b"]);
        await Eventually.SeesAsync(() => client.AskAsync("SHOW synchronous_standby_names"), v => v?.StartsWith("ANY 2", StringComparison.Ordinal) == true, "the backend has read it");
        b.Freeze();
        client.Begin("INSERT INTO t VALUES (1)");
        await client.ReturnsAsync();
        output.WriteLine("released by a alone, under a's walsender's old setting ANY 1, although the backend's is ANY 2");

        // Once a's walsender has read it too, a alone is not enough.
        Libc.Kill(senders["standby_a"], Libc.SigHup);
        await Task.Delay(500);
        client.Begin("INSERT INTO t VALUES (2)");
        await client.KeepsWaitingAsync("two are needed");
        b.Thaw();
        await client.ReturnsAsync();
    }

    [Fact, Requirement("E4")]
    public async Task A_walsender_counts_names_of_another_setting_against_its_own_number()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("wal_sender_timeout", "0"));
        await using var a = await primary.StandbyAsync("standby_a");
        await using var b = await primary.StandbyAsync("standby_b");
        await using var c = await primary.StandbyAsync("standby_c");
        var senders = await SynchronousAsync(primary, "ANY 1 (standby_a)");

        // From one of {a} to two of {b, c} in one change, which the protocol forbids: all walsenders but a's have read it, and each is counted by its own.
        await ReadByAsync(primary, "ANY 2 (standby_b, standby_c)", senders["standby_b"], senders["standby_c"]);
        await Eventually.SeesAsync(
            () => primary.SqlAsync("SELECT string_agg(application_name, ' ' ORDER BY application_name) FROM pg_stat_replication WHERE sync_priority > 0"),
            names => names == "standby_a standby_b standby_c",
            "all three have a priority");

        // A report of a's lies unread at its walsender, from before the commit; a and c are frozen then, and get nothing of it.
        Libc.Kill(senders["standby_a"], TestServer.SigStop);
        await Task.Delay(TimeSpan.FromSeconds(3)); // wal_receiver_status_interval is 1 s
        a.Freeze();
        c.Freeze();
        var before = Lsn.Parse((await primary.SqlAsync("SELECT pg_current_wal_insert_lsn()"))!);
        await using var commit = await Commit.OfAsync(primary, "INSERT INTO t VALUES (1)");
        await Eventually.SeesAsync(() => primary.AnswersAsync(), s => s.Senders.Single(w => w.ApplicationName == "standby_b").Flush > before, "b has it");
        await commit.KeepsWaitingAsync("b alone is enough by neither setting");

        Libc.Kill(senders["standby_a"], TestServer.SigCont);
        await commit.ReturnsAsync();
        var flushed = (await primary.AnswersAsync()).Senders.ToDictionary(s => s.ApplicationName, s => s.Flush);
        output.WriteLine($"commit after {before}; released with a at {flushed["standby_a"]}, b at {flushed["standby_b"]}, c at {flushed["standby_c"]}");
        Assert.True(flushed["standby_a"] <= before && flushed["standby_c"] <= before, "released on b's flush alone, by a's walsender, whose number is one");
    }

    [Fact, Requirement("E4")]
    public async Task A_setting_that_names_one_who_never_comes_has_commits_wait_for_its_whole_number()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("wal_sender_timeout", "0"));
        await using var a = await primary.StandbyAsync("standby_a");
        await using var b = await primary.StandbyAsync("standby_b");
        var senders = await SynchronousAsync(primary, "ANY 2 (standby_a, standby_b)");

        // From all of {a, b} to all of {b} by way of a third setting. While b's walsender alone has read that, both together are all of the old one.
        const string between = $"ANY 2 (standby_b, {StandbyNames.Placeholder})";
        await ReadByAsync(primary, between, senders["standby_b"]);
        a.Freeze();
        await using (var commit = await Commit.OfAsync(primary, "INSERT INTO t VALUES (1)"))
        {
            await commit.KeepsWaitingAsync("b alone is neither two of the old one nor two of the one between");
            a.Thaw();
            await commit.ReturnsAsync();
        }

        // In effect everywhere: nothing is released, whoever confirms.
        Libc.Kill(senders["standby_a"], Libc.SigHup);
        await Eventually.SeesAsync(() => primary.SqlAsync("SELECT string_agg(application_name, ' ') FROM pg_stat_replication WHERE sync_priority > 0"), names => names == "standby_b", "a is not counted any more");
        await using var waiting = await Commit.OfAsync(primary, "INSERT INTO t VALUES (2)");
        await waiting.KeepsWaitingAsync("two are needed, and there is one");
        await primary.ReloadAsync(("synchronous_standby_names", "ANY 1 (standby_b)"));
        await waiting.ReturnsAsync();
    }

    [Fact, Requirement("E4")]
    public async Task A_walsender_that_shows_a_flush_of_what_was_written_after_a_reload_goes_by_the_new_setting()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("wal_sender_timeout", "0"));
        await using var a = await primary.StandbyAsync("standby_a");
        await using var b = await primary.StandbyAsync("standby_b");
        var senders = await SynchronousAsync(primary, "ANY 1 (standby_a, standby_b)");

        // a's walsender is stopped over the reload and the commit: signal, report and log all lie before it when it goes on.
        Libc.Kill(senders["standby_a"], TestServer.SigStop);
        await primary.ReloadAsync(("synchronous_standby_names", "ANY 2 (standby_a, standby_b)"));
        b.Freeze();
        await using var commit = await Commit.OfAsync(primary, "INSERT INTO t VALUES (1)");
        await commit.KeepsWaitingAsync("nobody has it");
        var written = (await primary.AnswersAsync()).Flushed;
        Libc.Kill(senders["standby_a"], TestServer.SigCont);

        await Eventually.SeesAsync(() => primary.AnswersAsync(), s => s.Senders.Single(w => w.ApplicationName == "standby_a").Flush >= written, "a has it");
        await commit.KeepsWaitingAsync("a alone is not enough any more");
        b.Thaw();
        await commit.ReturnsAsync();
    }

    [Fact, Requirement("E4")]
    public async Task A_walsender_that_was_terminated_is_gone_and_releases_nothing_more_by_its_old_setting()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("wal_sender_timeout", "0"));
        await using var a = await primary.StandbyAsync("standby_a");
        await using var b = await primary.StandbyAsync("standby_b");
        var senders = await SynchronousAsync(primary, "ANY 1 (standby_a, standby_b)");
        var old = senders["standby_a"];

        // a's walsender has not read the new setting: a's report would release the commit. But a says nothing yet.
        await ReadByAsync(primary, "ANY 2 (standby_a, standby_b)", senders["standby_b"]);
        a.Freeze();
        b.Freeze();
        await using var commit = await Commit.OfAsync(primary, "INSERT INTO t VALUES (1)");
        await commit.KeepsWaitingAsync("both are frozen");
        var written = (await primary.AnswersAsync()).Flushed;

        await primary.Server.TerminateWalSendersAsync([old], TestServer.Soon);
        Assert.Equal("0", await primary.SqlAsync($"SELECT (SELECT count(*) FROM pg_stat_replication WHERE pid = {old}) + (SELECT count(*) FROM pg_stat_activity WHERE pid = {old})"));
        await Eventually.SeesAsync(() => Task.FromResult(ProcessStat.Read(old)?.State), s => s is null or 'Z', "its process is gone");
        await commit.KeepsWaitingAsync("its end released nothing");

        await primary.ReloadAsync(("synchronous_standby_names", "ANY 2 (standby_a, standby_b)"));
        a.Thaw();
        await Eventually.SeesAsync(() => primary.AnswersAsync(), s => s.Senders.Any(w => w.ApplicationName == "standby_a" && w.Flush >= written && w.Pid != old), "a has it, by a new walsender");
        await commit.KeepsWaitingAsync("what came after it goes by the new setting");
        b.Thaw();
        await commit.ReturnsAsync();
    }

    [Fact, Requirement("E4")]
    public async Task A_setting_that_was_empty_binds_nobody_until_the_checkpointer_publishes_it()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("CREATE TABLE t(i int)");
        var checkpointer = primary.ProcessOf("checkpointer");
        Libc.Kill(checkpointer, TestServer.SigStop);
        await primary.ReloadAsync(("synchronous_standby_names", Nobody));
        await using var unbound = await Commit.SessionAsync(primary);
        Assert.Equal(Nobody, await unbound.AskAsync("SHOW synchronous_standby_names"));
        var watch = Stopwatch.StartNew();
        unbound.Begin("INSERT INTO t VALUES (1)");
        Assert.False(await unbound.WaitsAsync());
        output.WriteLine($"the session shows the setting, and its commit returned after {watch.ElapsedMilliseconds} ms without any standby");

        // Asked while it is stopped: the signal to read the file and the request both lie before the checkpointer when it goes on.
        var checkpoint = primary.Server.CheckpointAsync(TestServer.Soon);
        await Eventually.SeesAsync(() => primary.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'CheckpointStart'"), n => n == "1", "CHECKPOINT waits for the checkpointer");
        unbound.Begin("INSERT INTO t VALUES (2)");
        Assert.False(await unbound.WaitsAsync());
        Libc.Kill(checkpointer, TestServer.SigCont);
        await checkpoint;
        await using var bound = await Commit.OfAsync(primary, "INSERT INTO t VALUES (3)");
        await bound.KeepsWaitingAsync("the CHECKPOINT is done");
    }

    [Theory]
    [InlineData("pg_cancel_backend")]
    [InlineData("pg_terminate_backend")]
    public async Task A_wait_that_is_cut_short_makes_its_commit_visible(string how)
    {
        await using var primary = await WaitingForNobodyAsync();
        await using var commit = await Commit.OfAsync(primary, "INSERT INTO t VALUES (1)");
        await commit.KeepsWaitingAsync("nobody bears that name");
        Assert.Equal("0", await primary.SqlAsync("SELECT count(*) FROM t"));

        await primary.SqlAsync($"SELECT {how}({commit.Backend})");

        await Eventually.SeesAsync(() => primary.SqlAsync("SELECT count(*) FROM t"), n => n == "1", "others see the row");
        var ended = await commit.EndedAsync();
        output.WriteLine($"{how}: {ended?.Message ?? "COMMIT returned"}; notices: {commit.Notices}");
        if (how == "pg_cancel_backend") Assert.Contains("canceling wait for synchronous replication", commit.Notices, StringComparison.Ordinal);
        else Assert.NotNull(ended);
    }

    [Fact]
    public async Task A_drivers_timeout_cuts_a_wait_short_and_the_servers_timeouts_do_not()
    {
        await using var primary = await WaitingForNobodyAsync();
        await using var patient = await Commit.SessionAsync(primary);
        foreach (var timeout in new[] { "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout" }) await patient.AskAsync($"SET {timeout} = 300");
        patient.Begin("INSERT INTO t VALUES (1)");
        await patient.KeepsWaitingAsync("the server's timeouts are over by the time a commit waits");

        await using var hasty = await Commit.SessionAsync(primary);
        hasty.Begin("INSERT INTO t VALUES (2)", timeout: 1);
        await Eventually.SeesAsync(() => primary.SqlAsync("SELECT string_agg(i::text, ',') FROM t"), rows => rows == "2", "others see its row, and the patient one's not");
        var ended = await hasty.EndedAsync();
        output.WriteLine($"driver's timeout: {ended?.Message ?? "COMMIT returned"}; notices: {hasty.Notices}");
        Assert.Null(ended);
        Assert.Contains("canceling wait for synchronous replication", hasty.Notices, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StopMode.Fast)]
    [InlineData(StopMode.Immediate)]
    public async Task A_shutdown_ends_a_wait_without_acknowledging_it(StopMode how)
    {
        await using var primary = await WaitingForNobodyAsync();
        await using var commit = await Commit.OfAsync(primary, "INSERT INTO t VALUES (1)");
        await commit.KeepsWaitingAsync("nobody bears that name");

        await primary.Server.StopAsync(how, TimeSpan.FromSeconds(20), TestServer.Soon);

        var ended = await commit.EndedAsync();
        output.WriteLine($"{how}: {ended?.Message ?? "COMMIT returned"}; notices: {commit.Notices}");
        Assert.NotNull(ended);
        // It stands in the log all the same: whoever goes on from this log has it.
        await primary.StartAsync(ServerMode.ReadWrite);
        Assert.Equal("1", await primary.SqlAsync("SELECT count(*) FROM t"));
    }

    [Fact, Requirement("C8")]
    public async Task A_slot_is_held_by_its_old_walsender_until_that_is_terminated()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("wal_sender_timeout", "0"));
        await using var standby = await primary.StandbyAsync("standby_1");
        standby.Freeze();
        var conninfo = ConnectionInfo.Of(standby.Source!, null);
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
        standby.Thaw();
    }

    [Theory, Requirement("C8")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_walsender_whose_peer_takes_nothing_more_ends_after_a_termination_only_when_TCP_gives_up(bool ends)
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("wal_sender_timeout", "0"));
        await using var standby = await primary.StandbyAsync("standby_1");
        if (!ends)
        {
            var first = (await primary.AnswersAsync()).Senders.Single().Pid;
            await standby.SqlAsync($"ALTER SYSTEM SET primary_conninfo = '{ConnectionInfo.Of(standby.Source!, null).Replace("'", "''", StringComparison.Ordinal)}'");
            await standby.SqlAsync("SELECT pg_reload_conf()");
            await Eventually.SeesAsync(primary.AnswersAsync, s => s.Senders is [{ State: "streaming", Pid: var pid }] && pid != first, "it streams again, without a bound on what is sent");
        }

        var sender = await FillAsync(primary, standby);

        // Its last word, "terminating connection", goes to the peer and waits for room as the log did; and a process in its last word hears of no second termination, and of no timeout of its own.
        await primary.SqlAsync($"SELECT pg_terminate_backend({sender})");
        var watch = Stopwatch.StartNew();
        if (ends) await Eventually.SeesAsync(() => primary.SqlAsync($"SELECT count(*) FROM pg_stat_activity WHERE pid = {sender}"), n => n == "0", "it is gone");
        else await Task.Delay(TimeSpan.FromSeconds(10));
        output.WriteLine($"{(ends ? "as configured" : "without tcp_user_timeout")}: {(ends ? "gone" : "still there")} {watch.Elapsed.TotalSeconds:F1} s after its termination");
        Assert.Equal(ends ? "0" : "1", await primary.SqlAsync($"SELECT (SELECT count(*) FROM pg_stat_replication WHERE pid = {sender}) * (SELECT count(*) FROM pg_replication_slots WHERE active_pid = {sender})"));

        standby.Thaw();
        await Eventually.SeesAsync(() => primary.SqlAsync($"SELECT count(*) FROM pg_stat_activity WHERE pid = {sender}"), n => n == "0", "it is gone once its peer takes something");
    }

    [Fact, Requirement("C8")]
    public async Task A_walsender_whose_peer_takes_nothing_more_ends_by_its_own_timeout_if_nobody_terminated_it()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("wal_sender_timeout", "3s"));
        await using var standby = await primary.StandbyAsync("standby_1");
        var sender = await FillAsync(primary, standby);
        var watch = Stopwatch.StartNew();
        await Eventually.SeesAsync(() => primary.SqlAsync($"SELECT count(*) FROM pg_stat_activity WHERE pid = {sender}"), n => n == "0", "it is gone");
        output.WriteLine($"gone {watch.Elapsed.TotalSeconds:F1} s later");
        standby.Thaw();
    }

    /// <summary>Freezes the standby and writes until its walsender can send no more.</summary>
    private static async Task<int> FillAsync(TestServer primary, TestServer standby)
    {
        standby.Freeze();
        var sender = (await primary.AnswersAsync()).Senders.Single().Pid;
        await primary.SqlAsync("CREATE TABLE filler AS SELECT i, repeat('x', 900) FROM generate_series(1, 30000) i");
        var before = "";
        await Eventually.SeesAsync(
            async () =>
            {
                await Task.Delay(300);
                var sent = await primary.SqlAsync($"SELECT sent_lsn FROM pg_stat_replication WHERE pid = {sender} AND sent_lsn < pg_current_wal_flush_lsn()");
                var full = sent is { Length: > 0 } && sent == before;
                before = sent;
                return full;
            },
            full => full,
            "its sockets are full");
        return sender;
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

    private async Task<TestServer> WaitingForNobodyAsync()
    {
        var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("CREATE TABLE t(i int)");
        await primary.ReloadAsync(("synchronous_standby_names", Nobody));
        await primary.Server.CheckpointAsync(TestServer.Soon);
        return primary;
    }

    /// <summary>The setting is in effect everywhere.</summary>
    /// <returns>The walsenders by the names of their standbys.</returns>
    private static async Task<Dictionary<string, int>> SynchronousAsync(TestServer primary, string names)
    {
        await primary.SqlAsync("CREATE TABLE t(i int)");
        await primary.ReloadAsync(("synchronous_standby_names", names));
        await primary.Server.CheckpointAsync(TestServer.Soon);
        await primary.SqlAsync("INSERT INTO t VALUES (0)");
        return (await primary.AnswersAsync()).Senders.ToDictionary(s => s.ApplicationName, s => s.Pid);
    }

    /// <summary>Puts a setting into the file, and has these processes read it and no other.</summary>
    private static async Task ReadByAsync(TestServer primary, string names, params int[] processes)
    {
        primary.Set("synchronous_standby_names", names);
        await primary.ConfigureAsync();
        foreach (var pid in processes) Libc.Kill(pid, Libc.SigHup);
    }
}
