using Tandem.Agent.Record;
using Tandem.Agent.State;
using Tandem.Postgres;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Protocol.Rejoining;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>Permission to run read-write: the swap of <c>run</c> that this agent made, in this epoch, and when it was sent.</summary>
public sealed record Grant(Epoch Epoch, PairEpoch? PairEpoch, string Nonce, TimeSpan SentAt);

/// <summary>How far this reign is on its way to clients. <see cref="OwnRecord"/>: LSN after the first record of the own epoch.</summary>
public sealed record Admission(Epoch Epoch, PairEpoch? PairEpoch, Lsn? OwnRecord, bool Admitted, DateTimeOffset? AdmittedAt)
{
    public bool IsOf(PrimaryRecord record) => Epoch == record.Epoch && PairEpoch == record.PairEpoch;
}

/// <summary>What is known of another instance: by the API, by its agent, by its beats.</summary>
/// <param name="PodPresent">The API shows its pod, not being deleted, with a running container.</param>
/// <param name="PodGone">The API shows that the pod is absent, or that its container has ended. Null where the API was not readable lately.</param>
/// <param name="RecordKnownSince">By the boot clock: since when this agent knows that the other one has obeyed the record that <see cref="MemberView.RecordEpoch"/> tells of.</param>
public sealed record PeerObservation(string Instance, string? Host, bool PodPresent, bool? PodGone, MemberView? View, TimeSpan? ViewAge, TimeSpan? RecordKnownSince = null)
{
    public Incarnation? Incarnation => View?.Incarnation is { } text && Resources.Values.Incarnation.TryParse(text, out var incarnation) ? incarnation : null;

    /// <summary>Answered within the last second.</summary>
    public bool Reachable => ViewAge is { } age && age < TimeSpan.FromSeconds(1);
}

/// <summary>One look at everything that an agent decides from. Immutable; rules see nothing else.</summary>
public sealed record InstanceObservation
{
    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(20);

    /// <summary>By the boot clock.</summary>
    public required TimeSpan Now { get; init; }
    public required DateTimeOffset WallClock { get; init; }

    /// <summary>How long this agent has been in touch with the API server without a break: what was written before that may have been taken back since.</summary>
    public TimeSpan InTouchFor => Reading is { Reachable: true, ReachableSince: { } since } ? Now - since : TimeSpan.Zero;

    /// <summary>As <see cref="InTouchFor"/>, breaks left out and not begun anew after them: at this record's epoch, since this server last took writes.</summary>
    public TimeSpan InTouchInAll { get; init; }
    public required AgentSettings Settings { get; init; }
    public required Incarnation Me { get; init; }

    /// <summary>Name of the site; null outside of a pair.</summary>
    public string? Site { get; init; }
    public required VolumeState Volume { get; init; }
    public required bool HasData { get; init; }
    public required RecordReading Reading { get; init; }
    public required ServerProcess Process { get; init; }

    /// <summary>Null where the server does not answer.</summary>
    public ServerStatus? Status { get; init; }

    /// <summary>Where this instance's log ends: sealed after the last stop, or received and flushed while it runs.</summary>
    public WalEnd? LogEnd { get; init; }

    /// <summary>Whose the log's records are, as far as the volume knows; null where its end is not known.</summary>
    public DataLineage? LogLineage => LogEnd is { } end ? Volume.LogOf(end.Timeline, end.End) : null;

    /// <summary>The newest timeline of which the running standby had the history when that was last looked at.</summary>
    public KnownTimeline? NewestTimeline { get; init; }

    /// <summary>It, where it leaves the log's own timeline further on than the log has got: the server goes for it all the same, and would be promoted from it.</summary>
    public KnownTimeline? TimelineAhead =>
        RunsStandby && LogEnd is { } end && NewestTimeline is { } newest && newest.Timeline > end.Timeline && DataLineage.LeftAt(end.Timeline, newest.Left) > end.End ? newest : null;

    /// <summary>When the running server was last asked whose log it has.</summary>
    public LineageQuestion? LineageAsked { get; init; }

    /// <summary>
    /// The volume does not say who wrote the end of its log: a main standby learns of a reign of the site that it follows by reading it there, and can have received what that reign wrote
    /// before it did; its cascades hear of it later still.
    /// </summary>
    public bool ReignUnknown => RunsStandby && LogEnd is { Timeline: var timeline } && Volume.Lineage.All(e => e.Timeline != timeline);

    /// <summary>As <see cref="ReignUnknown"/>, and the log itself has not been asked.</summary>
    public bool ReignUnasked => ReignUnknown && LineageAsked?.Timeline != LogEnd!.Timeline;

