using System.Collections.Immutable;
using System.Text.Json;
using Tandem.Protocol.Arbitration;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>The read-write server that is allowed to run: the container it lives in and the nonce of its start.</summary>
public sealed record RunIdentity(string ContainerId, string Nonce);

/// <summary>Somebody has heard nothing of the holder and says so; a holder that lives takes it out by a swap of its own.</summary>
public sealed record Suspicion(string Nonce, Incarnation By);

/// <summary>
/// What a demoted site offers: the end of its log once its server and all children were reaped (protocol, section 5, Demote). Written by the holder's agent;
/// counts only for the pair epoch it names.
/// </summary>
public sealed record DemotionToken(SystemIdentifier SystemIdentifier, TimelineId Timeline, Lsn Lsn, PairEpoch PairEpoch)
{
    public override string ToString() => $"{SystemIdentifier}:{Timeline}:{Lsn}:{PairEpoch}";
}

/// <summary>
/// The primary record: the only truth of a cluster (protocol, section 1). Kept in a Lease; see <see cref="RecordCodec"/>.
/// Immutable: every change makes a new one, and lands by compare-and-swap on the resourceVersion of a live read.
/// </summary>
public sealed record PrimaryRecord
{
    /// <summary>The highest that this code knows. A record of a higher one may be followed, never swapped.</summary>
    public const int CurrentFormat = SynchronousPairFormat;
    public const int FirstFormat = 1;

    /// <summary>From this one on a record may bind its servers to an arbiter: whoever does not know that must not start one.</summary>
    public const int ArbiterFormat = 2;

    /// <summary>From this one on a record may say who of the other site is counted: whoever does not know that must neither hold it nor elect by it.</summary>
    public const int SynchronousPairFormat = 3;

    /// <summary>As it was read. What is written bears the lowest that has all that it says, so that agents of the version before can go on while one after the other is renewed.</summary>
    public int Format { get; init; } = FirstFormat;

    /// <summary>The highest format that whoever has read this knows.</summary>
    public int KnownFormat { get; init; } = CurrentFormat;
    public required Epoch Epoch { get; init; }

    /// <summary>
    /// Counts the changes of what elections, starts and clauses lean on, so that a record that an API server has taken back within one epoch is not mistaken for the present one.
    /// Renewals and suspicions do not count.
    /// </summary>
    public long Revision { get; init; }

    /// <summary>Null while Electing.</summary>
    public Incarnation? Holder { get; init; }

    public DateTimeOffset? RenewTime { get; init; }
    public required TimeSpan LeaseDuration { get; init; }

    /// <summary>Who gave the record to its holder in order; null: it was elected, or founded it.</summary>
    public Incarnation? GivenBy { get; init; }
    public RecordState State { get; init; } = RecordState.IsStable;
    public RunMode RunMode { get; init; } = RunMode.Primary;
    public PairEpoch? PairEpoch { get; init; }
    public ImmutableList<QuorumClause> Quorums { get; init; } = [];
    public ImmutableSortedSet<Incarnation> Members { get; init; } = [];
    public ImmutableList<LineageEntry> Lineage { get; init; } = [];

    /// <summary>The winner's reported end at Elect: until its switch point is confirmed nobody beyond it may follow [C2].</summary>
    public Lsn? ElectedEnd { get; init; }

    public RunIdentity? Run { get; init; }

    /// <summary>The holder's LSN at its last renewal; asynchronous mode measures candidates against it.</summary>
    public Lsn? Lsn { get; init; }

    /// <summary>Nobody whose log ends below this is elected [C8] [S12].</summary>
    public LogEnd? Floor { get; init; }

    public Suspicion? Suspect { get; init; }

    /// <summary>Of the last swap: whoever sees its own knows that its swap has landed [C9].</summary>
    public string Nonce { get; init; } = "";

    public SystemIdentifier? SystemIdentifier { get; init; }

    /// <summary>Set by the holder's agent after a Demote; void at another pair epoch.</summary>
    public DemotionToken? Demoted { get; init; }

