using System.Runtime.InteropServices;
using Tandem.Postgres.Processes;

namespace Tandem.Postgres.Files;

internal static class Folder
{
    /// <summary>fsync of a folder: makes creations, removals and renames in it durable.</summary>
    public static void Sync(string path) => SyncPath(path, Libc.ODirectory);

    /// <summary>fsync of a file by its path; true where it is there.</summary>
    public static bool SyncFile(string path)
    {
        if (!File.Exists(path)) return false;
        SyncPath(path, 0);
        return true;
    }

    /// <summary>Makes the folder where it is missing, mode 0700, owned as its parent is.</summary>
    public static void Ensure(string path)
    {
        if (Directory.Exists(path)) return;
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Ownership.FollowFolder(path);
    }

    /// <summary>Removes everything in a folder, but not the folder.</summary>
    public static void Empty(string path)
    {
        if (!Directory.Exists(path)) return;
        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos())
        {
            // A symbolic link to a folder is an entry like a file: what it points to is not ours to remove here.
            if (entry is DirectoryInfo folder && entry.LinkTarget is null) folder.Delete(recursive: true);
            else entry.Delete();
        }

        Sync(path);
    }

    private static void SyncPath(string path, int flags)
    {
        var descriptor = Libc.Open(path, Libc.ORdonly | Libc.OCloexec | flags, 0);
        if (descriptor < 0) throw new IOException($"{path} cannot be opened (errno {Marshal.GetLastPInvokeError()})");
        try
        {
            if (Libc.FSync(descriptor) != 0) throw new IOException($"fsync of {path} failed (errno {Marshal.GetLastPInvokeError()})");
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }
}
