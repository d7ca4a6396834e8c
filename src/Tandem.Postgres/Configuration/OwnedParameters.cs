namespace Tandem.Postgres.Configuration;

/// <summary>
/// Parameters that ALTER SYSTEM must never override, whatever the configuration names: each of them can break the protocol, by ending recovery, by
/// reading WAL from elsewhere, by acknowledging what is not durable, or by letting the server restart behind the supervisor's back.
/// </summary>
public static class OwnedParameters
{
    public static readonly IReadOnlySet<string> Names = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "primary_conninfo", "primary_slot_name", "restore_command", "recovery_end_command", "archive_cleanup_command",
        "recovery_target", "recovery_target_action", "recovery_target_inclusive", "recovery_target_lsn", "recovery_target_name",
        "recovery_target_time", "recovery_target_timeline", "recovery_target_xid", "promote_trigger_file", "recovery_min_apply_delay",
        "synchronous_standby_names", "synchronous_commit", "fsync", "full_page_writes", "wal_sync_method", "data_sync_retry", "ignore_invalid_pages",
        "ignore_checksum_failure", "zero_damaged_pages", "wal_level", "wal_log_hints", "hot_standby", "max_wal_senders", "max_replication_slots",
        "wal_keep_size", "max_slot_wal_keep_size", "wal_retrieve_retry_interval", "wal_receiver_timeout", "wal_receiver_status_interval", "wal_sender_timeout",
        "wal_receiver_create_temp_slot", "restart_after_crash", "allow_alter_system", "cluster_name", "update_process_title", "listen_addresses", "port", "unix_socket_directories", "unix_socket_permissions",
        "unix_socket_group", "hba_file", "ident_file", "data_directory", "config_file", "external_pid_file",
        "ssl", "ssl_ca_file", "ssl_cert_file", "ssl_key_file", "ssl_crl_file", "ssl_crl_dir", "logging_collector", "log_destination",
        "allow_in_place_tablespaces", "idle_replication_slot_timeout",
    };
}
