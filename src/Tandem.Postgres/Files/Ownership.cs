using System.Runtime.InteropServices;
using Tandem.Postgres.Processes;

namespace Tandem.Postgres.Files;

/// <summary>
/// Files written by root get the owner of the folder that they lie in, so that the server, which is never root, can read them.
/// Anybody else owns what he writes, and nothing is done.
/// </summary>
internal static unsafe class Ownership
{
    public static void FollowFolder(string path)
    {
        if (Libc.GetEffectiveUser() != 0) return;
        var (user, group) = Of(Path.GetDirectoryName(path)!);
        if (Libc.LChown(path, user, group) != 0) throw new IOException($"{path}: its owner cannot be set (errno {Marshal.GetLastPInvokeError()})");
    }

    private static (uint User, uint Group) Of(string path)
    {
        // struct statx: stx_uid at 20, stx_gid at 24; the same on every architecture, unlike struct stat.
        var buffer = stackalloc byte[256];
        if (Libc.StatX(Libc.AtFdCwd, path, 0, Libc.StatxBasic, buffer) != 0) throw new IOException($"{path} cannot be examined (errno {Marshal.GetLastPInvokeError()})");
        return (*(uint*)(buffer + 20), *(uint*)(buffer + 24));
    }
}
