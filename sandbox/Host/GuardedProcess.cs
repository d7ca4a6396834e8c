using System.Diagnostics;

namespace Tandem.Sandbox.Host;

/// <summary>
/// A program that never outlives this process: a shell beside it holds our pipe, and kills the program when the pipe ends,
/// be it by <see cref="DisposeAsync"/> or by our own death (which a parent-death signal would tie to a thread, not to the process).
/// </summary>
public sealed class GuardedProcess : IAsyncDisposable
{
    private const string Guard = """
        log=$1; shift; exec 2>/dev/null
        "$@" </dev/null >>"$log" 2>&1 &
        program=$!
        echo "$program"
        read -r _
        kill -KILL "$program"
        wait "$program"
        """;

    private readonly Process guard;
    private readonly string name;
    private readonly string log;

    private GuardedProcess(string name, string log, Process guard, int id) => (this.name, this.log, this.guard, Id) = (name, log, guard, id);

    /// <summary>Process id of the program itself.</summary>
    public int Id { get; }

    public bool IsRunning => !guard.HasExited && HostProcess.Find(Id) is { IsZombie: false };

    public static async Task<GuardedProcess> StartAsync(string name, string log, IReadOnlyList<string> command, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])["-c", Guard, name, log, .. command]) start.ArgumentList.Add(argument);
        var guard = Process.Start(start) ?? throw new InvalidOperationException("/bin/sh did not start");
        var id = await guard.StandardOutput.ReadLineAsync(cancellation);
        return new GuardedProcess(name, log, guard, int.Parse(id ?? throw new InvalidOperationException($"{name} did not start"), null));
    }

    /// <exception cref="FatalException">It has ended; the message has the end of its log.</exception>
    public void ThrowIfEnded()
    {
        if (!IsRunning) throw new FatalException($"{name} ended: {LogFile.Tail(log)}");
    }

    /// <summary>SIGKILL, and gone when this returns.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!guard.HasExited)
        {
            guard.StandardInput.Close();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await guard.WaitForExitAsync(limit.Token);
        }
        guard.Dispose();
    }
}
