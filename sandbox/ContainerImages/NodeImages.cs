using Tandem.Sandbox.Host;
using Tandem.Sandbox.Sites;

namespace Tandem.Sandbox.ContainerImages;

/// <summary>Images on nodes that run.</summary>
public static class NodeImages
{
    private static readonly TimeSpan ImportDeadline = TimeSpan.FromMinutes(5);

    /// <summary>On each image: the archive that it came from, whose name tells its content.</summary>
    private const string ArchiveLabel = "tandem.dev/archive";

    /// <summary>Imports an archive into the nodes that do not have it yet, two at a time.</summary>
    public static async Task LoadAsync(IEnumerable<NodeRuntime> nodes, string archive, Progress progress, CancellationToken cancellation)
    {
        // The nodes see the machine's files, but not its /run.
        var path = Path.GetFullPath(archive);
        if (!File.Exists(path)) throw new FatalException($"no file {path}");
        var running = nodes.Where(node => node.Init.Process is not null).ToArray();
        await Parallel.ForEachAsync(running, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellation }, async (node, token) =>
        {
            var name = Path.GetFileName(path);
            if ((await ImagesAsync(node, token, "list", "--quiet", $"labels.\"{ArchiveLabel}\"=={name}")).Length > 0) return;
            var said = await ImagesAsync(node, token, "import", "--snapshotter", "overlayfs", path);
            foreach (var image in said.Split('\n').Where(line => line.StartsWith("unpacking ", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]))
                await ImagesAsync(node, token, "label", image, $"{ArchiveLabel}={name}");
            progress.Step($"{node.Init.Part}: imported {name}");
        });
    }

    /// <returns>Full names of the images on a node.</returns>
    public static async Task<IReadOnlyList<string>> ListAsync(NodeRuntime node, CancellationToken cancellation)
    {
        var listed = await ImagesAsync(node, cancellation, "list", "--quiet");
        return [.. listed.Split('\n').Where(name => name.Length > 0 && !name.StartsWith("sha256:", StringComparison.Ordinal))];
    }

    private static Task<string> ImagesAsync(NodeRuntime node, CancellationToken cancellation, params string[] arguments) =>
        Command.RunAsync([.. node.Enter(), "ctr", "--namespace", "k8s.io", "images", .. arguments], cancellation, ImportDeadline);
}
