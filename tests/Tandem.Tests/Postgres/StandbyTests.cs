using System.Diagnostics;
using Tandem.Postgres;
using Tandem.Postgres.Processes;
using Tandem.Resources.Values;
using Tandem.Tests.Postgres.Support;
using Tandem.Tests.Support;

namespace Tandem.Tests.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class StandbyTests(PostgresTemplate template)
{
    [Fact, Requirement("B26", "A9")]
    public async Task A_clone_streams_through_its_slot_with_its_name_and_tells_progress()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await TestServer.EmptyAsync(primary.Certificates, "standby_1");
        await primary.Server.EnsureSlotAsync("standby_1", TestServer.Soon);
        await primary.Server.EnsureSlotAsync("standby_1", TestServer.Soon);
        standby.Source = await primary.SourceAsync("standby_1");
        var progress = new List<TransferProgress>();
        await standby.Server.CloneAsync(standby.Source, "standby_1", new Listed(progress), TestServer.Soon);
        Assert.True(standby.Server.HasData);
        Assert.NotEmpty(progress);
        Assert.True(progress[^1].Bytes > 10_000_000 && progress[^1].Total > 10_000_000, $"{progress[^1]}");
        Assert.False(File.Exists(Path.Combine(standby.Data, "postgresql.conf")));

        await standby.ConfigureAsync();
        await standby.StartAsync(ServerMode.Standby);
        var seen = await standby.StreamingAsync();
        Assert.True(seen!.InRecovery);
        Assert.Equal(1u, seen.Receiver!.ReceivedTimeline.Value);
        Assert.Equal("127.0.0.1", seen.Receiver.SenderHost);
        var status = await primary.AnswersAsync();
        var sender = Assert.Single(status.Senders);
        Assert.Equal(("standby_1", "streaming", "standby_1", "async"), (sender.ApplicationName, sender.State, sender.Slot, sender.SyncState));
        Assert.Contains("standby_1", status.Slots);

