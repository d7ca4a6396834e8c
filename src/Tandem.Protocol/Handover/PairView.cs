using Tandem.Protocol.Arbitration;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Handover;

/// <summary>What the pair object of one site asks for.</summary>
/// <param name="PrimarySite">The site that shall be writable.</param>
/// <param name="FailoverFromEpoch">Number of the pair epoch that a failover ends; null: none is asked for.</param>
/// <param name="AbandonPeerFromEpoch">With a failover from the same epoch: it goes on without the other site though that can be read and does not stop [S5]; null: it does not.</param>
/// <param name="OverrideFromEpoch">Number of the pair epoch whose handover, in doubt, is not waited for any more [S6]; null: it is.</param>
/// <param name="Deleting">The object is being deleted: it asks for nothing any more [S13].</param>
public sealed record PairRequest(string PrimarySite, long? FailoverFromEpoch, bool Deleting, long? AbandonPeerFromEpoch = null, long? OverrideFromEpoch = null, PairSynchrony Synchrony = PairSynchrony.Asynchronous)
{
    /// <summary>Without a link: number of the pair epoch in which this site may demote itself [S15]; null: it may not.</summary>
    public long? SwitchoverFromEpoch { get; init; }

    /// <summary>The how manieth time it is asked for in that pair epoch.</summary>
    public long SwitchoverAttempt { get; init; } = 1;

    /// <summary>Commits are to wait for the other site.</summary>
    public bool IsSynchronous => Synchrony != PairSynchrony.Asynchronous && !Deleting;
}

/// <summary>Whether a commit waits for the other site; and where that one does not answer: for ever (Required), or until the primary site goes on alone (Preferred).</summary>
public enum PairSynchrony { Asynchronous, Preferred, Required }

/// <summary>The other site, read live in this very step. Where it could not be read there is none of this, whatever was read before.</summary>
/// <param name="Request">Null: the pair object is not there.</param>
/// <param name="Record">Null: the pair record is not there.</param>
public sealed record PeerView(PairRequest? Request, PairRecord? Record);

/// <summary>Where this site's holder stands, as its agent reports it.</summary>
/// <param name="Streaming">Its receiver is streaming from the other site.</param>
public sealed record HolderPosition(SystemIdentifier SystemIdentifier, TimelineId Timeline, Lsn Flushed, bool Streaming);

public sealed record PairTimeouts(TimeSpan Quiesce, TimeSpan Switchover, TimeSpan Step);

/// <summary>Why something asked for is not done: one CamelCase word and a sentence.</summary>
/// <param name="Passes">After this time it may be so no more; null: time alone does not change it.</param>
public sealed record Refusal(string Reason, string Message, TimeSpan? Passes = null);

/// <summary>
/// Everything that a site's operator decides from, read in one step: its own records live, the other site's too or not at all.
/// </summary>
public sealed record PairView
{
    public required string Site { get; init; }
    public required string PeerSite { get; init; }
    public required PairRequest Request { get; init; }
    public required PairTimeouts Timeouts { get; init; }

    /// <summary>What the spec asks for and this version does not do; null where it does all of it.</summary>
    public Refusal? Unsupported { get; init; }

    /// <summary>Null before the founding.</summary>
    public PairRecord? Record { get; init; }

    /// <summary>The cluster's record; null before its founding.</summary>
    public PrimaryRecord? Cluster { get; init; }

    /// <summary>
    /// Whether this very operator has swapped the cluster's record since it took office, and since it last got no answer to such a swap:
    /// then no swap of an earlier attempt, its own or its predecessor's, can land any more [C9] [S3].
    /// </summary>
    public required bool ClusterSettled { get; init; }

    /// <summary>The same of this site's pair record.</summary>
    public bool RecordSettled { get; init; }

    /// <summary>The same of the other site's.</summary>
    public bool PeerSettled { get; init; }

