using Tandem.Postgres.Configuration;
using Tandem.Postgres.Files;

namespace Tandem.Postgres.Copying;

/// <summary>What a copy brings along that belongs to the server it was copied from.</summary>
internal static class CopiedFiles
{
    /// <summary>Its settings: ours are written before we start.</summary>
    public static void RemoveSettings(string dataDirectory)
    {
        foreach (var file in ConfigurationFiles.All) AtomicFile.Remove(Path.Combine(dataDirectory, file));
    }

    /// <summary>Its slots (a slot that nobody uses here would keep WAL for ever), its signals and its lock.</summary>
    public static void RemoveStrangers(string dataDirectory)
    {
        Folder.Empty(Path.Combine(dataDirectory, "pg_replslot"));
        foreach (var file in new[] { "standby.signal", "recovery.signal", "promote", "postmaster.pid", "postmaster.opts" })
            AtomicFile.Remove(Path.Combine(dataDirectory, file));
        foreach (var half in Directory.EnumerateFiles(dataDirectory, "*" + AtomicFile.TemporarySuffix)) File.Delete(half);
    }
}
