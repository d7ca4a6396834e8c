namespace Tandem.Postgres.Configuration;

/// <summary>Parameters that not every version from 14 to 18 knows: an unknown one in the file keeps the server from starting.</summary>
internal static class ParameterVersions
{
    private static readonly Dictionary<string, (int From, int Until)> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["recovery_prefetch"] = (15, 99),
        ["wal_decode_buffer_size"] = (15, 99),
        ["log_startup_progress_interval"] = (15, 99),
        ["archive_library"] = (15, 99),
        ["stats_fetch_consistency"] = (15, 99),
        ["reserved_connections"] = (16, 99),
        ["vacuum_buffer_usage_limit"] = (16, 99),
        ["scram_iterations"] = (16, 99),
        ["debug_parallel_query"] = (16, 99),
        ["allow_alter_system"] = (17, 99),
        ["event_triggers"] = (17, 99),
        ["summarize_wal"] = (17, 99),
        ["wal_summary_keep_time"] = (17, 99),
        ["sync_replication_slots"] = (17, 99),
        ["synchronized_standby_slots"] = (17, 99),
        ["transaction_timeout"] = (17, 99),
        ["trace_connection_negotiation"] = (17, 99),
        ["io_method"] = (18, 99),
        ["io_workers"] = (18, 99),
        ["io_max_concurrency"] = (18, 99),
        ["idle_replication_slot_timeout"] = (18, 99),
        ["max_active_replication_origins"] = (18, 99),
        ["autovacuum_worker_slots"] = (18, 99),
        ["track_cost_delay_timing"] = (18, 99),
        ["stats_temp_directory"] = (0, 14),
        ["promote_trigger_file"] = (0, 15),
        ["vacuum_defer_cleanup_age"] = (0, 15),
        ["force_parallel_mode"] = (0, 15),
        ["old_snapshot_threshold"] = (0, 16),
        ["db_user_namespace"] = (0, 16),
    };

    /// <param name="major">E.g. 15.</param>
    public static bool Exists(string parameter, int major) => !Known.TryGetValue(parameter, out var span) || (major >= span.From && major <= span.Until);
}
