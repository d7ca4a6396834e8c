using System.Globalization;
using Tandem.Postgres;
using Tandem.Postgres.Processes;
using Tandem.Tests.Postgres.Support;
using Tandem.Tests.Support;
using Xunit.Abstractions;

namespace Tandem.Tests.Postgres;

/// <summary>What the protocol says of PostgreSQL under the sign † about the first instants of a process, shown by holding it there. docs/postgres-facts.md tells the results.</summary>
[Collection(PostgresCollection.Name)]
public sealed class BirthFactTests(PostgresTemplate template, ITestOutputHelper output)
{
    private const string Names = "ANY 1 (nobody_bears_this)";

    [Fact, Requirement("E4")]
    public async Task Before_its_checkpointer_has_begun_a_server_lets_commits_wait_or_not_as_its_version_says()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("CREATE TABLE t(i int)");
        var version = int.Parse((await primary.SqlAsync("SHOW server_version_num"))!, CultureInfo.InvariantCulture);
        primary.Set("synchronous_standby_names", Names);
        await primary.ConfigureAsync();
        await primary.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);
        using var gate = await BirthGate.CloseAsync(primary);
        var checkpointer = await StartWithoutCheckpointerAsync(primary, gate);

        await using var first = await Commit.SessionAsync(primary);
        Assert.Equal(Names, await first.AskAsync("SHOW synchronous_standby_names"));
        first.Begin("INSERT INTO t VALUES (1)");
        var waits = await first.WaitsAsync();
        output.WriteLine($"{version}: checkpointer held at its birth, the session shows the setting, and its commit {(waits ? "waits" : "returned without any standby")}");
        Assert.Equal(WaitsFromTheFirstInstant(version), waits);

        // That nothing is published yet: a session that shows an empty setting is bound by nothing. (What the same session does once all is published comes last.)
        await primary.ReloadAsync(("synchronous_standby_names", ""));
        await using (var unbound = await Commit.OfAsync(primary, "INSERT INTO t VALUES (2)")) Assert.False(await unbound.WaitsAsync());
        if (waits) await first.KeepsWaitingAsync("nobody has released it");
        await primary.ReloadAsync(("synchronous_standby_names", Names));

        Libc.Kill(checkpointer, TestServer.SigCont);
        await primary.Server.CheckpointAsync(TestServer.Soon);
        Assert.Equal(checkpointer, primary.ProcessOf("checkpointer"));
        await using var bound = await Commit.OfAsync(primary, "INSERT INTO t VALUES (3)");
        await bound.KeepsWaitingAsync("a CHECKPOINT issued after the start is done");

        Libc.Kill(checkpointer, TestServer.SigStop);
        await primary.ReloadAsync(("synchronous_standby_names", ""));
        await using var published = await Commit.OfAsync(primary, "INSERT INTO t VALUES (4)");
        await published.KeepsWaitingAsync("what is published binds a session whatever it shows");
    }

    [Fact, Requirement("E4")]
    public async Task After_a_crash_nobody_gets_in_before_the_checkpointer_has_begun()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await primary.SqlAsync("CREATE TABLE t(i int)");
        primary.Set("synchronous_standby_names", Names);
        await primary.ConfigureAsync();
        primary.Server.KillNow();
        using var gate = await BirthGate.CloseAsync(primary);
        var checkpointer = await StartWithoutCheckpointerAsync(primary, gate, answers: false);

        // The recovery is over: what it waits for is its own checkpoint at the end, which only the checkpointer can make.
        await Eventually.SeesAsync(() => Task.FromResult(primary.Lines.Any(l => l.Contains("redo done", StringComparison.Ordinal) || l.Contains("redo is not required", StringComparison.Ordinal))), seen => seen, "the end of redo");
        for (var i = 0; i < 4; i++) Assert.Null(await primary.Server.QueryStatusAsync(TimeSpan.FromMilliseconds(300), TestServer.Soon));

        Libc.Kill(checkpointer, TestServer.SigCont);
        await primary.AnswersAsync();
        Assert.Equal(checkpointer, primary.ProcessOf("checkpointer"));
        await using var commit = await Commit.OfAsync(primary, "INSERT INTO t VALUES (1)");
        Assert.True(await commit.WaitsAsync());
    }

    [Fact, Requirement("E10")]
    public async Task A_receiver_that_is_being_born_while_its_standby_is_starved_is_seen_and_finds_no_key()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        await using var standby = await primary.StandbyAsync("standby_1");
        using var gate = await BirthGate.CloseAsync(standby);
        Libc.Kill(standby.ProcessOf("walreceiver"), Libc.SigTerm);
        var unborn = (await Eventually.SeesAsync(() => Task.FromResult(gate.Waiting()), w => w.Count > 0, "a child waits"))[0];
        // The startup process ordered it with the conninfo of before, and would take the order back when it reads the new one: it does not get to that.
        Libc.Kill(standby.ProcessOf("startup"), TestServer.SigStop);
        await primary.SqlAsync("CREATE TABLE t(i int)");
        await Eventually.SeesAsync(() => primary.AnswersAsync(), s => s.Senders.Count == 0, "the old walsender is gone");

        Assert.False(await standby.Server.StarveAsync(TimeSpan.FromSeconds(1), TestServer.Soon), "a process without a title may become a receiver");
        var received = (await standby.AnswersAsync()).Flushed;
        gate.Open();
        await Eventually.SeesAsync(() => Task.FromResult(standby.Lines.FirstOrDefault(l => l.Contains("could not connect to the primary server", StringComparison.Ordinal))), l => l is not null, "it fails to connect");
        await Eventually.SeesAsync(() => Task.FromResult(ProcessStat.Read(unborn)?.State), s => s is null or 'Z', "it is gone");

        Assert.True(await standby.Server.StarveAsync(TimeSpan.FromSeconds(5), TestServer.Soon));
        Assert.Equal(received, (await standby.AnswersAsync()).Flushed);
        Assert.Empty((await primary.AnswersAsync()).Senders);
    }

    /// <summary>
    /// PostgreSQL's minor releases of May 2025 have a commit go by its own session's setting until the checkpointer has published one; before them nothing was waited for until then.
    /// </summary>
    private static bool WaitsFromTheFirstInstant(int version) => version % 10000 >= (version / 10000) switch
    {
        15 => 13,
        16 => 9,
        17 => 5,
        _ => 0,
    };

    /// <summary>
    /// A process at the gate has no title, and versions bear their children in different orders: the held one is the checkpointer when all others have titles and none is it.
    /// The caller sees its title once it is let go.
    /// </summary>
    private static async Task<int> StartWithoutCheckpointerAsync(TestServer server, BirthGate gate, bool answers = true)
    {
        await server.Server.StartAsync(ServerMode.ReadWrite, TestServer.Soon);
        var version = await server.Server.GetVersionAsync(TestServer.Soon);
        Assert.True(version >= 150000, "before 15 the checkpointer is born after the recovery: this way of holding it was not made for that");
        var held = await gate.StopAsync(version >= 180000 ? 3 : 0); // since 18 the three I/O workers come first
        gate.Open();
        if (answers) await server.AnswersAsync();
        await Eventually.SeesAsync(() => Task.FromResult(gate.Waiting()), w => w is [var one] && one == held, "all others have titles");
        Assert.Equal(0, server.ProcessOf("checkpointer"));
        return held;
    }
}