    /// <summary>As <see cref="ReignUnknown"/>, and the whole log has been asked, twice: whoever began its last timeline let no client in there, since he writes of his reign before he does.</summary>
    public bool LogTellsOfNoReign => ReignUnknown && LineageAsked is { Whole: { } whole, IsSecond: true } asked && asked.Timeline == LogEnd!.Timeline && whole.End >= LogEnd.End && Status?.Replayed == whole.Replayed;

    /// <summary>Where the log stands: what lies behind its last reign counts for nothing, and least of all where it cannot be told how much that is.</summary>
    public LogEnd? LogPosition => LogLineage is not { } log ? null
        : log.EndsUnattributed ? (NewestTimeline is { } newest && (newest.Timeline == log.Timeline || DataLineage.LeftAt(log.Timeline, newest.Left) is not null) ? log.PositionWithin(newest.Left) : null) ?? log.Position with { Lsn = Lsn.Zero }
        : log.Position;

    public Grant? Grant { get; init; }
    public Admission? Admission { get; init; }

    /// <summary>The promise that stands, with the log sealed; null after a restart of the agent until it is given again.</summary>
    public PromiseReport? Promise { get; init; }

    /// <summary>Where the running (or last written) configuration streams from; null: nowhere.</summary>
    public UpstreamTarget? Upstream { get; init; }

    /// <summary>Since when the standby that runs has received nothing from there; null: it streams, or is to follow nobody.</summary>
    public TimeSpan? DetachedSince { get; init; }

    public required IReadOnlyList<PeerObservation> Peers { get; init; }

    /// <summary>The API has told which instances have pods; before that there may be more than <see cref="Peers"/>.</summary>
    public bool PodsKnown { get; init; } = true;
    public TimeSpan? SinceLiveBeat { get; init; }
    public PairRecord? Pair { get; init; }

    /// <summary>Null in <see cref="Pair"/> means that there is none.</summary>
    public bool PairKnown { get; init; } = true;

    /// <summary>Clone, rewind and follow are judged against this at a standby site: the other site's lineage, read from its database.</summary>
    public RemoteLineage? OtherSite { get; init; }

    /// <summary>Time since a holder that is known and elected has been running without its own first record.</summary>
    public int RestartsInWindow { get; init; }
    public bool StorageFailed { get; init; }

    /// <summary>How long ago this instance was asked to end; null: it was not.</summary>
    public TimeSpan? ShutdownFor { get; init; }
    public bool ShutdownRequested => ShutdownFor is not null;

    /// <summary>The shutdown was asked so long ago that no switchover is tried any more.</summary>
    public bool ShutdownUrgent => ShutdownFor > ShutdownPatience;
    public bool ConfigurationDrift { get; init; }
    public IReadOnlyList<StandbyHealth> Standbys { get; init; } = [];

    /// <summary>Of the holder of a primary site: how the one of the other site does that is counted, or is to be; null: nobody is.</summary>
    public StandbyHealth? Remote { get; init; }

    /// <summary>A swap of one's own that nobody answered may have counted it [C9]; see <see cref="AwaitedRemote"/>.</summary>
    public RemoteStandby? MaybeCounted { get; init; }

    /// <summary>Whom of the other site every setting names: by the record, or as it may stand there by now.</summary>
    public RemoteStandby? AwaitedRemote => Record is not { } record ? null : record.AwaitedRemote ?? (MaybeCounted?.Incarnation == record.RemoteNow?.Incarnation ? record.RemoteNow : null);

    /// <summary>What is wanted of synchronisation here, with what a synchronous pair makes of it.</summary>
    public SynchronyTarget Synchrony => Record?.RemoteNow is null ? Settings.Synchrony : Settings.Synchrony.BesideRemote;

    /// <summary>Time at which the own hold given to an asynchronous primary ends; null: none.</summary>
    public TimeSpan? HeldUntil { get; init; }

    /// <summary>How long ago the election that stands there was first seen; null: none does.</summary>
    public TimeSpan? ElectingSince { get; init; }

    /// <summary>Another reign stood in the record before, at a look since which this agent has been in touch with the API server, and it was told of the change: the present one, or its election, is none of before.</summary>
    public bool SawReignBegin { get; init; }
    public TimeSpan? ClausesSatisfiedFor { get; init; }
    public bool HolderIsDown { get; init; }
    public string? HandoverTried { get; init; }

    /// <summary>The epoch that this instance promised in order to give the record away in it; the swap may have landed or not.</summary>
    public Epoch? GivingTo { get; init; }
    public bool PeerSiteChecked { get; init; }

    /// <summary>The arbiter's lease is held at the record's pair epoch, or nobody is to hold it any more.</summary>
    public bool ArbiterHeld { get; init; }

