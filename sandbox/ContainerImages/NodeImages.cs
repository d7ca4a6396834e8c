using Tandem.Sandbox.Host;
using Tandem.Sandbox.Sites;

namespace Tandem.Sandbox.ContainerImages;

/// <summary>Images on nodes that run.</summary>
public static class NodeImages
{
    private static readonly TimeSpan ImportDeadline = TimeSpan.FromMinutes(5);

    /// <summary>Imports an archive into the nodes, two at a time.</summary>
    public static async Task LoadAsync(IEnumerable<NodeRuntime> nodes, string archive, Progress progress, CancellationToken cancellation)
    {
        // The nodes see the machine's files, but not its /run.
        var path = Path.GetFullPath(archive);
        if (!File.Exists(path)) throw new FatalException($"no file {path}");
        var running = nodes.Where(node => node.Init.Process is not null).ToArray();
        await Parallel.ForEachAsync(running, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellation }, async (node, token) =>
        {
            await Command.RunAsync([.. node.Enter(), "ctr", "--namespace", "k8s.io", "images", "import", "--snapshotter", "overlayfs", path], token, ImportDeadline);
            progress.Step($"{node.Init.Part}: imported {Path.GetFileName(path)}");
        });
    }

    /// <returns>Full names of the images on a node.</returns>
    public static async Task<IReadOnlyList<string>> ListAsync(NodeRuntime node, CancellationToken cancellation)
    {
        var listed = await Command.RunAsync([.. node.Enter(), "ctr", "--namespace", "k8s.io", "images", "list", "-q"], cancellation);
        return [.. listed.Split('\n').Where(name => name.Length > 0 && !name.StartsWith("sha256:", StringComparison.Ordinal))];
    }
}
