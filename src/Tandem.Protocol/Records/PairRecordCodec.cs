using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>The pair record's text form: the JSON of the annotation <c>tandem.dev/pair-record</c>. All of the record is in it; the Lease's own fields only repeat it for readers.</summary>
public static class PairRecordCodec
{
    /// <summary>What each text says that is still kept somewhere: a Lease in a cache is read at every look, mostly unchanged.</summary>
    private static readonly ConditionalWeakTable<string, PairRecord> Known = [];

    /// <exception cref="FormatException">The text is not a pair record, with the field that is wrong.</exception>
    public static PairRecord Decode(string json) => Known.GetValue(json, Read);

    private static PairRecord Read(string json)
    {
        PairRecordDocument document;
        try
        {
            document = JsonSerializer.Deserialize(json, PairRecordJson.Default.PairRecordDocument) ?? throw new FormatException("the pair record is null");
        }
        catch (JsonException exception)
        {
            throw new FormatException($"the pair record is not readable at {exception.Path}: {exception.Message}", exception);
        }

        return new PairRecord
        {
            Format = document.Format,
            PairEpoch = PairEpoch.Parse(document.PairEpoch ?? throw new FormatException("the pair record has no pairEpoch")),
            Role = document.Role ?? throw new FormatException("the pair record has no role"),
            State = document.State,
            Operation = document.Operation is { } operation ? Decode(operation) : null,
            LastRequested = document.LastRequested ?? throw new FormatException("the pair record has no lastRequested"),
            History = [.. (document.History ?? []).Select(Decode)],
            Named = document.Named is { } named ? Incarnation.Parse(named) : null,
            Synchronous = document.Mark is { } mark ? new SynchronousMark(Incarnation.Parse(mark.Incarnation), mark.Preferred) : null,
            Self = document.Self is { } self ? Decode(self) : null,
            Peer = document.Peer is { } peer ? Decode(peer) : null,
            Attempted = document.Attempted is { } attempted ? new SwitchoverAttempt(attempted.Epoch, attempted.Attempt) : null,
            WrittenAt = document.WrittenAt,
            PairUid = document.PairUid,
            Nonce = document.Nonce ?? "",
            Unknown = document.Unknown?.ToImmutableDictionary() ?? ImmutableDictionary<string, JsonElement>.Empty,
        };
    }

    public static string Encode(PairRecord record) => JsonSerializer.Serialize(
        new PairRecordDocument
        {
            // The lowest that fits; one that this code does not know stays: whoever it keeps off stays so.
            Format = !record.IsWritable ? record.Format : record is { Named: null, Synchronous: null } ? PairRecord.FirstFormat : PairRecord.SynchronousFormat,
            PairEpoch = record.PairEpoch.ToString(),
            Role = record.Role,
            State = record.State,
            Operation = record.Operation is { } operation ? Encode(operation) : null,
            LastRequested = record.LastRequested,
            History = record.History.IsEmpty ? null : [.. record.History.Select(Encode)],
            Named = record.Named?.ToString(),
            Mark = record.Synchronous is { } mark ? new SynchronousMarkDocument(mark.Incarnation.ToString(), mark.Preferred) : null,
            Self = record.Self is { } self ? Encode(self) : null,
            Peer = record.Peer is { } peer ? Encode(peer) : null,
            Attempted = record.Attempted is { } attempted ? new SwitchoverAttemptDocument(attempted.Epoch, attempted.Attempt) : null,
            WrittenAt = record.WrittenAt,
            PairUid = record.PairUid,
            Nonce = record.Nonce,
            Unknown = record.Unknown.IsEmpty ? null : new Dictionary<string, JsonElement>(record.Unknown),
        },
        PairRecordJson.Default.PairRecordDocument);

    private static PairOperation Decode(PairOperationDocument o) => new(
        o.Id, o.Kind, o.Step, o.Target, o.Owner, o.StartedAt, o.StepStartedAt, o.Deadline, o.DrainDeadline, o.Token is { } token ? Decode(token) : null);

    private static PairOperationDocument Encode(PairOperation o) => new(
        o.Id, o.Kind, o.Step, o.Target, o.Owner, o.StartedAt, o.StepStartedAt, o.Deadline, o.DrainDeadline, o.Token is { } token ? Encode(token) : null);

    private static HandoverToken Decode(HandoverTokenDocument t) => new(
        new SystemIdentifier(t.SystemIdentifier), new TimelineId(t.Timeline),
        new LogEnd(t.ReignPairEpoch is { } reign ? PairEpoch.Parse(reign) : null, new Epoch(t.ReignEpoch), Lsn.Parse(t.Lsn)), PairEpoch.Parse(t.PairEpoch));

    private static HandoverTokenDocument Encode(HandoverToken t) => new(
        t.SystemIdentifier.Value, t.Timeline.Value, t.End.PairEpoch?.ToString(), t.End.Epoch.Value, t.End.Lsn.ToString(), t.PairEpoch.ToString());

    private static PairOutcome Decode(PairOutcomeDocument o) => new(
        o.Kind, o.From is { } from ? PairEpoch.Parse(from) : null, PairEpoch.Parse(o.To), o.At, o.OperationId, o.Token is { } token ? Decode(token) : null, o.Message, o.StartedAt, o.Carried ?? false);

    private static PairOutcomeDocument Encode(PairOutcome o) => new(
        o.Kind, o.From?.ToString(), o.To.ToString(), o.At, o.OperationId, o.Token is { } token ? Encode(token) : null, o.Message, o.StartedAt, o.Carried ? true : null);

    private static SiteFacts Decode(SiteFactsDocument f) => new()
    {
        Host = f.Host, Port = f.Port, Authority = f.Authority, SystemIdentifier = f.SystemIdentifier is { } id ? new SystemIdentifier(id) : null,
        ServerVersion = f.ServerVersion, Holder = f.Holder, ReplicationName = f.ReplicationName, Ready = f.Ready, ReadyAt = f.ReadyAt is { } at ? PairEpoch.Parse(at) : null, NotReadyReason = f.NotReadyReason,
        Reign = f.Reign, Counts = f.Counts, HolderLost = f.HolderLost ?? false,
    };

    private static SiteFactsDocument Encode(SiteFacts f) => new(f.Host, f.Port, f.Authority, f.SystemIdentifier?.Value, f.ServerVersion, f.Holder, f.ReplicationName, f.Ready, f.ReadyAt?.ToString(), f.NotReadyReason, f.Reign, f.Counts, f.HolderLost ? true : null);

    private static PeerFacts Decode(PeerFactsDocument f) => new()
    {
        LastSeen = f.LastSeen, PairEpoch = f.PairEpoch is { } epoch ? PairEpoch.Parse(epoch) : null, Role = f.Role, Facts = f.Facts is { } facts ? Decode(facts) : null,
        RecoveryPointBytes = f.RecoveryPointBytes, RecoveryPointSeconds = f.RecoveryPointSeconds, AsOf = f.AsOf,
    };

    private static PeerFactsDocument Encode(PeerFacts f) => new(
        f.LastSeen, f.PairEpoch?.ToString(), f.Role, f.Facts is { } facts ? Encode(facts) : null, f.RecoveryPointBytes, f.RecoveryPointSeconds, f.AsOf);
}
