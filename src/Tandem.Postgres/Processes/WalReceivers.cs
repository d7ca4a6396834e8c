namespace Tandem.Postgres.Processes;

/// <summary>The WAL receiver processes of a server, seen in /proc by their titles, without asking the server.</summary>
internal sealed class WalReceivers(ServerProcesses processes)
{
    private const string Prefix = "postgres: ";

    /// <summary>
    /// Pids that are WAL receivers or may become ones: a child just forked still bears the postmaster's command line (it gets its title before it does anything).
    /// A process that lives through the whole look is seen by it.
    /// </summary>
    public IReadOnlyList<int> List(int postmaster)
    {
        var found = new List<int>();
        foreach (var pid in processes.List())
        {
            if (pid == postmaster) continue;
            var title = ServerProcesses.Title(pid);
            if (IsReceiver(title) || (IsUntitled(title) && ProcessStat.Read(pid)?.Parent == postmaster)) found.Add(pid);
        }

        return found;
    }

    /// <summary>Only by a signal: SQL ends client backends and walsenders, and no process that the server keeps for itself.</summary>
    public void End(int pid)
    {
        if (processes.List().Contains(pid)) _ = EndIfReceiver(pid);
    }

    /// <param name="pid">A process of this server.</param>
    /// <returns>Whether it is a receiver.</returns>
    public static bool EndIfReceiver(int pid)
    {
        if (!IsReceiver(ServerProcesses.Title(pid))) return false;
        _ = Libc.Kill(pid, Libc.SigTerm);
        return true;
    }

    /// <summary>"postgres: walreceiver streaming 0/3000060", or "postgres: NAME: walreceiver …" with a cluster_name.</summary>
    internal static bool IsReceiver(string title)
    {
        if (!title.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var words = title[Prefix.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is ["walreceiver", ..] || (words.Length > 1 && words[0].EndsWith(':') && words[1] == "walreceiver");
    }

    /// <summary>Not a title yet, and not empty, as that of a process on its way out is.</summary>
    private static bool IsUntitled(string title) => title.Length > 0 && !title.StartsWith(Prefix, StringComparison.Ordinal);
}
