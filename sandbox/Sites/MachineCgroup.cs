using System.Globalization;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Sites;

/// <summary>
/// The control group of what stands for a machine of its own (a node, or a site's control plane), in every hierarchy of this machine (version 1) or in the one (version 2).
/// A node's kubelet keeps its pods there. Each kubelet has its own: two with the same root delete each other's pods' groups.
/// </summary>
public static class MachineCgroup
{
    public const string Prefix = "tandem-";
    private const string Daemons = "system";

    /// <summary>
    /// Of the processor, as often as an ordinary process of this machine has it. All machines weigh the same: when the processors are short, one of them is slower for what
    /// it does itself, not for how many threads the others' daemons have.
    /// </summary>
    private const int Weight = 4;
    private const string Root = "/sys/fs/cgroup";
    private static readonly TimeSpan RemovalDeadline = TimeSpan.FromSeconds(20);

    private static bool IsUnified => File.Exists(Path.Combine(Root, "cgroup.controllers"));

    /// <returns>The file to which the machine's daemons write their process id before they begin.</returns>
    public static string Make(string name)
    {
        foreach (var hierarchy in Hierarchies("cgroup"))
        {
            var group = Path.Combine(hierarchy, name);
            if (IsUnified) Delegate(hierarchy);
            Directory.CreateDirectory(group);
            // A new group of cpuset has neither processors nor memory, and nothing can run in it before it has.
            foreach (var file in (string[])["cpuset.cpus", "cpuset.mems"])
                if (!IsUnified && File.Exists(Path.Combine(hierarchy, file)))
                    File.WriteAllText(Path.Combine(group, file), File.ReadAllText(Path.Combine(hierarchy, file)));
        }

        var machine = Path.Combine(ProcessorHierarchy(), name);
        var (weight, usual) = IsUnified ? ("cpu.weight", 100) : ("cpu.shares", 1024);
        File.WriteAllText(Path.Combine(machine, weight), (Weight * usual).ToString(CultureInfo.InvariantCulture));
        var daemons = Path.Combine(machine, Daemons);
        Directory.CreateDirectory(daemons);
        return Path.Combine(daemons, "cgroup.procs");
    }

    /// <summary>Removes the machine's groups; nothing runs in them any more.</summary>
    /// <param name="pattern">Of names.</param>
    public static Task RemoveAsync(string pattern, CancellationToken cancellation) =>
        Waiting.UntilAsync($"removal of the control groups {pattern}", RemovalDeadline, _ =>
        {
            var problem = Hierarchies("cgroup", "cgroup2").SelectMany(hierarchy => Directory.EnumerateDirectories(hierarchy, pattern)).Select(Remove).FirstOrDefault(problem => problem is not null);
            return Task.FromResult(problem);
        }, cancellation);

    private static string? Remove(string group)
    {
        try
        {
            foreach (var child in Directory.EnumerateDirectories(group).ToArray())
                if (Remove(child) is { } problem)
                    return problem;
            Directory.Delete(group);
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException problem)
        {
            return problem.Message;
        }
    }

    private static void Delegate(string hierarchy)
    {
        var controllers = File.ReadAllText(Path.Combine(hierarchy, "cgroup.controllers")).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        File.WriteAllText(Path.Combine(hierarchy, "cgroup.subtree_control"), string.Join(' ', controllers.Select(controller => "+" + controller)));
    }

    // A machine of version 1 may have an empty hierarchy of version 2 beside it, where runc makes groups of its own accord.
    private static string[] Hierarchies(params string[] types) => IsUnified
        ? [Root]
        : [.. Mounts().Where(mount => types.Contains(mount[2])).Select(mount => mount[1]).Distinct()];

    private static string ProcessorHierarchy() => IsUnified ? Root : Mounts().First(mount => mount[2] == "cgroup" && mount[3].Split(',').Contains("cpu"))[1];

    // Device, place, type, options.
    private static IEnumerable<string[]> Mounts() => File.ReadLines("/proc/self/mounts").Select(line => line.Split(' '));
}
