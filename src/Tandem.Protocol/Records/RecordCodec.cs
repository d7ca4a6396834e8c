using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Tandem.Protocol.Arbitration;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>The record's text form: the JSON of the annotation, and the fields that the Lease itself carries (passed beside it).</summary>
public static class RecordCodec
{
    /// <summary>What stands in the Lease's own spec.</summary>
    public sealed record LeaseFields(string? HolderIdentity, long LeaseTransitions, DateTimeOffset? RenewTime, int LeaseDurationSeconds);

    /// <summary>What each text says that is still kept somewhere: a Lease in a cache is read at every look, mostly unchanged.</summary>
    private static readonly ConditionalWeakTable<string, PrimaryRecord> Known = [];

    /// <exception cref="FormatException">The text is not a record, with the field that is wrong.</exception>
    public static PrimaryRecord Decode(string json, LeaseFields lease) => Known.GetValue(json, Read) with
    {
        Epoch = new Epoch(lease.LeaseTransitions),
        Holder = string.IsNullOrEmpty(lease.HolderIdentity) ? null : Incarnation.Parse(lease.HolderIdentity),
        RenewTime = lease.RenewTime,
        LeaseDuration = TimeSpan.FromSeconds(lease.LeaseDurationSeconds),
    };

    /// <summary>Without what the Lease itself says.</summary>
    private static PrimaryRecord Read(string json)
    {
        RecordDocument document;
        try
        {
            document = JsonSerializer.Deserialize(json, RecordJson.Default.RecordDocument) ?? throw new FormatException("the record is null");
        }
        catch (JsonException exception)
        {
            throw new FormatException($"the record is not readable at {exception.Path}: {exception.Message}", exception);
        }

        return new PrimaryRecord
        {
            Format = document.Format,
            Epoch = default,
            LeaseDuration = default,
            Revision = document.Revision ?? 0,
            State = DecodeState(document),
            RunMode = document.RunMode,
            PairEpoch = DecodePairEpoch(document.PairEpoch),
            Quorums = [.. (document.Quorums ?? []).Select(c => new QuorumClause(new Epoch(c.Epoch), Incarnation.Parse(c.Holder), [.. c.Members.Select(Incarnation.Parse)], c.Acknowledgements))],
            Members = [.. (document.Members ?? []).Select(Incarnation.Parse)],
            Lineage = DecodeLineage(document.Lineage),
            ElectedEnd = DecodeLsn(document.ElectedEnd),
            GivenBy = document.GivenBy is { } giver ? Incarnation.Parse(giver) : null,
            Run = document.Run is { } run ? new RunIdentity(run.ContainerId, run.Nonce) : null,
            Lsn = DecodeLsn(document.Lsn),
            Floor = document.Floor is { } floor ? new LogEnd(DecodePairEpoch(floor.PairEpoch), new Epoch(floor.Epoch), Resources.Values.Lsn.Parse(floor.Lsn)) : null,
            Suspect = document.Suspect is { } suspect ? new Suspicion(suspect.Nonce, Incarnation.Parse(suspect.By)) : null,
            Nonce = document.Nonce ?? "",
            SystemIdentifier = document.SystemIdentifier is { } id ? new SystemIdentifier(id) : null,
            Demoted = document.Demoted is { } token ? new DemotionToken(new SystemIdentifier(token.SystemIdentifier), new TimelineId(token.Timeline), Resources.Values.Lsn.Parse(token.Lsn), Resources.Values.PairEpoch.Parse(token.PairEpoch)) : null,
            Arbiter = document.Arbiter is { } arbiter ? new ArbiterBinding(arbiter.Pair, TimeSpan.FromMilliseconds(arbiter.DurationMilliseconds), arbiter.Generation, arbiter.Leaving) : null,
            Remote = document.Remote is { } remote ? new RemoteStandby(Incarnation.Parse(remote.Incarnation), Resources.Values.PairEpoch.Parse(remote.PairEpoch), remote.Counted, remote.Preferred, remote.Waits ?? false) : null,
            Named = document.Named is { } named ? Incarnation.Parse(named) : null,
            Unknown = document.Unknown?.ToImmutableDictionary() ?? ImmutableDictionary<string, JsonElement>.Empty,
        };
    }

