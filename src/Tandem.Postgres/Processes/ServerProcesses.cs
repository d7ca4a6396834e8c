using System.Runtime.InteropServices;
using System.Text;

namespace Tandem.Postgres.Processes;

/// <summary>
/// Finds the processes of the server on one data directory, with or without a postmaster: every process whose working directory is the data directory
/// (the postmaster goes there, all of its children stay there, and so do their archive and restore commands) and which is PostgreSQL by its program,
/// or was born of our server by the mark in its environment. A shell that a person opened there has neither.
/// A zombie has no working directory: it cannot write any more, so it does not count.
/// </summary>
internal sealed unsafe class ServerProcesses
{
    /// <summary>Name of the environment variable that marks what the server starts (PostgreSQL itself overwrites its environment with its title).</summary>
    public const string Mark = "TANDEM_SERVER";

    private static readonly byte[] ProcPath = "/proc\0"u8.ToArray();
    private readonly byte[] directory;

    public ServerProcesses(string dataDirectory)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataDirectory));
        DataDirectory = full;
        directory = Encoding.UTF8.GetBytes(ResolveLinks(full));
    }

    public string DataDirectory { get; }

    /// <summary>Whether any process of a server on this directory lives.</summary>
    public bool Any()
    {
        var pids = stackalloc int[1];
        return Find(pids, 1) > 0;
    }

    public IReadOnlyList<int> List()
    {
        const int room = 4096;
        var pids = stackalloc int[room];
        var count = Find(pids, room);
        var list = new List<int>(count);
        for (var i = 0; i < count; i++) list.Add(pids[i]);
        return list;
    }

    /// <summary>SIGKILL to every process found, reaping those that are our own orphans. No allocation: for the guard's thread.</summary>
    /// <returns>How many were found.</returns>
    public int KillAll()
    {
        const int room = 4096;
        var pids = stackalloc int[room];
        var count = Find(pids, room);
        for (var i = 0; i < count; i++)
        {
            _ = Libc.Kill(pids[i], Libc.SigKill);
        }

        return count;
    }

    /// <summary>The title of a process (its command line), empty where there is none.</summary>
    public static string Title(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ').TrimEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private int Find(int* pids, int room)
    {
        var count = 0;
        nint proc;
        fixed (byte* path = ProcPath) proc = Libc.OpenDirectory(path);
        if (proc == 0) throw new InvalidOperationException("/proc cannot be read");
        try
        {
            while (count < room)
            {
                var entry = Libc.ReadDirectory(proc);
                if (entry == null) return count;
                var pid = ParsePid(entry + 19);
                if (pid > 0 && IsOurs(pid)) pids[count++] = pid;
            }

            return count;
        }
        finally
        {
            _ = Libc.CloseDirectory(proc);
        }
    }

    private static int ParsePid(byte* name)
    {
        var pid = 0;
        for (; *name != 0; name++)
        {
            if (*name is < (byte)'0' or > (byte)'9') return 0;
            pid = pid * 10 + (*name - '0');
        }

        return pid;
    }

    private bool IsOurs(int pid)
    {
        const int size = 4096;
        var path = stackalloc byte[64];
        var link = stackalloc byte[size];
        WritePath(path, pid, "cwd"u8);
        var length = Libc.ReadLink(path, link, size);
        if (length <= 0 || !new ReadOnlySpan<byte>(link, (int)length).SequenceEqual(directory)) return false;
        WritePath(path, pid, "exe"u8);
        length = Libc.ReadLink(path, link, size);
        if (length <= 0) return false;
        var program = new ReadOnlySpan<byte>(link, (int)length);
        if (program.EndsWith(" (deleted)"u8)) program = program[..^10];
        return program.EndsWith("/postgres"u8) || BearsMark(path, pid, link, size);
    }

    private static bool BearsMark(byte* path, int pid, byte* buffer, int size)
    {
        WritePath(path, pid, "environ"u8);
        using var file = OpenQuietly(Marshal.PtrToStringUTF8((nint)path)!);
        if (file is null) return false;
        try
        {
            var mark = "TANDEM_SERVER="u8;
            long offset = 0;
            while (true)
            {
                var read = RandomAccess.Read(file, new Span<byte>(buffer, size), offset);
                if (read <= 0) return false;
                if (new ReadOnlySpan<byte>(buffer, read).IndexOf(mark) >= 0) return true;
                if (read <= mark.Length) return false;
                offset += read - mark.Length;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Microsoft.Win32.SafeHandles.SafeFileHandle? OpenQuietly(string path)
    {
        try
        {
            return File.OpenHandle(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void WritePath(byte* path, int pid, ReadOnlySpan<byte> name)
    {
        var at = 0;
        foreach (var b in "/proc/"u8) path[at++] = b;
        var digits = stackalloc byte[12];
        var n = 0;
        for (var rest = pid; rest > 0; rest /= 10) digits[n++] = (byte)('0' + rest % 10);
        while (n > 0) path[at++] = digits[--n];
        path[at++] = (byte)'/';
        foreach (var b in name) path[at++] = b;
        path[at] = 0;
    }

    /// <summary>The kernel shows working directories with all symbolic links resolved. The folder itself may not be there yet, its parent is.</summary>
    private static string ResolveLinks(string path)
    {
        var buffer = stackalloc byte[4097];
        if (Libc.RealPath(path, buffer) != null) return Marshal.PtrToStringUTF8((nint)buffer)!;
        return Path.GetDirectoryName(path) is { } parent && Libc.RealPath(parent, buffer) != null
            ? Path.Combine(Marshal.PtrToStringUTF8((nint)buffer)!, Path.GetFileName(path))
            : path;
    }
}
