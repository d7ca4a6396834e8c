using System.Diagnostics;
using System.Globalization;
using Tandem.Postgres;
using Tandem.Postgres.Processes;
using Tandem.Tests.Postgres.Support;
using Tandem.Tests.Support;

namespace Tandem.Tests.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class ServerProcessTests(PostgresTemplate template)
{
    [Fact]
    public async Task A_primary_starts_answers_and_stops_in_order()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        var status = await primary.AnswersAsync();
        Assert.False(status.InRecovery);
        Assert.Equal(1u, status.Timeline.Value);
        var ended = 0;
        primary.Server.Exited += () => Interlocked.Increment(ref ended);

        await primary.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);

        Assert.Equal(new ServerProcess(false, null, ServerMode.ReadWrite, 0, true), primary.Server.Process);
        Assert.Equal(1, ended);
        Assert.True((await primary.Server.ReadControlDataAsync(TestServer.Soon)).CleanShutdown);
        Assert.Null(await primary.Server.QueryStatusAsync(TimeSpan.FromSeconds(1), TestServer.Soon));
    }

    [Fact, Requirement("E6")]
    public async Task KillNow_leaves_no_process_although_clients_are_busy()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        var clients = new List<Task>();
        for (var i = 0; i < 5; i++) clients.Add(primary.SqlAsync("SELECT pg_sleep(60)"));
        await Eventually.SeesAsync(() => primary.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"), n => n == "5", "five clients sleep");

        var watch = Stopwatch.StartNew();
        var guard = new Thread(primary.Server.KillNow);
        guard.Start();
        Assert.True(guard.Join(TimeSpan.FromSeconds(10)));

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(8), $"took {watch.Elapsed}");
        Assert.False(primary.Server.Process.Running);
        Assert.Empty(new ServerProcesses(primary.Data).List());
        await Eventually.SeesAsync(() => Task.FromResult(primary.Server.Process.ExitCode), code => code == -9, "the signal is told");
        foreach (var client in clients) await Assert.ThrowsAnyAsync<Exception>(() => client);
        Assert.Equal("in production", (await primary.Server.ReadControlDataAsync(TestServer.Soon)).State);
    }

    [Fact]
    public async Task A_server_whose_postmaster_was_killed_is_not_gone_before_its_children_are()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        var client = await primary.ClientAsync();
        var backend = int.Parse((await new Npgsql.NpgsqlCommand("SELECT pg_backend_pid()", client).ExecuteScalarAsync())!.ToString()!, CultureInfo.InvariantCulture);
        // A stopped process cannot notice that the postmaster died.
        Assert.Equal(0, Signal(backend, "STOP"));
        Signal(primary.Server.Process.Pid!.Value, "KILL");
        await Eventually.SeesAsync(() => Task.FromResult(primary.Server.Process.Pid), pid => pid is null, "the postmaster is dead");

        Assert.True(primary.Server.Process.Running);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => primary.Server.StartAsync(ServerMode.ReadWrite, TestServer.Soon));
        Assert.Equal("ServerRunning", refused.Reason);
        Assert.Contains(backend.ToString(CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);

        await primary.Server.StopAsync(StopMode.Kill, TimeSpan.Zero, TestServer.Soon);
        Assert.False(primary.Server.Process.Running);
        await primary.StartAsync(ServerMode.ReadWrite);
    }

    [Fact]
    public async Task Stopping_takes_the_harder_way_at_its_deadline()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        var backend = int.Parse((await (await Client(primary)).ExecuteScalarAsync())!.ToString()!, CultureInfo.InvariantCulture);
        Signal(backend, "STOP");
        var watch = Stopwatch.StartNew();
        await primary.Server.StopAsync(StopMode.Fast, TimeSpan.FromMilliseconds(300), TestServer.Soon);
        Assert.False(primary.Server.Process.Running);
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_stale_lock_file_naming_a_living_pid_does_not_keep_the_server_down()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.Server.StopAsync(StopMode.Kill, TimeSpan.Zero, TestServer.Soon);
        await File.WriteAllTextAsync(Path.Combine(primary.Data, "postmaster.pid"), $"{Environment.ProcessId}\n{primary.Data}\n0\n{primary.Port}\n\n\n0 0\n");
        await ServerUser.OwnAsync(Path.Combine(primary.Data, "postmaster.pid"));
        await primary.StartAsync(ServerMode.ReadWrite);
    }

    [Fact]
    public async Task A_shell_in_the_data_directory_is_not_the_server()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        using var shell = System.Diagnostics.Process.Start(new ProcessStartInfo("sleep", "60") { WorkingDirectory = primary.Data })!;
        try
        {
            await primary.Server.StopAsync(StopMode.Kill, TimeSpan.Zero, TestServer.Soon);
            Assert.False(primary.Server.Process.Running);
            Assert.False(shell.HasExited);
        }
        finally
        {
            shell.Kill();
        }
    }

    [Fact]
    public async Task What_the_server_starts_itself_counts_as_the_server()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("archive_mode", "on"), ("archive_command", "exec sleep 60"));
        await primary.SqlAsync("SELECT pg_switch_wal()");
        await primary.SqlAsync("CREATE TABLE t(i int)");
        await primary.SqlAsync("SELECT pg_switch_wal()");
        var found = new ServerProcesses(primary.Data);
        var sleeper = await Eventually.SeesAsync(() => Task.FromResult(found.List().FirstOrDefault(p => ServerProcesses.Title(p) == "sleep 60")), p => p > 0, "the archive command runs");
        primary.Server.KillNow();
        await Eventually.SeesAsync(() => Task.FromResult(ProcessStat.Read(sleeper)?.State ?? 'Z'), s => s == 'Z', "the archive command is dead");
    }

    [Fact]
    public async Task A_server_that_cannot_start_says_so_by_its_exit()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);
        primary.Set("shared_preload_libraries", "no_such_library"); // a right value until it is tried
        await primary.ConfigureAsync();
        await primary.Server.StartAsync(ServerMode.ReadWrite, TestServer.Soon);
        var process = await Eventually.SeesAsync(() => Task.FromResult(primary.Server.Process), p => !p.Running, "it ends");
        await Eventually.SeesAsync(() => Task.FromResult(primary.Server.Process.ExitCode), c => c == 1, "exit code 1");
        Assert.False(process.StopRequested);
        Assert.Contains(primary.Lines, l => l.Contains("no_such_library", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_refuses_a_folder_without_data()
    {
        await using var empty = await TestServer.EmptyAsync();
        Assert.False(empty.Server.HasData);
        Assert.Equal("NoData", (await Assert.ThrowsAsync<PostgresException>(() => empty.Server.StartAsync(ServerMode.ReadWrite, TestServer.Soon))).Reason);
    }

    [Fact]
    public async Task A_hung_server_is_an_unanswered_status_within_the_time_given()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.AnswersAsync();
        var all = new ServerProcesses(primary.Data).List();
        foreach (var pid in all) Signal(pid, "STOP");
        try
        {
            for (var i = 0; i < 3; i++)
            {
                var watch = Stopwatch.StartNew();
                Assert.Null(await primary.Server.QueryStatusAsync(TimeSpan.FromMilliseconds(200), TestServer.Soon));
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(4), $"took {watch.Elapsed}");
            }
        }
        finally
        {
            foreach (var pid in all) Signal(pid, "CONT");
        }

        await primary.AnswersAsync();
    }

    [Fact]
    public void The_exit_code_of_a_signal_is_its_negative()
    {
        Assert.Equal(-9, ChildProcess.ExitCode(9));
        Assert.Equal(3, ChildProcess.ExitCode(3 << 8));
    }

    [Fact]
    public async Task A_child_has_default_signals_its_own_session_and_its_output_read()
    {
        var lines = new List<string>();
        var child = ChildProcess.Start(["sh", "-c", "grep -E 'SigIgn|SigBlk' /proc/self/status; ps -o sid= -p $$ || true; echo $$; kill -TERM $$"], new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" }, lines.Add);
        Assert.Equal(-15, await child.ExitAndOutputAsync().WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Contains("SigBlk:\t0000000000000000", lines);
        // glibc keeps signals 32 and 33 for itself.
        var ignored = ulong.Parse(lines.Single(l => l.StartsWith("SigIgn:", StringComparison.Ordinal))[8..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Assert.Equal(0UL, ignored & ~0x1_8000_0000UL);
        Assert.Contains(child.Pid.ToString(CultureInfo.InvariantCulture), lines.Select(l => l.Trim()));
        Assert.False(child.Signal(Libc.SigTerm));
    }

    [Fact]
    public async Task Orphans_are_reaped_and_nobodys_children_are_stolen()
    {
        using var reaper = new OrphanReaper(TimeProvider.System, TimeSpan.FromMilliseconds(100));
        // The shell ends at once; its background child has no parent then but us, and is a zombie when it ends.
        var parent = ChildProcess.Start(["sh", "-c", "sleep 0.3 & echo $!"], new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" }, _ => { });
        await parent.Exit.WaitAsync(TimeSpan.FromSeconds(10));
        await Eventually.SeesAsync(() => Task.FromResult(reaper.Reaped), n => n >= 1, "an orphan is reaped");
        var ours = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Shell.RunAsync(["sh", "-c", $"sleep 0.0{i % 10}; echo {i}"])));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}\n"), ours);
    }

    [Fact]
    public void The_boot_clock_runs_on_and_counts_nanoseconds()
    {
        var before = BootClock.Instance.GetTimestamp();
        Thread.Sleep(20);
        Assert.InRange(BootClock.Instance.GetElapsedTime(before), TimeSpan.FromMilliseconds(19), TimeSpan.FromSeconds(10));
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(BootClock.Instance.GetTimestamp() / 1e9, uptime - 5, uptime + 5);
    }

    private static async Task<Npgsql.NpgsqlCommand> Client(TestServer server) => new("SELECT pg_backend_pid()", await server.ClientAsync());

    private static int Signal(int pid, string name) => Libc.Kill(pid, name switch { "STOP" => 19, "CONT" => 18, "KILL" => 9, _ => throw new ArgumentException(name) });
}
