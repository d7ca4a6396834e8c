using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Protocol.Records;

/// <summary>The JSON in the pair record's annotation, field by field. Strings hold the values' own forms.</summary>
internal sealed class PairRecordDocument
{
    public int Format { get; set; }
    public string? PairEpoch { get; set; }
    public PairRole? Role { get; set; }
    public PairRecordState State { get; set; }
    public PairOperationDocument? Operation { get; set; }
    public string? LastRequested { get; set; }
    public List<PairOutcomeDocument>? History { get; set; }
    public string? Named { get; set; }
    public SynchronousMarkDocument? Mark { get; set; }
    public SiteFactsDocument? Self { get; set; }
    public PeerFactsDocument? Peer { get; set; }
    public SwitchoverAttemptDocument? Attempted { get; set; }
    public DateTimeOffset? WrittenAt { get; set; }
    public string? PairUid { get; set; }
    public string? Nonce { get; set; }

    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

internal sealed record PairOperationDocument(
    string Id, PairOperationKind Kind, PairStep Step, string Target, string Owner, DateTimeOffset StartedAt, DateTimeOffset StepStartedAt, DateTimeOffset Deadline,
    DateTimeOffset? DrainDeadline, HandoverTokenDocument? Token);

internal sealed record HandoverTokenDocument(ulong SystemIdentifier, uint Timeline, string? ReignPairEpoch, long ReignEpoch, string Lsn, string PairEpoch);

internal sealed record PairOutcomeDocument(
    PairOutcomeKind Kind, string? From, string To, DateTimeOffset At, string? OperationId, HandoverTokenDocument? Token, string? Message, DateTimeOffset? StartedAt, bool? Carried = null);

internal sealed record SwitchoverAttemptDocument(long Epoch, long Attempt);

internal sealed record SynchronousMarkDocument(string Incarnation, bool Preferred);

internal sealed record SiteFactsDocument(string? Host, int? Port, string? Authority, ulong? SystemIdentifier, int? ServerVersion, string? Holder, string? ReplicationName, bool Ready, string? ReadyAt, string? NotReadyReason, string? Reign, string? Counts, bool? HolderLost);

internal sealed record PeerFactsDocument(DateTimeOffset LastSeen, string? PairEpoch, PairRole? Role, SiteFactsDocument? Facts, long? RecoveryPointBytes, double? RecoveryPointSeconds, DateTimeOffset? AsOf = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(PairRecordDocument))]
internal sealed partial class PairRecordJson : JsonSerializerContext;
