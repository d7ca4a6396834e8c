using System.Globalization;
using Tandem.Agent.Loop;
using Tandem.Postgres;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Agent.Configuration;

/// <summary>Who may come in by network.</summary>
public enum Door
{
    /// <summary>Replication and rewind of instances with a certificate; nobody else. A primary before admission, and a site that is being handed over.</summary>
    Instances,

    /// <summary>Those and clients, by the user's rules.</summary>
    Clients,
}

/// <param name="SynchronousStandbyNames">As <see cref="Protocol.Synchrony.SetRules.Setting"/> has it; on a server that is not holder the placeholder that nobody bears.</param>
/// <param name="Generation">Told apart by new connections through <c>tandem.configuration</c>: whoever sees it was let in by this file's rules.</param>
public sealed record WantedConfiguration(string SynchronousStandbyNames, Door Door, ReplicationSource? Source, string Generation);

/// <summary>
/// Everything in the server's configuration: the user's parameters first, what the protocol owns over them. What is owned was refused to the user by name
/// already; to write it last is the belt to that brace.
/// </summary>
public static class ServerConfigurationBuilder
{
    /// <summary>A parameter of our own: PostgreSQL accepts any name with a dot.</summary>
    public const string GenerationParameter = "tandem.configuration";

    public static ServerConfiguration Build(AgentSettings settings, string instance, int serverVersion, WantedConfiguration wanted, PodPaths paths)
    {
        var parameters = new Dictionary<string, string>(Defaults(settings), StringComparer.Ordinal);
        foreach (var (name, value) in settings.Parameters) parameters[name] = value;
        foreach (var (name, value) in Owned(settings, instance, wanted, paths)) parameters[name] = value;
        // Only since 17 can the server itself refuse ALTER SYSTEM; before, what it wrote is put right as drift.
        if (serverVersion >= 170000) parameters["allow_alter_system"] = "off";
        return new ServerConfiguration(parameters, HostRules(settings, wanted.Door), IdentityMap, wanted.Source);
    }

    private static Dictionary<string, string> Defaults(AgentSettings settings) => new()
    {
        ["max_connections"] = "100",
        ["shared_buffers"] = "128MB",
        ["max_wal_size"] = "1GB",
        ["wal_keep_size"] = "512MB",
        ["max_slot_wal_keep_size"] = "4GB",
        ["max_wal_senders"] = Number(Math.Max(10, 2 * settings.Instances + 4)),
        ["max_replication_slots"] = Number(Math.Max(10, 2 * settings.Instances + 4)),
        ["wal_level"] = "replica",
        ["password_encryption"] = "scram-sha-256",
        ["log_line_prefix"] = "%m [%p] %q%u@%d ",
        ["log_checkpoints"] = "off",
        ["timezone"] = "UTC",
        ["log_timezone"] = "UTC",
    };

    /// <summary>Requirement E19, and the protocol's sections 2 to 4.</summary>
    private static Dictionary<string, string> Owned(AgentSettings settings, string instance, WantedConfiguration wanted, PodPaths paths) => new()
    {
        ["listen_addresses"] = "*",
        ["port"] = Number(Names.PostgresPort),
        ["unix_socket_directories"] = paths.Socket,
        ["cluster_name"] = instance,
        ["hot_standby"] = "on",
        ["hot_standby_feedback"] = "on",
        ["wal_log_hints"] = "on",
        ["fsync"] = "on",
        ["full_page_writes"] = "on",
        ["restart_after_crash"] = "off", // the agent restarts it, behind the gate
        ["synchronous_commit"] = "on",
        ["synchronous_standby_names"] = wanted.SynchronousStandbyNames,
        ["recovery_target_timeline"] = "latest",
        ["wal_sender_timeout"] = "5s",
        ["wal_receiver_timeout"] = "5s",
        ["wal_receiver_status_interval"] = "1s",
        ["wal_retrieve_retry_interval"] = "200ms",
        ["ssl"] = "on",
        ["ssl_cert_file"] = paths.ServerCertificate,
        ["ssl_key_file"] = paths.ServerKey,
        ["ssl_ca_file"] = paths.Bundle,
        ["logging_collector"] = "off",
        ["log_destination"] = "stderr",
        [GenerationParameter] = wanted.Generation,
    };

    /// <summary>Any certificate that one of the two sites' authorities issued is an instance's; it may replicate and be rewound from, and nothing else.</summary>
    private static readonly string[] IdentityMap =
    [
        "tandem /^(.*)$ tandem_replication",
        "tandem /^(.*)$ tandem_rewind",
    ];

    private static List<string> HostRules(AgentSettings settings, Door door)
    {
        List<string> rules =
        [
            "local all postgres peer",
            "hostssl replication tandem_replication all cert map=tandem",
            "hostssl postgres tandem_rewind all cert map=tandem",
            "host all tandem_replication,tandem_rewind,postgres all reject",
        ];
        if (door == Door.Clients)
            rules.AddRange(settings.AccessRules.Count > 0 ? settings.AccessRules : ["hostssl all all all scram-sha-256"]);
        rules.Add("host all all all reject");
        rules.Add("local all all reject");
        return rules;
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
