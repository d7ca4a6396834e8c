using System.Collections.Concurrent;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Tandem.Postgres.Processes;

/// <summary>
/// One process started by us, in a session of its own, its output on one pipe.
/// </summary>
/// <remarks>
/// System.Diagnostics.Process is not used: it gives neither a session nor default signal dispositions (.NET ignores SIGPIPE, and that would be inherited).
/// Every child has a thread that waits for it by its pid alone (waitid on P_PID), so nobody's child is ever stolen; see <see cref="OrphanReaper"/> for those that have nobody.
/// </remarks>
internal sealed class ChildProcess
{
    /// <summary>Children of the one that has ended may hold its pipe open for as long as they like.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(200);

    private static readonly ConcurrentDictionary<int, ChildProcess> Unreaped = new();

    private readonly Lock gate = new();
    private readonly TaskCompletionSource<int> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource output = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<ChildProcess>? onExit;
    private volatile bool reaped;

    private ChildProcess(int pid, Action<ChildProcess>? onExit)
    {
        Pid = pid;
        this.onExit = onExit;
    }

    public int Pid { get; }

    public bool Alive => !reaped;

    /// <summary>Exit code, or the negative of the signal that ended it; null while it lives.</summary>
    public int? Code { get; private set; }

    /// <summary>The same, completed after the exit handler has run. Its last lines may still be on their way: see <see cref="ExitAndOutputAsync"/>.</summary>
    public Task<int> Exit => exited.Task;

    /// <summary>The same, once all that it wrote has been handed on.</summary>
    public async Task<int> ExitAndOutputAsync()
    {
        var code = await Exit.ConfigureAwait(false);
        await Task.WhenAny(output.Task, Task.Delay(LastWords)).ConfigureAwait(false);
        return code;
    }

    /// <summary>Whether <paramref name="pid"/> is a child that has its own waiter here.</summary>
    public static bool HasWaiter(int pid) => Unreaped.ContainsKey(pid);

    /// <param name="arguments">The program first; it is looked up in PATH where it has no slash.</param>
    /// <param name="onLine">Gets every line of standard output and error, on a thread of its own.</param>
    /// <param name="onExit">Called, on the waiting thread, once the process is reaped.</param>
    /// <exception cref="PostgresException">The program could not be started.</exception>
    public static unsafe ChildProcess Start(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, Action<string> onLine, Action<ChildProcess>? onExit = null)
    {
        var pipe = stackalloc int[2];
        if (Libc.Pipe2(pipe, Libc.OCloexec) != 0) throw new PostgresException("SpawnFailed", $"no pipe for {arguments[0]}");
        int pid, error;
        try
        {
            error = Spawn(arguments, environment, pipe[1], out pid);
        }
        finally
        {
            _ = Libc.Close(pipe[1]);
        }

        var reader = new SafeFileHandle(pipe[0], ownsHandle: true);
        if (error != 0)
        {
            reader.Dispose();
            throw new PostgresException("SpawnFailed", $"{arguments[0]} could not be started (errno {error})");
        }

        var child = new ChildProcess(pid, onExit);
        Unreaped[pid] = child;
        Run(() => child.Pump(reader, onLine), $"output of {pid}");
        Run(child.WaitUntilReaped, $"wait for {pid}");
        return child;
    }

    /// <summary>Sends a signal; false where the process has been reaped. Never hits a stranger that got the same pid.</summary>
    public bool Signal(int signal)
    {
        lock (gate)
            return !reaped && Libc.Kill(Pid, signal) == 0;
    }

    /// <summary>Sends a signal to the whole session's process group, as long as its leader is not reaped.</summary>
    public bool SignalGroup(int signal)
    {
        lock (gate)
            return !reaped && Libc.Kill(-Pid, signal) == 0;
    }

    private unsafe void WaitUntilReaped()
    {
        var info = stackalloc byte[128];
        // Not reaped yet: until then the pid cannot be given to another process, so a signal sent under the lock meets the right one.
        while (Libc.WaitId(Libc.PPid, Pid, info, Libc.WExited | Libc.WNoWait) != 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == Libc.Eintr)
        {
        }

        int status;
        lock (gate)
        {
            while (Libc.WaitPid(Pid, out status, 0) < 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == Libc.Eintr)
            {
            }

            Code = ExitCode(status);
            reaped = true;
            Unreaped.TryRemove(Pid, out _);
        }

        try
        {
            onExit?.Invoke(this);
        }
        finally
        {
            exited.TrySetResult(ExitCode(status));
        }
    }

    /// <summary>As wait(2) encodes it: low 7 bits the signal, else the next byte the code.</summary>
    internal static int ExitCode(int status) => (status & 0x7f) is var signal and not 0 ? -signal : (status >> 8) & 0xff;

    private static void Run(Action body, string name) =>
        new Thread(() => body(), maxStackSize: 256 * 1024) { IsBackground = true, Name = name }.Start();

    private void Pump(SafeFileHandle pipe, Action<string> onLine)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(pipe, FileAccess.Read, bufferSize: 1), Encoding.UTF8, detectEncodingFromByteOrderMarks: false, bufferSize: 4096);
            // ReadLine ends a line at \r too: progress of pg_basebackup on a terminal is written so.
            while (reader.ReadLine() is { } line)
            {
                if (line.Length > 0) onLine(line);
            }
        }
        finally
        {
            output.TrySetResult();
        }
    }

    private static unsafe int Spawn(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, int output, out int pid)
    {
        // Sizes of glibc on 64 bit: file_actions 80, attr 336, sigset 128 bytes.
        var actions = stackalloc byte[256];
        var attributes = stackalloc byte[512];
        var signals = stackalloc byte[128];
        using var argv = new NativeStrings(arguments);
        using var envp = new NativeStrings([.. environment.Select(e => $"{e.Key}={e.Value}")]);
        var input = Libc.Open("/dev/null", Libc.ORdonly | Libc.OCloexec, 0);
        _ = Libc.SpawnActionsInit(actions);
        _ = Libc.SpawnAttributesInit(attributes);
        try
        {
            _ = Libc.SpawnActionsDup2(actions, input, 0);
            _ = Libc.SpawnActionsDup2(actions, output, 1);
            _ = Libc.SpawnActionsDup2(actions, output, 2);
            _ = Libc.SignalsNone(signals);
            _ = Libc.SpawnAttributesSignalMask(attributes, signals);
            _ = Libc.SignalsAll(signals);
            _ = Libc.SpawnAttributesDefaultSignals(attributes, signals);
            _ = Libc.SpawnAttributesFlags(attributes, Libc.SpawnSetSession | Libc.SpawnSetSignalDefault | Libc.SpawnSetSignalMask);
            return Libc.SpawnFromPath(out pid, argv.Pointer[0], actions, attributes, argv.Pointer, envp.Pointer);
        }
        finally
        {
            _ = Libc.SpawnActionsDestroy(actions);
            _ = Libc.SpawnAttributesDestroy(attributes);
            _ = Libc.Close(input);
        }
    }
}
