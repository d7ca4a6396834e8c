using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.ContainerImages;

/// <summary>
/// The folder of a containerd into which the base images were imported once. A node begins with a copy of it whose large files are hard links:
/// an import takes ten seconds a node, the copy half a second, and as the nodes share the files they share their pages in memory too.
/// (containerd never changes a blob or a committed layer in place; its databases are copied for real.)
/// </summary>
public sealed class ImageTemplate
{
    public const string PauseImage = "tandem.dev/sandbox/pause:1";

    /// <summary>Plugins of containerd that nothing here uses, and that would look outside of its folders.</summary>
    internal const string DisabledPlugins = """
        "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"
        """;

    private const string Format = "1";
    private static readonly TimeSpan ImportDeadline = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30);
    private readonly string folder;

    private ImageTemplate(string folder) => this.folder = folder;

    public static async Task<ImageTemplate> EnsureAsync(Progress progress, CancellationToken cancellation)
    {
        string[] archives = [await BaseImages.PauseAsync(cancellation), await BaseImages.PostgresAsync(progress, cancellation)];
        var folder = Path.Combine(BaseImages.Folder, $"containerd-{Key(archives)}");
        if (!Directory.Exists(folder))
        {
            progress.Step("importing the base images into a template for the nodes (once)");
            // Nodes that began with an older template keep their links.
            foreach (var older in Directory.EnumerateDirectories(BaseImages.Folder, "containerd-*")) Directory.Delete(older, recursive: true);
            await MakeAsync(folder, archives, cancellation);
        }
        return new ImageTemplate(folder);
    }

    /// <summary>Makes <paramref name="target"/> a containerd folder that has the images, unless it is one already.</summary>
    public async Task CopyToAsync(string target, CancellationToken cancellation)
    {
        if (Directory.Exists(target)) return;
        // Links do not reach over file systems; then everything is copied.
        var aside = target + ".partial";
        await Command.RunAsync(["/bin/sh", "-ec", """
            rm -rf "$2"
            mkdir -p "$(dirname "$2")"
            cp -al "$1" "$2" 2>/dev/null || { rm -rf "$2"; cp -a "$1" "$2"; }
            find "$1" -path '*/snapshots' -prune -o -path '*/blobs' -prune -o -type f -printf '%P\n' | while read -r file; do
                cp -a --remove-destination "$1/$file" "$2/$file"
            done
            mv "$2" "$3"
            """, "sh", folder, aside, target], cancellation, ImportDeadline);
    }

    private static async Task MakeAsync(string folder, string[] archives, CancellationToken cancellation)
    {
        var work = Directory.CreateDirectory(folder + ".partial").FullName;
        var root = Path.Combine(work, "root");
        var socket = Path.Combine(work, "containerd.sock");
        var configuration = Path.Combine(work, "containerd.toml");
        if (Directory.Exists(root)) Directory.Delete(root, recursive: true);
        await File.WriteAllTextAsync(configuration, $"""
            version = 2
            root = "{root}"
            state = "{Path.Combine(work, "state")}"
            disabled_plugins = ["io.containerd.grpc.v1.cri", {DisabledPlugins}]
            [grpc]
              address = "{socket}"

            """, cancellation);
        await using (var containerd = await GuardedProcess.StartAsync("containerd", Path.Combine(work, "containerd.log"), ["/usr/bin/containerd", "--config", configuration], cancellation))
        {
            await Waiting.UntilAsync("containerd of the template", StartDeadline, async token =>
            {
                containerd.ThrowIfEnded();
                var answer = await Command.TryAsync(["ctr", "--address", socket, "version"], token);
                return answer.ExitCode == 0 ? null : answer.Errors;
            }, cancellation);
            foreach (var archive in archives)
                await Command.RunAsync(["ctr", "--address", socket, "--namespace", "k8s.io", "images", "import", "--snapshotter", "overlayfs", archive], cancellation, ImportDeadline);
        }
        Directory.Move(root, folder);
        Directory.Delete(work, recursive: true);
    }

    private static string Key(string[] archives)
    {
        var text = new StringBuilder(Format);
        foreach (var archive in archives.Select(path => new FileInfo(path)))
            text.Append(CultureInfo.InvariantCulture, $" {archive.Name} {archive.Length}");
        // The first archive is made anew each time; its content, not its time, is what counts.
        using (var pause = File.OpenRead(archives[0])) text.Append(Convert.ToHexStringLower(SHA256.HashData(pause)));
        text.Append(File.GetLastWriteTimeUtc(archives[1]).Ticks);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..12];
    }
}
