using System.Text;
using Tandem.Postgres.Processes;

namespace Tandem.Postgres.Files;

/// <summary>Small files that are either the old or the new one after a power loss, never a mixture.</summary>
public static class AtomicFile
{
    public const string TemporarySuffix = ".tandem-new";

    /// <summary>Temporary file, fsync, rename, fsync of the folder. Mode 0600.</summary>
    /// <returns>Whether the content differed; where it did not, nothing was touched.</returns>
    public static bool WriteIfDifferent(string path, string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        if (ReadOrNull(path) is { } present && present.AsSpan().SequenceEqual(bytes)) return false;
        Write(path, bytes);
        return true;
    }

    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + TemporarySuffix;
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (var file = new FileStream(temporary, options))
        {
            file.Write(content);
            Ownership.FollowFolder(temporary);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        Folder.Sync(Path.GetDirectoryName(path)!);
    }

    public static byte[]? ReadOrNull(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Removes the file, durably. Nothing happens where there is none.</summary>
    public static void Remove(string path)
    {
        if (!File.Exists(path)) return;
        File.Delete(path);
        Folder.Sync(Path.GetDirectoryName(path)!);
    }
}