        var probe = await primary.Server.ProbeWriteAsync(TestServer.Soon);
        await Eventually.SeesAsync(() => standby.Server.QueryStatusAsync(TimeSpan.FromSeconds(1), TestServer.Soon), s => s!.Replayed >= probe, "the probe is replayed");
        var primarys = await primary.Server.ReadControlDataAsync(TestServer.Soon);
        var standbys = await standby.Server.ReadControlDataAsync(TestServer.Soon);
        Assert.Equal(primarys.SystemIdentifier, standbys.SystemIdentifier);
        Assert.Equal("in archive recovery", standbys.State);
        Assert.True(standbys.DataChecksums);
    }

    [Fact]
    public async Task A_standby_with_less_than_its_primary_had_is_raised_to_that_and_starts()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("max_connections", "60"), ("max_worker_processes", "12"));
        await using var standby = await primary.StandbyAsync("standby"); // configured with 40, and with nothing said of workers
        Assert.Equal("60", await standby.Server.ShowAsync("max_connections", TestServer.Soon));
        Assert.Equal("12", await standby.Server.ShowAsync("max_worker_processes", TestServer.Soon));
        Assert.Empty(await standby.Server.PendingRestartAsync(TestServer.Soon));
    }

    [Fact]
    public async Task A_clone_that_fails_leaves_nothing_and_says_why()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await TestServer.EmptyAsync(primary.Certificates, "standby_1");
        var source = await primary.SourceAsync("standby_1");
        var failed = await Assert.ThrowsAsync<PostgresException>(() => standby.Server.CloneAsync(source, "no_such_slot", new Progress<TransferProgress>(), TestServer.Soon));
        Assert.Equal("CloneFailed", failed.Reason);
        Assert.Contains("no_such_slot", failed.Message, StringComparison.Ordinal);
        Assert.False(standby.Server.HasData);
        Assert.Empty(Directory.EnumerateFileSystemEntries(standby.Data));
        await standby.Server.CloneAsync(source, null, new Progress<TransferProgress>(), TestServer.Soon);
        Assert.True(standby.Server.HasData);
        Assert.Equal("DataDirectoryNotEmpty", (await Assert.ThrowsAsync<PostgresException>(() => standby.Server.CloneAsync(source, null, new Progress<TransferProgress>(), TestServer.Soon))).Reason);
    }

    [Fact]
    public async Task A_clone_that_is_cancelled_leaves_nothing_and_no_process()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("wal_sender_timeout", "60s"));
        await primary.SqlAsync("CREATE TABLE t AS SELECT i, repeat('x', 900) AS x FROM generate_series(1, 60000) i");
        await using var standby = await TestServer.EmptyAsync(primary.Certificates, "standby_1");
        using var cancel = new CancellationTokenSource();
        var source = await primary.SourceAsync("standby_1");
        var clone = standby.Server.CloneAsync(source, null, new Progress<TransferProgress>(), cancel.Token);
        await Eventually.SeesAsync(() => Task.FromResult(File.Exists(Path.Combine(standby.Data, "PG_VERSION")) || clone.IsCompleted), f => f, "files arrive");
        Assert.False(standby.Server.HasData);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => clone);
        Assert.False(standby.Server.HasData);
        Assert.Empty(Directory.EnumerateFileSystemEntries(standby.Data));
    }

    [Fact]
    public async Task Half_a_copy_that_a_crash_left_is_not_data()
    {
        await using var server = await TestServer.EmptyAsync();
        Directory.CreateDirectory(server.Data);
        Directory.CreateDirectory(server.Options.SalvageDirectory);
        await File.WriteAllTextAsync(Path.Combine(server.Options.SalvageDirectory, "copying"), "incomplete\n");
        await File.WriteAllTextAsync(Path.Combine(server.Data, "PG_VERSION"), "15\n");
        await ServerUser.OwnAsync(Path.GetDirectoryName(server.Data)!);
        Assert.False(server.Server.HasData);
        await server.Server.InitializeAsync(TestServer.Soon);
        Assert.True(server.Server.HasData);
        var control = await server.Server.ReadControlDataAsync(TestServer.Soon);
        Assert.True(control.DataChecksums && control.CleanShutdown);
        Assert.Equal(16 * 1024 * 1024, control.WalSegmentSize);
        await server.Server.WipeAsync(TestServer.Soon);
        Assert.False(server.Server.HasData);
        Assert.Empty(Directory.EnumerateFileSystemEntries(server.Data));
    }

    [Fact]
    public async Task Promotion_is_fast_and_makes_a_new_timeline()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        await primary.SqlAsync("CREATE TABLE t AS SELECT generate_series(1, 1000) AS i");
        primary.Server.KillNow();
        var watch = Stopwatch.StartNew();
        await standby.Server.PromoteAsync(null, TestServer.Soon);
        var took = watch.Elapsed;
        await standby.SqlAsync("CREATE TABLE u(i int)");
        var status = await standby.AnswersAsync();
        Assert.False(status.InRecovery);
        Assert.Equal(2u, status.Timeline.Value);
        Assert.Equal(ServerMode.ReadWrite, standby.Server.Process.Mode);
        Assert.False(File.Exists(Path.Combine(standby.Data, "standby.signal")));
        Assert.True(took < TimeSpan.FromSeconds(5), $"took {took}");
        await standby.Server.PromoteAsync(null, TestServer.Soon);
    }

    [Fact]
    public async Task A_receiver_that_waits_for_an_answer_is_seen_and_can_be_begun_anew()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        // Connects, and never hears a word.
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var there = standby.Source!;
        async Task PointAsync(ReplicationSource source)
        {
            standby.Source = source;
            await standby.ConfigureAsync();
            standby.Server.Reload();
        }

        await PointAsync(there with { Host = "127.0.0.1", Port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port });
        await Eventually.SeesAsync(() => standby.Server.QueryStatusAsync(TimeSpan.FromSeconds(5), TestServer.Soon), s => s is { Receiver: null } && s.Connecting?.For > TimeSpan.FromSeconds(1), "a receiver that connects for 1 s");
        var stuck = (await standby.AnswersAsync()).Connecting!.Pid;
        standby.Server.EndReceiver(stuck);
        await Eventually.SeesAsync(() => standby.Server.QueryStatusAsync(TimeSpan.FromSeconds(5), TestServer.Soon), s => s?.Connecting is { } another && another.Pid != stuck, "another one");
        await PointAsync(there);
        await Eventually.SeesAsync(() => standby.Server.QueryStatusAsync(TimeSpan.FromSeconds(5), TestServer.Soon), s => s is { Receiver.Status: "streaming", Connecting: null }, "streaming");
        // Nothing else is ended by it.
        standby.Server.EndReceiver(Environment.ProcessId);
        standby.Server.EndReceiver(standby.Server.Process.Pid!.Value);
        Assert.Equal("streaming", (await standby.AnswersAsync()).Receiver?.Status);
    }

    [Fact, Requirement("E10")]
    public async Task A_starved_standby_has_no_receiver_gets_nothing_more_and_can_be_sealed_and_fed_again()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        await primary.SqlAsync("CREATE TABLE t(i int)");
        var credential = standby.Source!.Tls.Credential;
        var writing = true;
        var writer = Task.Run(async () => { while (Volatile.Read(ref writing)) await primary.SqlAsync("INSERT INTO t SELECT generate_series(1, 100)"); });

        var watch = Stopwatch.StartNew();
        Assert.True(await standby.Server.StarveAsync(TimeSpan.FromSeconds(5), TestServer.Soon));
        var took = watch.Elapsed;
        Assert.False(File.Exists(credential));
        Assert.DoesNotContain(new ServerProcesses(standby.Data).List(), p => WalReceivers.IsReceiver(ServerProcesses.Title(p)));
        var sealedAt = await standby.Server.SealWalAsync(null, TestServer.Soon);
        var received = await standby.SqlAsync("SELECT pg_last_wal_receive_lsn()");
        for (var i = 0; i < 30; i++)
        {
            await Task.Delay(10);
            Assert.Null((await standby.AnswersAsync()).Receiver);
        }

        Assert.Equal(received, await standby.SqlAsync("SELECT pg_last_wal_receive_lsn()"));
        Assert.Equal(sealedAt, await standby.Server.SealWalAsync(sealedAt, TestServer.Soon));
        Assert.Equal("", await standby.Server.ShowAsync("primary_conninfo", TestServer.Soon));
        Assert.True(await standby.Server.StarveAsync(TimeSpan.FromSeconds(5), TestServer.Soon));
        Volatile.Write(ref writing, false);
        await writer;
        Assert.True(took < TimeSpan.FromSeconds(5), $"took {took}");

        standby.Source = await primary.SourceAsync("standby_1");
        await standby.ConfigureAsync();
        standby.Server.Reload();
        await standby.StreamingAsync();
    }

    [Fact]
    public async Task A_receiver_that_does_not_die_is_told_within_the_limit()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        var receiver = (await standby.AnswersAsync()).Receiver!.Pid;
        Assert.Equal(0, Libc.Kill(receiver, 19));
        Assert.False(await standby.Server.StarveAsync(TimeSpan.FromMilliseconds(300), TestServer.Soon));
        standby.Server.KillNow();
        Assert.False(standby.Server.Process.Running);
    }

    [Fact]
    public async Task A_server_that_is_down_is_starved_by_its_files()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1", start: false);
        Assert.True(await standby.Server.StarveAsync(TimeSpan.FromSeconds(5), TestServer.Soon));
        Assert.False(File.Exists(standby.Source!.Tls.Credential));
        await standby.Server.StartAsync(ServerMode.Standby, TestServer.Soon);
        await standby.AnswersAsync();
        Assert.Equal("", await standby.Server.ShowAsync("primary_slot_name", TestServer.Soon));
    }

    [Fact, Requirement("C8", "E20", "B40")]
    public async Task A_diverged_primary_that_was_killed_is_rewound_and_its_own_log_is_kept()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        await primary.SqlAsync("CREATE TABLE t AS SELECT 1 AS i");
        await CaughtUpAsync(primary, standby);
        Assert.True(await standby.Server.StarveAsync(TimeSpan.FromSeconds(5), TestServer.Soon));
        await primary.SqlAsync("INSERT INTO t VALUES (666)");
        await primary.SqlAsync("SELECT pg_switch_wal()");
        await primary.SqlAsync("INSERT INTO t VALUES (667)");
        primary.Server.KillNow();
        await standby.Server.PromoteAsync(null, TestServer.Soon);
        await standby.SqlAsync("INSERT INTO t VALUES (2)");
        await standby.Server.CheckpointAsync(TestServer.Soon);
        await standby.Server.EnsureRolesAsync(TestServer.Soon);
        await standby.Server.EnsureSlotAsync("primary", TestServer.Soon);
        primary.Set("work_mem", "5MB");
        await primary.ConfigureAsync();

        var progress = new List<TransferProgress>();
        await primary.Server.RewindAsync(await standby.SourceAsync("primary", "tandem_rewind"), 100 << 20, null, null, (_, _) => { }, new Listed(progress), TestServer.Soon);

        var kept = Assert.Single(Directory.EnumerateDirectories(primary.Options.SalvageDirectory, "wal-*"));
        Assert.True(Directory.EnumerateFiles(kept, "00000001*").Count() >= 2);
        Assert.NotEmpty(progress);
        primary.Source = await standby.SourceAsync("primary");
        await primary.ConfigureAsync();
        await primary.StartAsync(ServerMode.Standby);
        await primary.StreamingAsync();
        Assert.Equal("5MB", await primary.Server.ShowAsync("work_mem", TestServer.Soon));
        await CaughtUpAsync(standby, primary);
        Assert.Equal("1,2", await primary.SqlAsync("SELECT string_agg(i::text, ',' ORDER BY i) FROM t"));
        Assert.Empty((await primary.AnswersAsync()).Slots);
        var end = await primary.Server.SealWalAsync(null, TestServer.Soon);
        Assert.Equal(2u, end.Timeline.Value);
    }

    [Fact, Requirement("C8")]
    public async Task A_diverged_standby_that_was_killed_is_rewound_too()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var winner = await primary.StandbyAsync("standby_1");
        await using var ahead = await primary.StandbyAsync("standby_2");
        await primary.SqlAsync("CREATE TABLE t AS SELECT 1 AS i");
        await CaughtUpAsync(primary, winner);
        Assert.True(await winner.Server.StarveAsync(TimeSpan.FromSeconds(5), TestServer.Soon));
        await primary.SqlAsync("INSERT INTO t VALUES (666)");
        await CaughtUpAsync(primary, ahead);
        primary.Server.KillNow();
        ahead.Server.KillNow();
        await winner.Server.PromoteAsync(null, TestServer.Soon);
        await winner.Server.EnsureSlotAsync("standby_2", TestServer.Soon);
        await winner.Server.CheckpointAsync(TestServer.Soon);

        await ahead.Server.RewindAsync(await winner.SourceAsync("standby_2", "tandem_rewind"), 100 << 20, null, null, (_, _) => { }, new Progress<TransferProgress>(), TestServer.Soon);

        ahead.Source = await winner.SourceAsync("standby_2");
        await ahead.ConfigureAsync();
        await ahead.StartAsync(ServerMode.Standby);
        await ahead.StreamingAsync();
        await winner.SqlAsync("INSERT INTO t VALUES (2)");
        await Eventually.SeesAsync(() => ahead.SqlAsync("SELECT string_agg(i::text, ',' ORDER BY i) FROM t"), rows => rows == "1,2", "the winner's rows and no other");
    }

    [Fact]
    public async Task A_rewind_against_the_own_timeline_is_refused_after_a_crash_and_needless_after_an_orderly_stop()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        var source = await primary.SourceAsync("standby_1", "tandem_rewind");
        await standby.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);
        await standby.Server.RewindAsync(source, 100 << 20, null, null, (step, _) => Assert.NotEqual(RewindStep.Overwriting, step), new Progress<TransferProgress>(), TestServer.Soon);
        // After one that was not finished nothing is needless: half of the blocks may be those of another source.
        var half = await Assert.ThrowsAsync<PostgresException>(() =>
            standby.Server.RewindAsync(source, 100 << 20, null, new UnfinishedRewind(null), (step, _) => Assert.NotEqual(RewindStep.Overwriting, step), new Progress<TransferProgress>(), TestServer.Soon));
        Assert.Equal("RewindNotPossible", half.Reason);
        await standby.StartAsync(ServerMode.Standby);
        await standby.StreamingAsync();
        standby.Server.KillNow();
        var refused = await Assert.ThrowsAsync<PostgresException>(() => standby.Server.RewindAsync(source, 100 << 20, null, null, (step, _) => Assert.NotEqual(RewindStep.Overwriting, step), new Progress<TransferProgress>(), TestServer.Soon));
        Assert.Equal("RewindNotPossible", refused.Reason);
    }

    [Fact]
    public async Task Salvage_stays_below_its_limit_and_drops_the_oldest()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        var old = Path.Combine(primary.Options.SalvageDirectory, "wal-20200101T000000000-00000001-0000000001000000");
        Directory.CreateDirectory(old);
        await File.WriteAllBytesAsync(Path.Combine(old, "000000010000000000000001"), new byte[16 << 20]);
        await ServerUser.OwnAsync(primary.Options.SalvageDirectory);
        await CaughtUpAsync(primary, standby);
        await standby.Server.StarveAsync(TimeSpan.FromSeconds(5), TestServer.Soon);
        for (var i = 0; i < 3; i++)
        {
            await primary.SqlAsync($"CREATE TABLE lost_{i}(i int)");
            await primary.SqlAsync("SELECT pg_switch_wal()");
        }

        await primary.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);
        await standby.Server.PromoteAsync(null, TestServer.Soon);
        await standby.Server.CheckpointAsync(TestServer.Soon);
        var begun = false;
        await primary.Server.RewindAsync(await standby.SourceAsync("primary", "tandem_rewind"), 40 << 20, null, null, (step, _) => begun |= step == RewindStep.Overwriting, new Progress<TransferProgress>(), TestServer.Soon);
        Assert.True(begun);
        Assert.False(Directory.Exists(old));
        var kept = Assert.Single(Directory.EnumerateDirectories(primary.Options.SalvageDirectory, "wal-*"));
        Assert.Equal(2, Directory.EnumerateFiles(kept, "0000000?????????????????").Count());
    }

    [Fact]
    public async Task A_rewind_from_nowhere_fails_with_a_reason_and_keeps_the_settings()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        var source = await primary.SourceAsync("primary", "tandem_rewind");
        primary.Server.KillNow();
        var settings = await File.ReadAllTextAsync(Path.Combine(primary.Data, "postgresql.conf"));
        var failed = await Assert.ThrowsAsync<PostgresException>(() => primary.Server.RewindAsync(source, 1 << 30, null, null, (step, _) => Assert.NotEqual(RewindStep.Overwriting, step), new Progress<TransferProgress>(), TestServer.Soon));
        Assert.Equal("RewindFailed", failed.Reason);
        Assert.Equal(settings, await File.ReadAllTextAsync(Path.Combine(primary.Data, "postgresql.conf")));
        await primary.StartAsync(ServerMode.ReadWrite);
    }

    [Fact, Requirement("A10")]
    public async Task A_standby_follows_a_cascade_through_its_promotion()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var first = await primary.StandbyAsync("standby_1");
        await using var second = await first.StandbyAsync("standby_2");
        await primary.SqlAsync("CREATE TABLE t AS SELECT 1 AS i");
        await CaughtUpAsync(primary, second);
        primary.Server.KillNow();
        await first.Server.PromoteAsync(null, TestServer.Soon);
        await first.SqlAsync("INSERT INTO t VALUES (2)");
        await Eventually.SeesAsync(() => second.SqlAsync("SELECT count(*) FROM t"), n => n == "2", "the cascade goes on over the promotion");
        var status = await Eventually.SeesAsync(() => second.Server.QueryStatusAsync(TimeSpan.FromSeconds(1), TestServer.Soon), s => s?.Timeline.Value == 2, "timeline 2");
        Assert.True(status!.InRecovery);

        // Said of timeline 1, its log would end beyond the point where timeline 2 left it, and the rejoin rules would call it diverged.
        first.Server.KillNow();
        status = await Eventually.SeesAsync(() => second.Server.QueryStatusAsync(TimeSpan.FromSeconds(1), TestServer.Soon), s => s is { Receiver: null }, "the receiver is gone");
        Assert.Equal(2u, status!.Timeline.Value);
    }

    private static async Task CaughtUpAsync(TestServer from, TestServer to)
    {
        var at = (await from.AnswersAsync()).Flushed;
        await Eventually.SeesAsync(() => to.Server.QueryStatusAsync(TimeSpan.FromSeconds(1), TestServer.Soon), s => s?.Replayed >= at, $"{to.Name} has {at}");
    }

    private sealed class Listed(List<TransferProgress> list) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => list.Add(value);
    }
}
