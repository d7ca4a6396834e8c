using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Sites;

/// <summary>
/// The control group under which a node's kubelet keeps its pods, in every hierarchy of the machine (version 1) or in the one (version 2).
/// Each kubelet has its own: two with the same root delete each other's pods' groups.
/// </summary>
public static class NodeCgroup
{
    public const string Prefix = "tandem-";
    private const string Root = "/sys/fs/cgroup";
    private static readonly TimeSpan RemovalDeadline = TimeSpan.FromSeconds(20);

    private static bool IsUnified => File.Exists(Path.Combine(Root, "cgroup.controllers"));

    public static void Make(SiteNode node)
    {
        foreach (var hierarchy in Hierarchies("cgroup"))
        {
            var group = Path.Combine(hierarchy, node.Cgroup);
            if (IsUnified) Delegate(hierarchy);
            Directory.CreateDirectory(group);
            // A new group of cpuset has neither processors nor memory, and nothing can run in it before it has.
            foreach (var file in (string[])["cpuset.cpus", "cpuset.mems"])
                if (!IsUnified && File.Exists(Path.Combine(hierarchy, file)))
                    File.WriteAllText(Path.Combine(group, file), File.ReadAllText(Path.Combine(hierarchy, file)));
        }
    }

    /// <summary>Removes the node's groups; nothing runs in them any more.</summary>
    public static Task RemoveAsync(SiteNode node, CancellationToken cancellation) => RemoveAsync(node.Cgroup, cancellation);

    public static Task RemoveAllAsync(CancellationToken cancellation) => RemoveAsync(Prefix + "*", cancellation);

    private static Task RemoveAsync(string pattern, CancellationToken cancellation) =>
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
        : [.. File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).Where(fields => types.Contains(fields[2])).Select(fields => fields[1]).Distinct()];
}
