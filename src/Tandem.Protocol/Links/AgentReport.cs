using System.Text.Json.Serialization;

namespace Tandem.Protocol.Links;

/// <summary>
/// What an agent says of itself: <c>GET /v1/report</c> on its link port. Positions as PostgreSQL writes them; a null is "unknown", never 0.
/// What an older agent does not say is empty: the reader may be newer.
/// The operator builds status from these; nothing is decided from them that the record does not settle.
/// </summary>
public sealed record AgentReport
{
    /// <summary><c>instance/volume/claim</c>; null before the volume holds data.</summary>
    public string? Incarnation { get; init; }

    /// <summary>Whether the very incarnation says it: another life of its volume answers under its instance's name.</summary>
    public bool IsOf(Resources.Values.Incarnation incarnation) => Incarnation == incarnation.ToString();

    public required string Instance { get; init; }
    public string? Node { get; init; }

    /// <summary>Version of the agent.</summary>
    public required string Version { get; init; }

    /// <summary>
    /// How long ago, when it was asked, the agent had looked at what is said here: a process that was stopped answers with what it saw before that, and says so. Null: an older agent, which does not tell.
    /// </summary>
    public long? SeenAgoMilliseconds { get; init; }

    /// <summary>Highest epoch promised or followed.</summary>
    public long Epoch { get; init; }

    /// <summary>Revision of the newest record that it has obeyed.</summary>
    public long? Revision { get; init; }

    /// <summary>Epoch of the record as last read, and how old that reading is, in milliseconds.</summary>
    public long? RecordEpoch { get; init; }
    public long? RecordAgeMilliseconds { get; init; }

    /// <summary>Primary, MainStandby, Standby, Cascade; null where it has none (founding, held).</summary>
    public string? Role { get; init; }

    /// <summary>Primary or Standby: how this very server runs, apart from what the record asks.</summary>
    public string? RunMode { get; init; }

    /// <summary>founding, cloning, rewinding, starting, recovering, streaming, running, stopping, stopped, held.</summary>
    public required string State { get; init; }

    /// <summary>Why it is in that state, CamelCase; with a sentence beside it.</summary>
    public string? Reason { get; init; }
    public string? Message { get; init; }

    /// <summary>Share of a clone or rewind done, 0 to 100.</summary>
    public double? Progress { get; init; }

    /// <summary>Its volume is to be copied anew, and the other site must count it no more before that.</summary>
    public bool AsksToBeLetGo { get; init; }

    /// <summary>The newest reign that its volume knows its data to be of, or to come from, by its name; null: none.</summary>
    public string? Reign { get; init; }

    /// <summary>Clients are admitted (protocol, C1).</summary>
    public bool Admitted { get; init; }

    /// <summary>It runs read-write and could be used, but the pair is being handed over: nobody is let in until that is decided.</summary>
    public bool TurnsClientsAway { get; init; }

    public long? Timeline { get; init; }
    public string? Written { get; init; }
    public string? Flushed { get; init; }
    public string? Replayed { get; init; }
    public string? SystemIdentifier { get; init; }

    /// <summary>server_version_num, e.g. 150018.</summary>
    public int? ServerVersion { get; init; }

    /// <summary>With the other site's name behind it: that one is streamed from.</summary>
    public const string SitePrefix = "site/";

    /// <summary>Instance streamed from, or <c>site/…</c> for the other site.</summary>
    public string? Upstream { get; init; }

    /// <summary>The receiver is streaming now.</summary>
    public bool Streaming { get; init; }

    /// <summary>It streams from the other site. One that has just been elected main standby may still stream from the one before.</summary>
    [JsonIgnore]
    public bool StreamsFromOtherSite => Streaming && Upstream?.StartsWith(SitePrefix, StringComparison.Ordinal) == true;

    /// <summary>Milliseconds since the last replayed commit's time stamp while behind; 0 where nothing is left to replay.</summary>
    public long? ReplayDelayMilliseconds { get; init; }

    /// <summary>Of the holder of a primary site in a synchronous pair: for how long the one of the other site that is counted has not been streaming, or has not been known to know this reign; null: it streams, or nobody is counted.</summary>
    public long? RemoteSilentMilliseconds { get; init; }

    /// <summary>Of whom <see cref="RemoteSilentMilliseconds"/> speaks, by its replication name.</summary>
    public string? RemoteName { get; init; }

    public IReadOnlyList<SenderReport> Senders { get; init => field = value ?? []; } = [];

    /// <summary>synchronous_standby_names as in force, and the clauses' state in words.</summary>
    public string? SynchronousStandbyNames { get; init; }

    /// <summary>Restarts in place within the window, and the last failure's sentence.</summary>
    public int Restarts { get; init; }
    public string? LastFailure { get; init; }

    /// <summary>The highest format of the record that it knows. Null: an agent that does not say.</summary>
    public int? RecordFormat { get; init; }

    /// <summary>Its volume has a whole copy of the database: no clone or rewind was begun there and not finished. Null: an agent that does not say.</summary>
    public bool? HasCopy { get; init; }

    public bool Promotable { get; init; }
    public string? NotPromotableReason { get; init; }
    public bool StorageWritable { get; init; } = true;
    public bool RewindPossible { get; init; }

    /// <summary>Parameters that wait for a restart.</summary>
    public IReadOnlyList<string> PendingRestart { get; init => field = value ?? []; } = [];

    /// <summary>Parameters of the spec that the server refuses, and goes on without.</summary>
    public IReadOnlyList<RefusedParameterReport> RefusedParameters { get; init => field = value ?? []; } = [];

    /// <summary>Hash of the configuration in force, and of the DatabaseCluster generation it came from.</summary>
    public long? ConfigurationGeneration { get; init; }

    /// <summary>Since when writes are possible here; and how long they were not before that, in milliseconds, where known.</summary>
    public DateTimeOffset? AdmittedAt { get; init; }
}

/// <param name="Kept">The value that the server goes on with; null: its default.</param>
public sealed record RefusedParameterReport(string Name, string Value, string Message, string? Kept);

/// <summary>One walsender of the reporting server.</summary>
public sealed record SenderReport(string ApplicationName, string State, string? Sent, string? Write, string? Flush, string? Replay, string SyncState, int SyncPriority, string? ClientAddress);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AgentReport))]
public sealed partial class AgentReportJson : JsonSerializerContext;