    /// <summary>No server runs read-write without the arbiter's lease; null: the site needs none.</summary>
    public ArbiterBinding? Arbiter { get; init; }

    /// <summary>Primary site of a synchronous pair: whom of the other site commits wait for. See <see cref="RemoteNow"/>.</summary>
    public RemoteStandby? Remote { get; init; }

    /// <summary>
    /// Standby site of a synchronous pair: whom of this site the other one may count. It has what the other site acknowledged; while it stands here nobody is elected who has less [S11]. It stays through a failover, until
    /// clauses of this site's own reign say what is acknowledged.
    /// </summary>
    public Incarnation? Named { get; init; }

    /// <summary>Fields that this version does not know: kept and written back.</summary>
    public ImmutableDictionary<string, JsonElement> Unknown { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary>Of the Lease as read; what a swap must name. Empty for a record that does not exist yet.</summary>
    public string ResourceVersion { get; init; } = "";

    /// <summary>UID of the Lease, so that a record deleted and made anew is not taken for the old one.</summary>
    public string Uid { get; init; } = "";

    /// <summary>All whom it names: who may be elected, who was counted, whose word was counted.</summary>
    public IEnumerable<Incarnation> AllNamed()
    {
        var named = Members.Concat(Quorums.SelectMany(q => q.Members.Add(q.Holder)));
        return (Holder is { } holder ? named.Append(holder) : named).Distinct();
    }

    /// <summary>Some clause speaks of it, or the other site counts on it: an election may need it.</summary>
    public bool IsCounted(Incarnation member) => Named == member || Quorums.Any(q => q.Members.Contains(member) || q.Holder == member);

    public bool IsHeldBy(Incarnation incarnation) => Holder == incarnation;

    /// <summary>Whether this code may swap it.</summary>
    public bool IsWritable => Format <= KnownFormat;

    /// <summary>The lowest format that has all that it says.</summary>
    public int NeededFormat => this switch { { Remote: not null } or { Named: not null } => SynchronousPairFormat, { Arbiter: not null } => ArbiterFormat, _ => FirstFormat };

    /// <summary>Whether the other one stood later than this one.</summary>
    public bool IsOlderThan(PrimaryRecord other) => IsOlderThan(other.Epoch, other.Revision);

    public bool IsOlderThan(Epoch epoch, long revision) => Epoch < epoch || (Epoch == epoch && Revision < revision);

    /// <summary>Whether nothing differs that anybody leans on: a renewal, a suspicion or a restart in place may lie between the two.</summary>
    public bool SaysTheSameAs(PrimaryRecord other) =>
        Epoch == other.Epoch && Holder == other.Holder && State == other.State && RunMode == other.RunMode && PairEpoch == other.PairEpoch
        && Quorums.SequenceEqual(other.Quorums) && Members.SetEquals(other.Members) && Lineage.SequenceEqual(other.Lineage) && ElectedEnd == other.ElectedEnd
        && Floor == other.Floor && SystemIdentifier == other.SystemIdentifier && Demoted == other.Demoted && Arbiter == other.Arbiter && Remote == other.Remote && Named == other.Named;

    /// <summary>The record with its revision: one more than that of the record it takes the place of, where it says anything new.</summary>
    public PrimaryRecord After(PrimaryRecord? before) =>
        before is null ? this with { Revision = Math.Max(Revision, 1) } : SaysTheSameAs(before) ? this : this with { Revision = Math.Max(Revision, before.Revision) + 1 };

    /// <summary><see cref="Remote"/>, where it is of the present pair epoch.</summary>
    public RemoteStandby? RemoteNow => Remote is { } remote && remote.PairEpoch == PairEpoch ? remote : null;

    /// <summary>Whom of the other site every setting names now; null: nobody.</summary>
    public RemoteStandby? AwaitedRemote => RemoteNow is { Counted: true } or { Waits: true } ? RemoteNow : null;

    public LineageEntry? Reign => Lineage.IsEmpty ? null : Lineage[^1];
}