    /// <summary>Null: unreadable.</summary>
    public PeerView? Peer { get; init; }

    /// <summary>There is no link between the sites: the other one is never read, and a person carries letters [S15].</summary>
    public bool ByHand { get; init; }

    /// <summary>Without a link: what a person brought of the other site last. Null: nothing that is for this site.</summary>
    public PairLetter? Letter { get; init; }

    /// <summary>An agent of this site waits for a look at the other one before it starts read-write, and none was had [S8].</summary>
    public bool WaitsForLook { get; init; }

    /// <summary>Null: not known.</summary>
    public HolderPosition? Holder { get; init; }

    /// <summary>The holder's agent admits clients.</summary>
    public bool HolderAdmits { get; init; }

    /// <summary>Primary site: the other site's main standby is streaming, by the holder's senders.</summary>
    public bool StandbyStreams { get; init; }

    /// <summary>Primary site: for how long the one of the other site that is counted here has not been streaming; null: it streams, or nobody is counted.</summary>
    public TimeSpan? RemoteSilentFor { get; init; }

    /// <summary>Primary site of a Preferred pair: after such a silence it goes on alone.</summary>
    public TimeSpan DegradeAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>See <see cref="SiteFacts.HolderLost"/>.</summary>
    public bool HolderLost { get; init; }

    /// <summary>Standby site: the one that elections are bound to does not answer with the very volume that is named, or is about to give it up, or has a rewind under way there: it could not be promoted.</summary>
    public bool NamedIsUnfit { get; init; }

    /// <summary>
    /// The format of the cluster's record that every agent of this site knows: while instances are renewed one after the other, a record that says more than the older ones know could not be held by them, nor by whoever
    /// of them has the newest log.
    /// </summary>
    public int AgentsKnow { get; init; } = PrimaryRecord.CurrentFormat;

    /// <summary>Some instance of this site that answers has a whole copy of the database.</summary>
    public bool HasCopy { get; init; } = true;

    /// <summary>The holder's agent says that no client session is left.</summary>
    public bool Quiesced { get; init; }

    /// <summary>Null: the spec names none.</summary>
    public ArbiterRequest? ArbiterRequest { get; init; }

    /// <summary>Null: unreadable, or there is none.</summary>
    public ArbiterView? Arbiter { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>For an operation that begins now.</summary>
    public required string FreshId { get; init; }

    /// <summary>Whether the primary runs at the present pair epoch: its newest reign is confirmed, and bears it [S3].</summary>
    public bool PrimaryRunsAtEpoch =>
        Record is { } record
        && Cluster is { RunMode: RunMode.Primary, State: RecordState.Stable, Holder: not null, Reign: { Timeline: not null } reign } cluster
        && cluster.PairEpoch == record.PairEpoch && reign.PairEpoch == record.PairEpoch
        && HolderAdmits;

    /// <summary>The other site's record, where it was read.</summary>
    public PairRecord? PeerRecord => Peer?.Record;

    /// <summary>
    /// The other site's record as it is, or, without a link, as it once was: for what is so for ever once it was said, a token, an outcome, the end of the pair [S15]. Whatever asks how the other site stands now goes by
    /// <see cref="PeerRecord"/> [S5] [S8].
    /// </summary>
    public PairRecord? PeerWord => PeerRecord ?? (ByHand ? Letter?.Record : null);

    /// <summary>
    /// Standby site: the mark that it has everything of the other one, where it holds: elections of this site are bound to the incarnation that it names. Taken away from them by a person (reset-primary), or with
    /// that one lost, it promises nothing any more.
    /// </summary>
    public SynchronousMark? Vouched => Record?.Synchronous is { } mark && Cluster?.Named == mark.Incarnation && !HolderLost ? mark : null;

    /// <summary>The next pair epoch, in favour of a site.</summary>
    public PairEpoch NextEpoch(string site) => new(Record!.PairEpoch.Number + 1, site);
}