    public static (string Json, LeaseFields Lease) Encode(PrimaryRecord record)
    {
        var handover = record.State as RecordState.HandingOver;
        var document = new RecordDocument
        {
            Format = record.NeededFormat,
            Revision = record.Revision > 0 ? record.Revision : null,
            State = record.State switch { RecordState.Stable => "Stable", RecordState.Electing => "Electing", RecordState.HandingOver => "HandingOver", _ => throw new InvalidOperationException() },
            Target = handover?.Target.ToString(),
            Deadline = handover?.Deadline,
            RunMode = record.RunMode,
            PairEpoch = record.PairEpoch?.ToString(),
            Quorums = [.. record.Quorums.Select(c => new ClauseDocument(c.Epoch.Value, c.Holder.ToString(), [.. c.Members.Select(m => m.ToString())], c.Acknowledgements))],
            Members = [.. record.Members.Select(m => m.ToString())],
            Lineage = EncodeLineage(record.Lineage),
            ElectedEnd = record.ElectedEnd?.ToString(),
            GivenBy = record.GivenBy?.ToString(),
            Run = record.Run is { } run ? new RunDocument(run.ContainerId, run.Nonce) : null,
            Lsn = record.Lsn?.ToString(),
            Floor = record.Floor is { } floor ? new LogEndDocument(floor.PairEpoch?.ToString(), floor.Epoch.Value, floor.Lsn.ToString()) : null,
            Suspect = record.Suspect is { } suspect ? new SuspicionDocument(suspect.Nonce, suspect.By.ToString()) : null,
            Nonce = record.Nonce,
            SystemIdentifier = record.SystemIdentifier?.Value,
            Demoted = record.Demoted is { } token ? new TokenDocument(token.SystemIdentifier.Value, token.Timeline.Value, token.Lsn.ToString(), token.PairEpoch.ToString()) : null,
            Arbiter = record.Arbiter is { } arbiter ? new ArbiterBindingDocument(arbiter.Pair, (long)arbiter.Duration.TotalMilliseconds, arbiter.Generation, arbiter.Leaving) : null,
            Remote = record.Remote is { } remote ? new RemoteDocument(remote.Incarnation.ToString(), remote.PairEpoch.ToString(), remote.Counted, remote.Preferred, remote.Waits ? true : null) : null,
            Named = record.Named?.ToString(),
            Unknown = record.Unknown.IsEmpty ? null : new Dictionary<string, JsonElement>(record.Unknown),
        };
        return (JsonSerializer.Serialize(document, RecordJson.Default.RecordDocument),
            new LeaseFields(record.Holder?.ToString() ?? "", record.Epoch.Value, record.RenewTime, (int)Math.Ceiling(record.LeaseDuration.TotalSeconds)));
    }

    /// <summary>
    /// A record as volumes remember it: what elections, starts and clauses lean on. What passes (who is suspected, when it was renewed, which container runs) is left out.
    /// </summary>
    public static string EncodeRemembered(PrimaryRecord record)
    {
        var (json, lease) = Encode(record with { Suspect = null, Run = null, RenewTime = null, Nonce = "" });
        return JsonSerializer.Serialize(new RememberedDocument(lease.HolderIdentity, lease.LeaseTransitions, lease.LeaseDurationSeconds, json), RecordJson.Default.RememberedDocument);
    }

    /// <exception cref="FormatException">The text is not a remembered record.</exception>
    public static PrimaryRecord DecodeRemembered(string text)
    {
        try
        {
            var document = JsonSerializer.Deserialize(text, RecordJson.Default.RememberedDocument) ?? throw new FormatException("the remembered record is null");
            return Decode(document.Record, new LeaseFields(document.Holder, document.Epoch, null, document.LeaseSeconds));
        }
        catch (JsonException exception)
        {
            throw new FormatException($"the remembered record is not readable at {exception.Path}", exception);
        }
    }

    /// <summary>A lineage alone, as followers persist it beside their volume's identity.</summary>
    public static string EncodeLineageText(IEnumerable<LineageEntry> lineage) => JsonSerializer.Serialize(EncodeLineage(lineage), RecordJson.Default.ListLineageDocument);

    /// <exception cref="FormatException">The text is not a lineage.</exception>
    public static ImmutableList<LineageEntry> DecodeLineageText(string text)
    {
        try
        {
            return DecodeLineage(JsonSerializer.Deserialize(text, RecordJson.Default.ListLineageDocument));
        }
        catch (JsonException exception)
        {
            throw new FormatException($"the lineage is not readable at {exception.Path}", exception);
        }
    }

    private static RecordState DecodeState(RecordDocument document) => document.State switch
    {
        "Stable" => RecordState.IsStable,
        "Electing" => RecordState.IsElecting,
        "HandingOver" => new RecordState.HandingOver(
            Incarnation.Parse(document.Target ?? throw new FormatException("state HandingOver without target")),
            document.Deadline ?? throw new FormatException("state HandingOver without deadline")),
        _ => throw new FormatException($"state '{document.State}' is not known"),
    };

    private static ImmutableList<LineageEntry> DecodeLineage(List<LineageDocument>? lineage) =>
        [.. (lineage ?? []).Select(l => new LineageEntry(DecodePairEpoch(l.PairEpoch), new Epoch(l.Epoch), Incarnation.Parse(l.Incarnation), l.Timeline is { } t ? new TimelineId(t) : null, DecodeLsn(l.SwitchPoint)))];

    private static List<LineageDocument> EncodeLineage(IEnumerable<LineageEntry> lineage) =>
        [.. lineage.Select(l => new LineageDocument(l.PairEpoch?.ToString(), l.Epoch.Value, l.Incarnation.ToString(), l.Timeline?.Value, l.SwitchPoint?.ToString()))];

    private static PairEpoch? DecodePairEpoch(string? text) => text is null ? null : Resources.Values.PairEpoch.Parse(text);

    private static Lsn? DecodeLsn(string? text) => text is null ? null : Resources.Values.Lsn.Parse(text);
}
