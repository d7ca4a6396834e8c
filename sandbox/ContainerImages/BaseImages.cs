using System.Formats.Tar;
using System.Text.Json.Nodes;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.ContainerImages;

/// <summary>The images that everything on the nodes starts from, made on this machine from Debian's packages; no registry is reachable.</summary>
public static class BaseImages
{
    public const string Postgres = "docker.io/library/postgres:15";
    private const string SystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(15);

    public static string Folder => Path.Combine(SandboxPaths.Cache, "images");

    /// <summary>PostgreSQL 15 of Debian 12; the user `postgres` is 999, the programs are on the path, as in the public image.</summary>
    /// <returns>Path of the OCI archive.</returns>
    public static Task<string> PostgresAsync(Progress progress, CancellationToken cancellation) => ArchiveAsync("postgres", Postgres, progress, cancellation, new JsonObject
    {
        ["Env"] = new JsonArray($"PATH=/usr/lib/postgresql/15/bin:{SystemPath}", "LANG=C.UTF-8", "PG_MAJOR=15", "PGDATA=/var/lib/postgresql/data"),
        ["Cmd"] = new JsonArray("postgres"),
    });

    /// <summary>The container that holds a pod's namespaces.</summary>
    /// <returns>Path of the OCI archive.</returns>
    public static async Task<string> PauseAsync(CancellationToken cancellation)
    {
        Directory.CreateDirectory(Folder);
        var layer = Path.Combine(Folder, "pause-rootfs.tar");
        await using (var tar = new TarWriter(File.Create(layer), TarEntryFormat.Ustar))
        await using (var program = File.OpenRead(Path.Combine(SandboxPaths.Tools, "pause")))
        {
            // The same bytes each time, so that the image keeps its digest.
            var entry = new UstarTarEntry(TarEntryType.RegularFile, "pause") { DataStream = program, ModificationTime = DateTimeOffset.UnixEpoch, Mode = (UnixFileMode)0b111_101_101 };
            await tar.WriteEntryAsync(entry, cancellation);
        }
        var archive = Path.Combine(Folder, "pause.tar");
        await OciArchive.WriteAsync(archive, ImageTemplate.PauseImage, layer, new JsonObject { ["Entrypoint"] = new JsonArray("/pause") }, cancellation);
        return archive;
    }

    private static async Task<string> ArchiveAsync(string name, string fullName, Progress progress, CancellationToken cancellation, JsonObject settings)
    {
        var archive = Path.Combine(Folder, $"{name}.tar");
        if (File.Exists(archive)) return archive;
        progress.Step($"making the image {fullName} from Debian's packages (once)");
        var said = await Command.RunAsync([SandboxPaths.Script("images", "rootfs.sh"), name], cancellation, Deadline);
        await OciArchive.WriteAsync(archive, fullName, said.Split('\n')[^1], settings, cancellation);
        return archive;
    }
}
