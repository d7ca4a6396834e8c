using System.Runtime.InteropServices;

namespace Tandem.Sandbox.Host;

/// <summary>A process of this machine, as /proc shows it.</summary>
public sealed partial record HostProcess(int Id, string Name, char State, int ParentId, ulong StartTicks)
{
    private const int SigKill = 9;

    public bool IsZombie => State is 'Z' or 'X';

    public static HostProcess? Find(int id)
    {
        try
        {
            // pid (name) state ppid ...: the name may hold spaces and brackets, so everything is counted from the last bracket.
            var text = File.ReadAllText($"/proc/{id}/stat");
            var open = text.IndexOf('(');
            var close = text.LastIndexOf(')');
            var fields = text[(close + 2)..].Split(' ');
            return new HostProcess(id, text[(open + 1)..close], fields[0][0], int.Parse(fields[1], null), ulong.Parse(fields[19], null));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static IEnumerable<HostProcess> All() =>
        from folder in Directory.EnumerateDirectories("/proc")
        let id = int.TryParse(Path.GetFileName(folder), out var number) ? number : 0
        where id > 0
        let process = Find(id)
        where process is not null
        select process;

    /// <summary>Every live process whose environment has this entry (NAME=value): the mark that all we start carries, and its children inherit.</summary>
    public static IEnumerable<HostProcess> MarkedWith(string entry) =>
        All().Where(process => !process.IsZombie && process.Environment().Contains(entry));

    public string[] Environment() => Read("environ").Split('\0');

    public string CommandLine() => Read("cmdline").Replace('\0', ' ');

    /// <summary>Memory that it has now; 0 where it has ended.</summary>
    public long ResidentBytes() =>
        Read("status").Split('\n').FirstOrDefault(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)) is { } line
            ? long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], null) * 1024
            : 0;

    /// <summary>What <see cref="ResidentBytes"/> consists of, as the kernel says it: <c>RssAnon: 36324 kB, RssFile: 27576 kB, …</c></summary>
    public string ResidentKinds() =>
        string.Join(", ", Read("status").Split('\n').Where(line => line.StartsWith("Rss", StringComparison.Ordinal)).Select(line => string.Join(' ', line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))));

    private string Read(string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{Id}/{file}");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>SIGKILL; only if it is still the process that was read here, not another one of the same id.</summary>
    public void Kill()
    {
        if (Find(Id)?.StartTicks == StartTicks) _ = SendSignal(Id, SigKill);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int id, int signal);
}
