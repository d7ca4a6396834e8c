using Npgsql;
using Tandem.Tests.Support;

namespace Tandem.Tests.Postgres.Support;

/// <summary>One commit on a session of its own that knows no timeout: a driver's timeout cancels the wait for standbys, and the commit would seem to have been released.</summary>
internal sealed class Commit : IAsyncDisposable
{
    private static readonly TimeSpan AWhile = TimeSpan.FromSeconds(1.5);

    private readonly TestServer server;
    private readonly NpgsqlConnection session;
    private readonly List<string> notices = [];
    private Task done = Task.CompletedTask;

    private Commit(TestServer server, NpgsqlConnection session)
    {
        this.server = server;
        this.session = session;
        session.Notice += (_, n) => { lock (notices) notices.Add(n.Notice.MessageText); };
        Backend = session.ProcessID;
    }

    public int Backend { get; }

    public string Notices
    {
        get { lock (notices) return string.Join(" | ", notices); }
    }

    /// <summary>What it was answered: null for success.</summary>
    public Task<Exception?> EndedAsync() => Record.ExceptionAsync(() => done).WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>A session that has committed nothing yet.</summary>
    public static async Task<Commit> SessionAsync(TestServer server) => new(server, await server.ClientAsync());

    public static async Task<Commit> OfAsync(TestServer server, string sql)
    {
        var commit = await SessionAsync(server);
        commit.Begin(sql);
        return commit;
    }

    /// <summary>A commit, of a row with a 0, that waits for nobody but this standby, which is not there yet.</summary>
    public static async Task<Commit> ThatWaitsForAsync(TestServer winner, string standby)
    {
        await winner.Server.EnsureSlotAsync(standby, TestServer.Soon);
        await winner.ReloadAsync(("synchronous_standby_names", $"ANY 1 ({standby})"));
        await winner.Server.CheckpointAsync(TestServer.Soon);
        var commit = await OfAsync(winner, "INSERT INTO t VALUES (0)");
        await commit.KeepsWaitingAsync("nobody is connected");
        return commit;
    }

    /// <param name="timeout">The driver's, in seconds: none, unless it is what a test is about.</param>
    public void Begin(string sql, int timeout = 0) => done = new NpgsqlCommand(sql, session) { CommandTimeout = timeout }.ExecuteNonQueryAsync();

    public async Task<string?> AskAsync(string sql) => (await new NpgsqlCommand(sql, session).ExecuteScalarAsync())?.ToString();

    /// <summary>Whether it waits for standbys: true once its backend is seen doing that, false once it has returned. One of both it must do.</summary>
    public async Task<bool> WaitsAsync()
    {
        await Eventually.SeesAsync(
            async () => done.IsCompleted ? "returned" : await server.SqlAsync($"SELECT wait_event FROM pg_stat_activity WHERE pid = {Backend}"),
            seen => seen is "returned" or "SyncRep",
            "the commit returns or waits for standbys");
        if (!done.IsCompleted) return true;
        await ReturnsAsync();
        return false;
    }

    /// <summary>It waits, and goes on waiting: what could release it has had its time.</summary>
    public async Task KeepsWaitingAsync(string why)
    {
        Assert.True(await WaitsAsync(), why);
        await Task.Delay(AWhile);
        Assert.False(done.IsCompleted, why);
    }

    /// <summary>It is acknowledged, and not because its wait was cut short.</summary>
    public async Task ReturnsAsync()
    {
        await done.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("", Notices);
    }

    /// <summary>A commit that still waits is left to its server's end: closing its session would wait for the commit.</summary>
    public async ValueTask DisposeAsync()
    {
        if (done.IsCompleted) await session.DisposeAsync();
        else _ = done.ContinueWith(t => t.Exception, TaskScheduler.Default);
    }
}
