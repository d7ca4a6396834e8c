using System.Collections.Immutable;
using System.Text.Json;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>Which part a site has in the pair. The cluster's <see cref="RunMode"/> follows it by a second swap; nothing is decided there [S1].</summary>
public enum PairRole { Primary, Standby }

/// <summary>A switchover by hand that was begun: in which pair epoch, and the how manieth there.</summary>
public sealed record SwitchoverAttempt(long Epoch, long Attempt);

/// <summary>Whether the record may be acted upon at all.</summary>
public enum PairRecordState
{
    Active,

    /// <summary>The record was lost or is older than what else is remembered: nothing is opened, consumed or revoked at this site until a human acts.</summary>
    RecordRegressed,

    /// <summary>The pair object is being deleted here: no requests any more, but the record is obeyed [S13].</summary>
    Dissolving,

    /// <summary>Both sites' objects are being deleted. Only when this stands in both is the record no longer obeyed [S13].</summary>
    Dissolved,
}

/// <summary>
/// The pair record of one site (protocol, section 5): what this site knows of who may be writable. Kept in the Lease <c>&lt;pair&gt;-dr</c>; see <see cref="PairRecordCodec"/>.
/// Immutable: every change makes a new one, and lands by compare-and-swap on the resourceVersion of a live read.
/// </summary>
public sealed record PairRecord
{
    /// <summary>The highest that this code knows. A record of a higher one may be read, never swapped.</summary>
    public const int CurrentFormat = SynchronousFormat;
    public const int FirstFormat = 1;

    /// <summary>From this one on a record may name who is counted here: whoever does not know that must neither take over by it nor take it away.</summary>
    public const int SynchronousFormat = 2;

    /// <summary>How many outcomes are kept.</summary>
    public const int HistoryLimit = 20;

    /// <summary>As it was read. What is written bears the lowest that has all that it says.</summary>
    public int Format { get; init; } = FirstFormat;

    /// <summary>Compared by number, then by site. It never falls, and it rises only by the one swap that decides [S2].</summary>
    public required PairEpoch PairEpoch { get; init; }

    public required PairRole Role { get; init; }
    public PairRecordState State { get; init; } = PairRecordState.Active;

    /// <summary>The operation under way; null: none. Each step is written here before it acts.</summary>
    public PairOperation? Operation { get; init; }

    /// <summary>The site that the last request (or adoption) named: a request is a change against this, never a difference between spec and fact [S4].</summary>
    public required string LastRequested { get; init; }

    /// <summary>How each pair epoch that this site knows of began, oldest first. The last is the present one's.</summary>
    public ImmutableList<PairOutcome> History { get; init; } = [];

    /// <summary>
    /// Standby site of a synchronous pair: the incarnation here that the other site may count. Written by this site, after its cluster's record binds elections to it [S11], and before it is counted; taken away by the
    /// other one, before it is not counted any more. Void at another pair epoch [S10].
    /// </summary>
    public Incarnation? Named { get; init; }

    /// <summary>Standby site of a synchronous pair: the named one has everything. Written and taken away by the other site; void at another pair epoch [S10].</summary>
    public SynchronousMark? Synchronous { get; init; }

    /// <summary>What this site says of itself; the other site copies it.</summary>
    public SiteFacts? Self { get; init; }

    /// <summary>What the other site said when it was last read, and when that was.</summary>
    public PeerFacts? Peer { get; init; }

    /// <summary>Without a link: the last attempt at a switchover from here. The pair epoch that it named is used up by it, whatever came of it [S15].</summary>
    public SwitchoverAttempt? Attempted { get; init; }

    /// <summary>Without a link: when this record was last written, by this site's clock, and later than what it was before: of two letters at one pair epoch that says which is the newer.</summary>
    public DateTimeOffset? WrittenAt { get; init; }

    /// <summary>UID of the pair object that founded the record: names at an arbiter carry it.</summary>
    public string? PairUid { get; init; }

    /// <summary>Of the last swap: whoever sees its own knows that its swap has landed [C9].</summary>
    public string Nonce { get; init; } = "";

    /// <summary>Fields that this version does not know: kept and written back.</summary>
    public ImmutableDictionary<string, JsonElement> Unknown { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary>Of the Lease as read; what a swap must name. Empty for a record that does not exist yet.</summary>
    public string ResourceVersion { get; init; } = "";

    /// <summary>UID of the Lease.</summary>
    public string Uid { get; init; } = "";

    public bool IsWritable => Format <= CurrentFormat;

    /// <summary>Whether nothing differs that anybody decides by: what the sites say of themselves, and the nonce, may.</summary>
    public bool SaysTheSameAs(PairRecord other) => this == other with { History = History, Unknown = Unknown, Self = Self, Peer = Peer, Nonce = Nonce, WrittenAt = WrittenAt, ResourceVersion = ResourceVersion }
        && History.SequenceEqual(other.History) && Unknown.Count == other.Unknown.Count;

    /// <summary>The step of the operation under way.</summary>
    public PairStep? Step => Operation?.Step;

    /// <summary>How the present pair epoch began.</summary>
    public PairOutcome? Outcome => History.IsEmpty ? null : History[^1];

    /// <summary>Whether clients are to be turned away from a server that still runs read-write here: from Quiesce on, until the handover is decided.</summary>
    public bool RefusesClients => Role == PairRole.Primary && Step is PairStep.Quiesce or PairStep.Demote or PairStep.Offer or PairStep.RollBack;

    /// <summary>Until when sessions may drain; null where nothing is being quiesced. Past it they are ended.</summary>
    public DateTimeOffset? DrainDeadline => RefusesClients ? Operation!.DrainDeadline : null;

    /// <summary>Whether this site is demoted and the handover not decided: its holder serves WAL, and follows nobody.</summary>
    public bool IsDemoting => Role == PairRole.Primary && Step is PairStep.Demote or PairStep.Offer or PairStep.RollBack;

    /// <summary>The same record at a decided pair epoch, with how it came about.</summary>
    public PairRecord Decided(PairRole role, PairOutcome outcome) => this with
    {
        PairEpoch = outcome.To,
        Role = role,
        Operation = null,
        // What was counted was counted by the primary of the epoch before [S10].
        Named = null,
        Synchronous = null,
        History = [.. History.TakeLast(HistoryLimit - 1), outcome],
    };
}
