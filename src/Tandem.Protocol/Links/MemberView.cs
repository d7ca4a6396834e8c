using System.Text.Json.Serialization;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Links;

/// <summary>What an agent tells another: <c>GET /v1/view</c>. Small, asked often while the holder is suspected or an election is on.</summary>
public sealed record MemberView
{
    /// <summary><c>instance/volume/claim</c>; null before the volume has an identity.</summary>
    public string? Incarnation { get; init; }

    /// <summary>Highest epoch promised.</summary>
    public long Epoch { get; init; }

    /// <summary>Milliseconds since this agent's last live beat of the holder of <see cref="BeatEpoch"/>; null: none.</summary>
    public long? SinceLiveBeatMilliseconds { get; init; }
    public long? BeatEpoch { get; init; }

    /// <summary>This agent holds the record and gives up: its storage fails, its restarts are used up, it is shutting down.</summary>
    public bool Failed { get; init; }

    /// <summary>Set while a promise of <see cref="Epoch"/> stands with the log sealed.</summary>
    public PromiseDocument? Promise { get; init; }

    /// <summary>Where its log ends now, flushed; null where unknown.</summary>
    public string? Flushed { get; init; }
    public uint? Timeline { get; init; }

    /// <summary>The reign that wrote the end of its log, as far as its volume knows; null where unknown.</summary>
    public string? LogPairEpoch { get; init; }
    public long? LogEpoch { get; init; }

    /// <summary>Where its log ends, in the order that elections use; null where it has not said so, or not so that it could be read.</summary>
    [JsonIgnore]
    public LogEnd? LogEnd => LogEpoch is { } epoch && Lsn.TryParse(Flushed, out var lsn)
        ? LogPairEpoch is null ? new LogEnd(null, new Epoch(epoch), lsn) : PairEpoch.TryParse(LogPairEpoch, out var pair) ? new LogEnd(pair, new Epoch(epoch), lsn) : null
        : null;

    /// <summary>A clone or rewind stands on the volume: it may not be counted.</summary>
    public bool Marked { get; init; }

    /// <summary>The newest record that it has obeyed; null: none.</summary>
    public long? RecordEpoch { get; init; }
    public long? RecordRevision { get; init; }

    /// <summary>It sees no record that it could obey (the record is lost, or older than what it remembers, or cannot be read), and says all that it remembers.</summary>
    public bool Recalls { get; init; }

    /// <summary>Where it <see cref="Recalls"/>: that record, as it is kept on the volume; null: it remembers none.</summary>
    public string? Remembered { get; init; }

    /// <summary>Where it <see cref="Recalls"/>: earlier lives of its volume that it remembers for.</summary>
    public IReadOnlyList<string>? FormerLives { get; init; }

    /// <summary>The newest reign that its volume knows its data to be of, or to come from, by its name; null: none.</summary>
    public string? Reign { get; init; }

    /// <summary>The record stands in the election of <see cref="Epoch"/>, which this agent has seen begin, in touch with the API server ever since: nobody has been elected in it yet.</summary>
    public bool SawElection { get; init; }

    /// <summary>Its data must be copied anew, and it waits to be let out of the clauses for that.</summary>
    public bool Leaves { get; init; }

    /// <summary>It is being ended in order, and waits a moment to be let out of the clauses, so that no commit waits for it meanwhile.</summary>
    public bool Stops { get; init; }
}

/// <summary>A promise in text form.</summary>
public sealed record PromiseDocument(long Epoch, string? PairEpoch, long? PositionEpoch, string? Lsn, uint? Timeline, string Lineage, int Priority, bool? CannotHold = null)
{
    public static PromiseDocument From(PromiseReport report) => new(
        report.Epoch.Value, report.Position?.PairEpoch?.ToString(), report.Position?.Epoch.Value, report.Position?.Lsn.ToString(), report.Timeline?.Value,
        RecordCodec.EncodeLineageText(report.Lineage), report.Priority, report.CanHold ? null : true);

    public PromiseReport ToReport(Incarnation by) => new(
        by, new Epoch(Epoch),
        PositionEpoch is { } epoch && Lsn is { } lsn ? new LogEnd(PairEpoch is { } pair ? Resources.Values.PairEpoch.Parse(pair) : null, new Epoch(epoch), Resources.Values.Lsn.Parse(lsn)) : null,
        Timeline is { } timeline ? new TimelineId(timeline) : null,
        RecordCodec.DecodeLineageText(Lineage), Priority)
    {
        CanHold = CannotHold != true,
    };
}

/// <summary>One heartbeat of the holder's agent: a line of JSON on <c>GET /v1/beats</c>, every 500 ms and at once when something changes.</summary>
/// <param name="SinceDurableWriteMilliseconds">Age of the last durable write probe; null: none in this reign yet.</param>
/// <param name="Failed">The holder gives up: no need to wait for silence.</param>
public sealed record Beat(string Incarnation, long Epoch, long? SinceDurableWriteMilliseconds, bool Failed);

/// <summary>Asked of a member by a holder that cannot reach the API server: <c>POST /v1/hold</c>.</summary>
/// <param name="Epoch">The holder's; the member confirms that it has promised nothing above.</param>
/// <param name="Milliseconds">Zero: a confirmation of this instant (synchronous modes: a promise given after it starves the holder of acknowledgements anyway).
/// Else a hold: the member promises nothing above for so long (asynchronous mode).</param>
public sealed record HoldRequest(string Incarnation, long Epoch, long Milliseconds);

public sealed record HoldAnswer(bool Held, long PromisedEpoch);

/// <summary>Before a standby connects: <c>POST /v1/attach</c>. The upstream's agent makes its slot and ends that slot's old walsender.</summary>
/// <param name="Rewinds">It is about to rewind from this server: a checkpoint first, so that the control file names the timeline that the server is on.</param>
public sealed record AttachRequest(string Incarnation, bool Rewinds = false);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MemberView))]
[JsonSerializable(typeof(Beat))]
[JsonSerializable(typeof(HoldRequest))]
[JsonSerializable(typeof(HoldAnswer))]
[JsonSerializable(typeof(AttachRequest))]
public sealed partial class LinkJson : JsonSerializerContext;
