using Tandem.Postgres.Files;

namespace Tandem.Postgres.Copying;

/// <summary>Empties a data directory, with what it keeps elsewhere by symbolic links: tablespaces and a pg_wal on another volume.</summary>
internal static class Wiping
{
    public static void Wipe(string dataDirectory)
    {
        if (!Directory.Exists(dataDirectory)) return;
        // First the two files without which nobody takes it for data, durably: a wipe that is interrupted is still a wipe.
        AtomicFile.Remove(Path.Combine(dataDirectory, "PG_VERSION"));
        if (Directory.Exists(Path.Combine(dataDirectory, "global"))) AtomicFile.Remove(Path.Combine(dataDirectory, "global", "pg_control"));
        foreach (var tablespace in Links(Path.Combine(dataDirectory, "pg_tblspc")))
        {
            foreach (var ours in Directory.EnumerateDirectories(tablespace, "PG_*")) Directory.Delete(ours, recursive: true);
        }

        var wal = new DirectoryInfo(Path.Combine(dataDirectory, "pg_wal"));
        if (wal.LinkTarget is not null && wal.ResolveLinkTarget(returnFinalTarget: true) is DirectoryInfo { Exists: true } elsewhere) Folder.Empty(elsewhere.FullName);
        Folder.Empty(dataDirectory);
    }

    private static IEnumerable<string> Links(string folder) =>
        Directory.Exists(folder)
            ? new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(e => e.LinkTarget is not null).Select(e => e.ResolveLinkTarget(returnFinalTarget: true)).OfType<DirectoryInfo>().Where(d => d.Exists).Select(d => d.FullName)
            : [];
}
