namespace Tandem.Resources.Validation;

/// <summary>
/// The server's settings that the protocol stands on (protocol, section 4; requirement E19): refused in <c>spec.parameters</c>, each with the reason.
/// The agent writes them itself, and puts drift right every tick.
/// </summary>
public static class ProtocolParameters
{
    private const string Synchrony = "the synchronous set is changed only together with the cluster's record; use spec.synchronization";
    private const string Upstream = "whom an instance follows is decided by the record";
    private const string Recovery = "what an instance recovers to is decided by the record";
    private const string Crash = "without it a crash could lose or tear what was acknowledged";
    private const string Rewind = "a former primary could not be rewound without it";
    private const string Detection = "the protocol's own timing depends on it; use spec.failover";
    private const string Replay = "a standby must replay without delay, or a failover waits for it";
    private const string Address = "clients and standbys reach the server by the Services at the address that Tandem gives it; use spec.services";
    private const string Tls = "certificates are Tandem's own";
    private const string Files = "the files of the server are where Tandem put them";
    private const string Access = "who may connect is said by spec.accessRules";
    private const string Restart = "the agent restarts the server, behind the gate of every read-write start";
    private const string Damage = "it hides damage that a rebuild of the instance must mend; use kubectl tandem rejoin --rebuild";
    private const string Include = "settings from other files could carry any of those that the protocol owns; name them one by one in spec.parameters";
    private const string Output = "the server's log goes to the pod's log";

    /// <summary>By name, in lower case: why nobody else may set it.</summary>
    public static readonly IReadOnlyDictionary<string, string> Owned = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["synchronous_standby_names"] = Synchrony,
        ["primary_conninfo"] = Upstream,
        ["primary_slot_name"] = Upstream,
        ["wal_receiver_create_temp_slot"] = Upstream,
        ["hot_standby"] = "a standby must be readable: that is how it is watched",
        ["restore_command"] = Recovery,
        ["archive_cleanup_command"] = Recovery,
        ["recovery_end_command"] = Recovery,
        ["promote_trigger_file"] = Recovery,
        ["trigger_file"] = Recovery,
        ["standby_mode"] = Recovery,
        ["recovery_min_apply_delay"] = Replay,
        ["max_standby_streaming_delay"] = Replay,
        ["max_standby_archive_delay"] = Replay,
        ["hot_standby_feedback"] = "it is kept on, so that reads at a standby are not cancelled",
        ["wal_log_hints"] = Rewind,
        ["fsync"] = Crash,
        ["full_page_writes"] = Crash,
        ["data_sync_retry"] = Crash,
        ["wal_sync_method"] = Crash,
        ["recovery_init_sync_method"] = Crash,
        ["restart_after_crash"] = Restart,
        ["wal_sender_timeout"] = Detection,
        ["wal_receiver_timeout"] = Detection,
        ["wal_receiver_status_interval"] = Detection,
        ["wal_retrieve_retry_interval"] = Detection,
        ["listen_addresses"] = Address,
        ["port"] = Address,
        ["unix_socket_directories"] = Address,
        ["unix_socket_group"] = Address,
        ["unix_socket_permissions"] = Address,
        ["bonjour"] = Address,
        ["bonjour_name"] = Address,
        ["cluster_name"] = "standbys are told apart by it",
        ["data_directory"] = Files,
        ["config_file"] = Files,
        ["external_pid_file"] = Files,
        ["hba_file"] = Access,
        ["ident_file"] = Access,
        ["allow_alter_system"] = "settings made by ALTER SYSTEM go before those of Tandem",
        ["include"] = Include,
        ["include_dir"] = Include,
        ["include_if_exists"] = Include,
        ["zero_damaged_pages"] = Damage,
        ["ignore_invalid_pages"] = Damage,
        ["ignore_checksum_failure"] = Damage,
        ["ignore_system_indexes"] = Damage,
        ["default_transaction_read_only"] = "the probe of durable writes would fail, and the primary would move",
        ["transaction_read_only"] = "the probe of durable writes would fail, and the primary would move",
        ["logging_collector"] = Output,
        ["log_destination"] = Output,
        ["log_directory"] = Output,
        ["log_filename"] = Output,
    };

    private static readonly (string Prefix, string Why)[] OwnedPrefixes =
    [
        ("recovery_target", Recovery),
        ("ssl", Tls),
        ("tandem.", "the prefix is Tandem's own"),
    ];

    /// <summary>Why <paramref name="name"/> is refused; null where anybody may set it.</summary>
    public static string? WhyOwned(string name) =>
        Owned.TryGetValue(name, out var why) ? why
        : OwnedPrefixes.FirstOrDefault(p => name.StartsWith(p.Prefix, StringComparison.OrdinalIgnoreCase)).Why;
}