    /// <summary>Why this life of the volume cannot be rewound; null: it may be.</summary>
    public string? RewindImpossible { get; init; }

    /// <summary>By the boot clock: when a rewind that was due has found nothing to do.</summary>
    public TimeSpan? NothingToRewindAt { get; init; }

    /// <summary>The consent to discard this life's data that was found to name just that.</summary>
    public DiscardConsent? DiscardAccepted { get; init; }

    /// <summary>
    /// The API server shows no record, or one that is older than what this volume has obeyed; or than what another has, known here before the API server was asked last. Nothing that
    /// it shows is to be obeyed then.
    /// </summary>
    public bool RecordRegressed => (_regression is { } known && known.IsOf(this) ? known : _regression = new Regression(this)).IsThere;

    /// <summary>Nearly every rule asks.</summary>
    private Regression? _regression;

    private sealed class Regression(InstanceObservation o)
    {
        private readonly (RecordReading, VolumeState, bool, IReadOnlyList<PeerObservation>, Epoch?) _judged = Judged(o);

        public bool IsThere { get; } = RecordSight.IsRegressed(o.Reading, o.Volume, o.HasData, o.Peers, o.GivingTo);

        /// <summary>A copy with something else in it is judged anew.</summary>
        public bool IsOf(InstanceObservation other) => _judged.Equals(Judged(other));

        private static (RecordReading, VolumeState, bool, IReadOnlyList<PeerObservation>, Epoch?) Judged(InstanceObservation o) => (o.Reading, o.Volume, o.HasData, o.Peers, o.GivingTo);
    }

    /// <summary>The record that is to be obeyed.</summary>
    public PrimaryRecord? Record => RecordRegressed ? null : Reading.Record;
    public bool IsHolder => Record?.Holder == Me;
    public bool RunsReadWrite => Process is { Running: true, Mode: ServerMode.ReadWrite };
    public bool RunsStandby => Process is { Running: true, Mode: ServerMode.Standby };

    /// <summary>Somebody else than this agent has promoted the server.</summary>
    public bool IsPromotedByHand => RunsStandby && Status is { InRecovery: false };
    public bool IsAdmitted => Record is { } record && Admission is { Admitted: true } admission && admission.IsOf(record);

    /// <summary>The reign that the record names as this instance's own, confirmed or not.</summary>
    public LineageEntry? OwnReign => Record is { } record && record.Reign is { } reign && reign.Incarnation == Me && reign.Epoch == record.Epoch && reign.PairEpoch == record.PairEpoch ? reign : null;

    /// <summary>The clause in force (or being gone to) of this holder's present reign.</summary>
    public QuorumClause? OwnClause => Record?.Quorums.LastOrDefault(c => c.Epoch == Record.Epoch && c.Holder == Me);
}

/// <summary>A running standby was asked whose log it has: its own database tells of each reign, as far as it is replayed.</summary>
/// <param name="Timeline">On which the log ended then.</param>
/// <param name="At">By the boot clock.</param>
/// <param name="Whole">Where the log ended when all of it was replayed that could be, and how far that was; null: some may not have been.</param>
/// <param name="IsSecond">Nothing had come to it, nor been replayed, since the question before, a moment ago: so nothing will be, which a replay that is slow for once could not say.</param>
public sealed record LineageQuestion(TimelineId Timeline, TimeSpan At, (Lsn End, Lsn Replayed)? Whole = null, bool IsSecond = false);

/// <summary>Whom a standby streams from.</summary>
/// <param name="Name">Instance, or <c>site/…</c>.</param>
/// <param name="Epoch">Of the record (or the pair) that named it: its credential is of that epoch alone.</param>
/// <param name="CountsMe">It is another site, and counts this instance: it has made a slot for it.</param>
public sealed record UpstreamTarget(string Name, string Host, int Port, string Epoch, bool CountsMe = false)
{
    /// <summary>It is the other site, and not an instance of this one.</summary>
    public bool IsSite => Name.StartsWith(AgentReport.SitePrefix, StringComparison.Ordinal);

    public static UpstreamTarget Site(string site, string hosts, int port, PairEpoch epoch) => new(AgentReport.SitePrefix + site, hosts, port, $"{epoch}");
}

/// <param name="PairEpoch">At which it was read.</param>
/// <param name="ReadAt">By the boot clock.</param>
/// <param name="Host">Which of the other site's hosts answered.</param>
/// <param name="Receiver">Process id of the WAL receiver that was connected before it was read, null for none: another one may be connected to another reign.</param>
public sealed record RemoteLineage(PairEpoch PairEpoch, string Host, System.Collections.Immutable.ImmutableList<LineageEntry> Entries, SystemIdentifier SystemIdentifier, TimeSpan ReadAt, int? Receiver = null);
