using Microsoft.Win32.SafeHandles;
using Tandem.Postgres.Processes;
using Tandem.Tests.Support;

namespace Tandem.Tests.Postgres.Support;

/// <summary>
/// Holds children of a server at their birth. PostgreSQL has every child open the file that PG_OOM_ADJUST_FILE names before it does anything else, even before it bears a
/// title of its own; where that is a FIFO that nobody reads, the child waits in the open, for as long as the test likes.
/// </summary>
internal sealed class BirthGate : IDisposable
{
    private readonly TestServer server;
    private readonly string path;
    private SafeFileHandle? reader;

    private BirthGate(TestServer server)
    {
        this.server = server;
        path = FileOf(Path.GetDirectoryName(server.Data)!);
    }

    /// <summary>The file that the children of a server below this folder look for. That it is not there is no matter to them.</summary>
    public static string FileOf(string root) => Path.Combine(root, "birth");

    /// <summary>From now on every child waits. The server may be up or down.</summary>
    public static async Task<BirthGate> CloseAsync(TestServer server)
    {
        var gate = new BirthGate(server);
        await Shell.RunAsync(["mkfifo", "-m", "622", gate.path]);
        return gate;
    }

    /// <summary>Children that wait at the gate, in the order in which they were born: they bear the postmaster's command line still.</summary>
    public IReadOnlyList<int> Waiting()
    {
        var postmaster = server.Server.Process.Pid;
        return [.. new ServerProcesses(server.Data).List()
            .Where(p => ServerProcesses.Title(p) is { Length: > 0 } title && !title.StartsWith("postgres: ", StringComparison.Ordinal))
            .Select(ProcessStat.Read).OfType<ProcessStat>().Where(s => s.Parent == postmaster)
            .OrderBy(s => s.StartTime).ThenBy(s => s.Pid).Select(s => s.Pid)];
    }

    /// <summary>Stops the child that was born at this place in the order, so that it stays where it is when the gate opens.</summary>
    public async Task<int> StopAsync(int place)
    {
        var waiting = await Eventually.SeesAsync(() => Task.FromResult(Waiting()), w => w.Count > place, $"{place + 1} children wait");
        Libc.Kill(waiting[place], TestServer.SigStop);
        await Eventually.SeesAsync(() => Task.FromResult(ProcessStat.Read(waiting[place])?.State), s => s == 'T', "it is stopped");
        return waiting[place];
    }

    /// <summary>Lets everyone go on that was not stopped, and all that come later.</summary>
    public void Open() => reader ??= File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    public void Dispose()
    {
        File.Delete(path);
        reader?.Dispose();
    }
}
