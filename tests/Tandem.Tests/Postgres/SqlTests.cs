using System.Diagnostics;
using Npgsql;
using Tandem.Postgres;
using Tandem.Postgres.Sql;
using Tandem.Resources.Values;
using Tandem.Tests.Postgres.Support;
using Tandem.Tests.Support;

namespace Tandem.Tests.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class SqlTests(PostgresTemplate template)
{
    private static readonly LineageRow Row = new(new PairEpoch(3, "east"), new Epoch(7), "orders-1/ab/cd", new TimelineId(1), new Lsn(0x5A01E38), "it's a test", DateTimeOffset.UnixEpoch);

    [Fact, Requirement("C4")]
    public async Task Nothing_of_ours_waits_for_a_standby_that_is_not_there()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("synchronous_standby_names", "ANY 1 (nobody_bears_this)"));
        await using var client = await primary.ClientAsync();
        var stuck = new NpgsqlCommand("CREATE TABLE t(i int)", client).ExecuteNonQueryAsync();
        await Eventually.SeesAsync(() => primary.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"), n => n == "1", "a client waits");

        var lineage = await primary.Server.WriteLineageAsync(Row, TestServer.Soon);
        var again = await primary.Server.WriteLineageAsync(Row with { Reason = "again" }, TestServer.Soon);
        Assert.True(again > lineage, "a repeated row is a record of its own");
        Assert.True(await primary.Server.ProbeWriteAsync(TestServer.Soon) > again);
        await primary.Server.EnsureRolesAsync(TestServer.Soon);
        await primary.Server.EnsureDatabaseAsync(new ApplicationDatabase("orders", "orders", "secret"), TestServer.Soon);
        await primary.Server.CheckpointAsync(TestServer.Soon);
        Assert.Equal("ANY 1 (nobody_bears_this)", (await primary.AnswersAsync()).SynchronousStandbyNames);
        Assert.Equal("again|3|east|7|0/5A01E38", await primary.SqlAsync("SELECT concat_ws('|', reason, pair_number, pair_site, epoch, switch_point) FROM tandem.lineage"));
        Assert.False(stuck.IsCompleted);
        primary.Server.KillNow();
        await Assert.ThrowsAnyAsync<Exception>(() => stuck);
    }

    [Fact]
    public async Task A_log_tells_whose_it_is()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        Assert.Empty(await primary.Server.ReadLineageAsync(TestServer.Soon));
        var later = Row with { PairEpoch = null, Timeline = new TimelineId(2), At = Row.At.AddHours(1) };
        foreach (var row in new[] { later, Row }) await primary.Server.WriteLineageAsync(row, TestServer.Soon);
        Assert.Equal([Row, later], await primary.Server.ReadLineageAsync(TestServer.Soon));
    }

    [Fact]
    public async Task The_other_site_may_read_the_lineage_even_where_roles_are_made_beside_it()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pg_catalog FROM tandem_rewind");
        foreach (var role in new[] { "tandem_rewind", "tandem_replication" }) await primary.SqlAsync($"DROP ROLE {role}");

        await Task.WhenAll(primary.Server.WriteLineageAsync(Row, TestServer.Soon), primary.Server.EnsureRolesAsync(TestServer.Soon));

        Assert.Equal("True", await primary.SqlAsync("SELECT has_schema_privilege('tandem_rewind', 'tandem', 'USAGE') AND has_table_privilege('tandem_rewind', 'tandem.lineage', 'SELECT')"));
    }

    [Fact]
    public async Task The_lineages_position_is_behind_its_record_and_flushed()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        var before = Lsn.Parse((await primary.SqlAsync("SELECT pg_current_wal_insert_lsn()"))!);
        var written = await primary.Server.WriteLineageAsync(Row with { PairEpoch = null }, TestServer.Soon);
        primary.Server.KillNow();
        var end = await primary.Server.SealWalAsync(null, TestServer.Soon);
        Assert.True(before < written && written <= end.End, $"{before} < {written} <= {end.End}");
    }

    [Fact, Requirement("B18")]
    public async Task The_application_gets_in_by_its_password_and_no_log_has_it()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("log_statement", "all"), ("log_min_duration_statement", "0"));
        const string first = "correct-horse-1", second = "it's \\ another ünicode";
        await primary.Server.EnsureDatabaseAsync(new ApplicationDatabase("orders", "order's \"owner\"", first), TestServer.Soon);
        await LogsInAsync(primary, first);
        var stored = await primary.SqlAsync("SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'order%'");
        await primary.Server.EnsureDatabaseAsync(new ApplicationDatabase("orders", "order's \"owner\"", first), TestServer.Soon);
        Assert.Equal(stored, await primary.SqlAsync("SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'order%'"));
        await primary.Server.EnsureDatabaseAsync(new ApplicationDatabase("orders", "order's \"owner\"", second), TestServer.Soon);
        await LogsInAsync(primary, second);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => LogsInAsync(primary, first));
        Assert.DoesNotContain(primary.Lines, l => l.Contains(first, StringComparison.Ordinal) || l.Contains("another", StringComparison.Ordinal) || l.Contains("SCRAM-SHA-256$", StringComparison.Ordinal));
        Assert.True(ScramVerifier.Matches(stored!, first));
        Assert.False(ScramVerifier.Matches(stored!, second));
    }

    [Theory]
    [InlineData("postgres", "app")]
    [InlineData("template1", "app")]
    [InlineData("app", "postgres")]
    [InlineData("app", "tandem_replication")]
    [InlineData("app", "pg_monitor")]
    [InlineData("", "app")]
    public async Task Names_of_the_system_are_refused(string database, string owner)
    {
        await using var server = await TestServer.EmptyAsync();
        var refused = await Record.ExceptionAsync(() => ApplicationDatabases.EnsureAsync(null!, new ApplicationDatabase(database, owner, "x"), TestServer.Soon));
        Assert.Contains(Assert.IsType<Tandem.Postgres.PostgresException>(refused).Reason, new[] { "OwnerRefused", "DatabaseRefused" });
    }

    [Fact, Requirement("C8", "B35")]
    public async Task Dropping_a_slot_ends_its_walsender_and_leaves_others_alone()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("wal_level", "logical"));
        await using var standby = await primary.StandbyAsync("standby_1");
        await primary.SqlAsync("SELECT pg_create_logical_replication_slot('users_own', 'test_decoding')");
        await primary.Server.DropSlotAsync("standby_1", TestServer.Soon);
        await primary.Server.DropSlotAsync("standby_1", TestServer.Soon);
        Assert.Equal(["users_own"], (await primary.AnswersAsync()).Slots);
        Assert.Equal("SqlFailed", (await Assert.ThrowsAsync<Tandem.Postgres.PostgresException>(() => primary.Server.EnsureSlotAsync("users_own", TestServer.Soon))).Reason);
    }

    [Fact]
    public async Task Only_walsenders_are_ended_never_a_client()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        await using var client = await primary.ClientAsync();
        var pid = (int)(await new NpgsqlCommand("SELECT pg_backend_pid()", client).ExecuteScalarAsync())!;
        var sender = (await primary.AnswersAsync()).Senders[0].Pid;
        await primary.Server.TerminateWalSendersAsync([sender, pid, 999999], TestServer.Soon);
        Assert.Equal("0", await primary.SqlAsync($"SELECT count(*) FROM pg_stat_activity WHERE pid = {sender}"));
        Assert.Equal(pid, (int)(await new NpgsqlCommand("SELECT pg_backend_pid()", client).ExecuteScalarAsync())!);
        Assert.True((await primary.AnswersAsync()).ClientBackends >= 1);
    }

    [Fact]
    public async Task A_users_functions_and_defaults_do_not_come_between()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'");
        await using (var client = await primary.ClientAsync())
        {
            foreach (var setting in new[] { "search_path = public, pg_catalog", "synchronous_commit = remote_apply", "default_transaction_read_only = on", "statement_timeout = 1" })
                await new NpgsqlCommand($"ALTER ROLE postgres SET {setting}", client).ExecuteNonQueryAsync();
        }

        await primary.ReloadAsync(("synchronous_standby_names", "nobody"));
        Assert.False((await primary.AnswersAsync()).InRecovery);
        await primary.Server.WriteLineageAsync(Row, TestServer.Soon);
        Assert.Equal("local", await primary.Server.ShowAsync("synchronous_commit", TestServer.Soon));
    }

    [Fact]
    public async Task Parameters_that_wait_for_a_restart_are_named()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        Assert.Empty(await primary.Server.PendingRestartAsync(TestServer.Soon));
        primary.Set("max_connections", "41");
        Assert.True(await primary.ConfigureAsync());
        Assert.False(await primary.ConfigureAsync());
        primary.Server.Reload();
        var pending = await Eventually.SeesAsync(() => primary.Server.PendingRestartAsync(TestServer.Soon), p => p.Count > 0, "pending");
        Assert.Equal(["max_connections"], pending);
    }

    [Fact]
    public async Task A_status_costs_one_round_trip_on_one_session()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.AnswersAsync();
        await primary.AnswersAsync();
        Assert.Equal("1", await primary.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tandem'"));
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++) await primary.AnswersAsync();
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"twenty took {watch.Elapsed}");
        // A session that was ended is opened anew, not missed for ever.
        await primary.SqlAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tandem'");
        await primary.AnswersAsync();
    }

    [Fact]
    public async Task A_probe_that_hangs_does_not_hold_up_the_status()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.Server.ProbeWriteAsync(TestServer.Soon);
        await using var client = await primary.ClientAsync();
        var prober = (int)(await new NpgsqlCommand("SELECT pid FROM pg_stat_activity WHERE application_name = 'tandem' ORDER BY backend_start DESC LIMIT 1", client).ExecuteScalarAsync())!;
        Tandem.Postgres.Processes.Libc.Kill(prober, 19);
        try
        {
            using var shortly = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            var probe = primary.Server.ProbeWriteAsync(shortly.Token);
            Assert.NotNull(await primary.Server.QueryStatusAsync(TimeSpan.FromSeconds(2), TestServer.Soon));
            var watch = Stopwatch.StartNew();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probe);
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(4), $"took {watch.Elapsed}");
        }
        finally
        {
            Tandem.Postgres.Processes.Libc.Kill(prober, 18);
        }

        await primary.Server.ProbeWriteAsync(TestServer.Soon);
    }

    [Fact]
    public async Task Roles_are_made_once_without_password_and_put_right()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("ALTER ROLE tandem_replication NOREPLICATION PASSWORD 'x'");
        var before = await primary.SqlAsync("SELECT pg_current_wal_insert_lsn()");
        await primary.Server.EnsureRolesAsync(TestServer.Soon);
        Assert.Equal("t|t|t", await primary.SqlAsync("SELECT concat_ws('|', left(rolcanlogin::text, 1), left(rolreplication::text, 1), left((rolpassword IS NULL)::text, 1)) FROM pg_authid WHERE rolname = 'tandem_replication'"));
        Assert.NotEqual(before, await primary.SqlAsync("SELECT pg_current_wal_insert_lsn()"));
        var xid = await primary.SqlAsync("SELECT xmin::text FROM pg_authid WHERE rolname = 'tandem_rewind'");
        await primary.Server.EnsureRolesAsync(TestServer.Soon);
        Assert.Equal(xid, await primary.SqlAsync("SELECT xmin::text FROM pg_authid WHERE rolname = 'tandem_rewind'"));
    }

    private static async Task LogsInAsync(TestServer server, string password)
    {
        var builder = new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = server.Port, Username = "order's \"owner\"", Password = password, Database = "orders", Pooling = false, SslMode = SslMode.Disable };
        await using var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync();
        await new NpgsqlCommand("CREATE TABLE IF NOT EXISTS mine(i int)", connection).ExecuteNonQueryAsync();
    }
}
