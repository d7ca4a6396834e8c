using Tandem.Postgres.Configuration;
using Tandem.Postgres.Files;
using Tandem.Postgres.Processes;

namespace Tandem.Postgres.Copying;

/// <summary>
/// Crash recovery by <c>postgres --single</c>, which listens nowhere: pg_rewind wants a target that was shut down in order. It ends with a checkpoint of its own, so it is
/// only for data that is about to be rewound.
/// </summary>
internal sealed class SingleUserRecovery(PostgresServerOptions options, ToolRunner tools)
{
    /// <summary>What recovery needs to be as it was; all else is left at its default, so that no setting of a user can get in the way.</summary>
    private static readonly string[] Kept =
    [
        "shared_preload_libraries", "max_prepared_transactions", "max_connections", "max_worker_processes", "max_wal_senders", "max_locks_per_transaction",
        "wal_level", "wal_log_hints", "track_commit_timestamp", "shared_buffers", "huge_pages", "max_replication_slots",
    ];

    /// <summary>The checkpoint at its end must remove no segment: pg_rewind reads back to the checkpoint before the fork.</summary>
    private const string Fixed = "archive_mode = off\nlogging_collector = off\nlisten_addresses = ''\nwal_keep_size = 1TB\nmax_slot_wal_keep_size = -1\n";

    public async Task RunAsync(CancellationToken cancellation)
    {
        AtomicFile.Remove(Path.Combine(options.DataDirectory, "standby.signal"));
        AtomicFile.Remove(Path.Combine(options.DataDirectory, "recovery.signal"));
        Folder.Ensure(options.TempDirectory);
        var settings = Path.Combine(options.TempDirectory, "single-user.conf");
        AtomicFile.WriteIfDifferent(settings, string.Concat(KeptLines().Select(l => l + "\n")) + Fixed);
        try
        {
            await tools.RunAsync(
                "postgres", ["--single", "-D", options.DataDirectory, "-c", $"config_file={settings}", "template1"],
                "CrashRecoveryFailed", _ => false, cancellation).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(settings);
        }
    }

    private IEnumerable<string> KeptLines()
    {
        var path = Path.Combine(options.DataDirectory, ConfigurationFiles.Settings);
        return File.Exists(path) ? File.ReadAllLines(path).Where(l => Kept.Contains(SettingsText.NameOf(l))) : [];
    }
}
