using System.Globalization;

namespace Tandem.Postgres.Processes;

/// <summary>
/// What process 1 owes to the processes that lost their parent (backends of a killed postmaster, what a kubectl exec left): it reaps them.
/// An orphan is a zombie child that nobody has claimed between two looks, of another session than ours, and not one of <see cref="ChildProcess"/>. The children of
/// System.Diagnostics.Process stay in our session, so they are never touched: .NET ends the whole process when one of its children was reaped by somebody else.
/// </summary>
public sealed class OrphanReaper : IDisposable
{
    private readonly ITimer timer;
    private readonly int ourSession = ProcessStat.Read(Environment.ProcessId)?.Session ?? 0;
    private Dictionary<int, ulong> seen = [];
    private int looking;

    public OrphanReaper(TimeProvider time, TimeSpan? period = null)
    {
        // Where we are not process 1 (a test, a debugger), orphans come to us only if we ask for them.
        if (Environment.ProcessId != 1) _ = Libc.PrCtl(Libc.PrSetChildSubreaper, 1, 0, 0, 0);
        var every = period ?? TimeSpan.FromSeconds(5);
        timer = time.CreateTimer(_ => Look(), null, every, every);
    }

    /// <summary>Processes reaped so far.</summary>
    public long Reaped { get; private set; }

    public void Dispose()
    {
        timer.Dispose();
        if (Environment.ProcessId != 1) _ = Libc.PrCtl(Libc.PrSetChildSubreaper, 0, 0, 0, 0);
    }

    private void Look()
    {
        if (Interlocked.Exchange(ref looking, 1) == 1) return;
        try
        {
            var zombies = new Dictionary<int, ulong>();
            foreach (var entry in Directory.EnumerateDirectories("/proc"))
            {
                if (!int.TryParse(Path.GetFileName(entry.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) continue;
                if (ProcessStat.Read(pid) is { State: 'Z' } stat && stat.Parent == Environment.ProcessId && stat.Session != ourSession && !ChildProcess.HasWaiter(pid)) zombies[pid] = stat.StartTime;
            }

            foreach (var (pid, start) in zombies)
            {
                if (seen.TryGetValue(pid, out var before) && before == start && Libc.WaitPid(pid, out _, Libc.WNoHang) == pid) Reaped++;
            }

            seen = zombies;
        }
        catch (IOException)
        {
            // /proc changed under the look; the next one sees it.
        }
        finally
        {
            Volatile.Write(ref looking, 0);
        }
    }
}
