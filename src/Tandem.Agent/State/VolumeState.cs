using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tandem.Postgres;
using Tandem.Postgres.Files;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Agent.State;

/// <summary>What was begun on the volume and must be seen through (or begun again) before its data means anything.</summary>
public enum VolumeMarker { None, Initializing, Cloning, Rewinding }

/// <summary>What an agent remembers beside its data; every change is fsynced before anything leans on it.</summary>
public sealed record VolumeState
{
    /// <summary>No record names a member that was copied anew more often than this.</summary>
    private const int MostFormerLives = 32;

    /// <summary>This life of the volume: 32 hex digits, made at the first start and again before every rebuild.</summary>
    public required string Volume { get; init; }

    /// <summary>
    /// Lives before this one, oldest first: their data was copied anew, and speaks for nothing any more; what they had obeyed is remembered here all the same.
    /// </summary>
    public ImmutableList<string> FormerLives { get; init; } = [];

    /// <summary>The promise: no epoch below this is obeyed ever again.</summary>
    public Epoch Promise { get; init; }

    /// <summary>History of the data: of the holder that is (or was last) followed, or one's own.</summary>
    public ImmutableList<LineageEntry> Lineage { get; init; } = [];

    public VolumeMarker Marker { get; init; }

    /// <summary>While the marker says Rewinding: where the log ended before.</summary>
    public WalEnd? RewoundFrom { get; init; }

    /// <summary>While the marker says Rewinding: up to where the data are still of the log's own history; null where an agent that did not note it set the marker.</summary>
    public Lsn? RewoundTo { get; init; }

    /// <summary>A hold given to an asynchronous primary: nothing is promised above <see cref="HoldEpoch"/> before it ends. After a restart the agent is bound for its whole length again.</summary>
    public TimeSpan HoldLength { get; init; }
    public Epoch HoldEpoch { get; init; }

    /// <summary>
    /// The timeline that this volume's own server began past its agent: a person has promoted it. What is on it is on no reign's, also where one has begun a timeline of that number, perhaps at the very same point.
    /// </summary>
    public TimelineId? PromotedByHand { get; init; }

    /// <summary>Highest pair epoch that the data was written under, so that a site never opens below it [S7].</summary>
    public PairEpoch? PairEpoch { get; init; }

    /// <summary>
    /// The newest record that this volume has obeyed: what is left of it where the API server has lost it, or has taken it back to an older one. Its members are who must be heard then.
    /// </summary>
    public PrimaryRecord? Record { get; init; }

    /// <summary>Whose the records of a log are that ends there, as far as this volume knows.</summary>
    public DataLineage LogOf(TimelineId timeline, Lsn end) => PromotedByHand == timeline ? DataLineage.OfNobody(Lineage, timeline, end) : DataLineage.Of(Lineage, timeline, end);

    /// <summary>Between two lives, or in one again: no rewind is unfinished, and the log is another.</summary>
    public VolumeState WithoutRewind(VolumeMarker marker) => this with { Marker = marker, RewoundFrom = null, RewoundTo = null, PromotedByHand = null };

    /// <summary>A new life of the volume, which keeps promise and record.</summary>
    public VolumeState Reborn(string volume, VolumeMarker marker) =>
        WithoutRewind(marker) with { Volume = volume, FormerLives = FormerLives.Add(Volume).TakeLast(MostFormerLives).ToImmutableList(), Lineage = [] };

    /// <summary>With what is newer of the two: the record remembered, or this one.</summary>
    public VolumeState Obeying(PrimaryRecord? record) => record is null || (Record is { } known && !known.IsOlderThan(record)) ? this
        // A record that does not name the database yet takes nothing back.
        : this with { Record = record with { SystemIdentifier = record.SystemIdentifier ?? Record?.SystemIdentifier } };
}

/// <summary>Where <see cref="VolumeState"/> is kept. Save returns when it is on the disk.</summary>
public interface IVolumeStore
{
    VolumeState? Load();
    void Save(VolumeState state);

    /// <summary>A small durable write on the volume, for the check of its health (requirement C5). Throws where it fails.</summary>
    Task ProbeAsync(CancellationToken cancellation);
}

/// <summary><c>agent/state.json</c> on the claim: durable when <see cref="Save"/> returns, so that a power loss never brings an older promise back.</summary>
public sealed class FileVolumeStore(string folder) : IVolumeStore
{
    private string Path => System.IO.Path.Combine(folder, "state.json");

    public VolumeState? Load()
    {
        if (!File.Exists(Path)) return null;
        var document = JsonSerializer.Deserialize(File.ReadAllText(Path), VolumeJson.Default.VolumeDocument)
            ?? throw new InvalidDataException($"{Path} is empty");
        return new VolumeState
        {
            Volume = document.Volume,
            FormerLives = document.FormerLives ?? [],
            Promise = new Epoch(document.Promise),
            Lineage = RecordCodec.DecodeLineageText(document.Lineage),
            Marker = document.Marker,
            RewoundFrom = document is { RewoundTimeline: { } timeline, RewoundEnd: { } end } ? new WalEnd(new TimelineId(timeline), Lsn.Parse(end)) : null,
            RewoundTo = document.RewoundTo is { } fork ? Lsn.Parse(fork) : null,
            PromotedByHand = document.PromotedByHand is { } begun ? new TimelineId(begun) : null,
            HoldLength = TimeSpan.FromMilliseconds(document.HoldMilliseconds),
            HoldEpoch = new Epoch(document.HoldEpoch),
            PairEpoch = document.PairEpoch is { } pair ? PairEpoch.Parse(pair) : null,
            Record = document.Record is { } record ? RecordCodec.DecodeRemembered(record) : null,
        };
    }

    public void Save(VolumeState state)
    {
        Directory.CreateDirectory(folder);
        var document = new VolumeDocument(state.Volume, state.FormerLives, state.Promise.Value, RecordCodec.EncodeLineageText(state.Lineage), state.Marker,
            (long)state.HoldLength.TotalMilliseconds, state.HoldEpoch.Value, state.PairEpoch?.ToString(), state.Record is { } record ? RecordCodec.EncodeRemembered(record) : null,
            state.RewoundFrom?.Timeline.Value, state.RewoundFrom?.End.ToString(), state.RewoundTo?.ToString(), state.PromotedByHand?.Value);
        AtomicFile.Write(Path, JsonSerializer.SerializeToUtf8Bytes(document, VolumeJson.Default.VolumeDocument));
    }

    /// <summary>On another thread: a disk that hangs must not hang the loop.</summary>
    public Task ProbeAsync(CancellationToken cancellation) => Task.Run(() => AtomicFile.Write(System.IO.Path.Combine(folder, "probe"), "probe"u8), cancellation);
}

internal sealed record VolumeDocument(string Volume, ImmutableList<string>? FormerLives, long Promise, string Lineage, VolumeMarker Marker, long HoldMilliseconds, long HoldEpoch, string? PairEpoch, string? Record, uint? RewoundTimeline, string? RewoundEnd, string? RewoundTo, uint? PromotedByHand);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(VolumeDocument))]
internal sealed partial class VolumeJson : JsonSerializerContext;
