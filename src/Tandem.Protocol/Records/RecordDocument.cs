using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Protocol.Records;

/// <summary>The JSON in the record's annotation, field by field. Strings hold the values' own forms.</summary>
internal sealed class RecordDocument
{
    public int Format { get; set; }
    public long? Revision { get; set; }
    public string State { get; set; } = "Stable";
    public string? Target { get; set; }
    public DateTimeOffset? Deadline { get; set; }
    public RunMode RunMode { get; set; }
    public string? PairEpoch { get; set; }
    public List<ClauseDocument>? Quorums { get; set; }
    public List<string>? Members { get; set; }
    public List<LineageDocument>? Lineage { get; set; }
    public string? ElectedEnd { get; set; }
    public string? GivenBy { get; set; }
    public RunDocument? Run { get; set; }
    public string? Lsn { get; set; }
    public LogEndDocument? Floor { get; set; }
    public SuspicionDocument? Suspect { get; set; }
    public string? Nonce { get; set; }
    public ulong? SystemIdentifier { get; set; }
    public TokenDocument? Demoted { get; set; }
    public ArbiterBindingDocument? Arbiter { get; set; }
    public RemoteDocument? Remote { get; set; }
    public string? Named { get; set; }

    [JsonExtensionData] public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>A whole record in one text: the annotation, and what the Lease's own spec says beside it.</summary>
internal sealed record RememberedDocument(string? Holder, long Epoch, int LeaseSeconds, string Record);

internal sealed record ClauseDocument(long Epoch, string Holder, List<string> Members, int Acknowledgements);
internal sealed record LineageDocument(string? PairEpoch, long Epoch, string Incarnation, uint? Timeline, string? SwitchPoint);
internal sealed record RunDocument(string ContainerId, string Nonce);
internal sealed record LogEndDocument(string? PairEpoch, long Epoch, string Lsn);
internal sealed record SuspicionDocument(string Nonce, string By);
internal sealed record ArbiterBindingDocument(string Pair, long DurationMilliseconds, long Generation, bool Leaving);
internal sealed record RemoteDocument(string Incarnation, string PairEpoch, bool Counted, bool Preferred, bool? Waits);
internal sealed record TokenDocument(ulong SystemIdentifier, uint Timeline, string Lsn, string PairEpoch);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(RecordDocument))]
[JsonSerializable(typeof(RememberedDocument))]
[JsonSerializable(typeof(List<LineageDocument>))]
internal sealed partial class RecordJson : JsonSerializerContext;
