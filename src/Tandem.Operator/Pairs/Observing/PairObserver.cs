using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;
using Tandem.Operator.Links.Arbiters;
using Tandem.Operator.Links.OtherSite;
using Tandem.Operator.Pairs.Acting;
using Tandem.Protocol.Arbitration;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Operator.Pairs.Observing;

/// <summary>Reads a pair: own records and object live, the other site's too or not at all, the holder's word from memory (in an operation: asked for).</summary>
public sealed class PairObserver(IKubernetesClient client, IOwnCluster clusters, OtherSites links, PairArbiters arbiters, Settlements settlements, string site, TimeProvider time, Random random)
{
    public const string Quiesced = "quiesced";

    private readonly HolderSilence _silence = new(time);
    private readonly CarriedLetters _letters = new(client);

    public void Forget(ResourceKey key) => _silence.Forget(key);

    /// <returns>Null where the object is gone, or this operator's site is not in it.</returns>
    public async Task<PairObservation?> ObserveAsync(ResourceKey key, CancellationToken cancellation)
    {
        var pairReading = client.GetAsync<DisasterRecoveryPair>(key.Name, key.Namespace, cancellation);
        var recordReading = client.GetAsync<V1Lease>(Names.PairRecord(key.Name), key.Namespace, cancellation);
        await Task.WhenAll(pairReading, recordReading);
        if (await pairReading is not { } pair) return null;
        var (mine, theirs) = SitesOf(pair);
        if (mine is null || theirs is null) return null;

        var clusterReading = client.GetAsync<V1Lease>(Names.Record(pair.Spec.Cluster), key.Namespace, cancellation);
        var isByHand = pair.Spec.HasNoLink();
        var (link, problem) = isByHand ? (null, null) : await LinkAsync(key, theirs, pair.Spec.Sites.IndexOf(theirs), cancellation);
        var peerReading = link is null ? Task.FromResult<OtherSiteReading>(new OtherSiteReading.Unreadable(isByHand ? "NoLink" : "LinkMissing", problem ?? "there is no link between the sites")) : link.ReadAsync(cancellation);
        var (recordLease, clusterLease) = (await recordReading, await clusterReading);
        var record = PairRecordLease.Read(recordLease);
        var cluster = PairRecordLease.ReadCluster(clusterLease);
        var arbiterReading = pair.Spec.Arbiter is null && cluster?.Arbiter is null
            ? Task.FromResult<ArbiterLook?>(null)
            : LookAtArbiterAsync(key, pair, record, cluster, cancellation);
        await Task.WhenAll(arbiterReading, peerReading);
        var arbiter = await arbiterReading;
        var peer = PeerOf(await peerReading);
        var carried = await _letters.ReadAsync(pair, site, theirs, record, cancellation);
        var said = peer?.Record ?? carried.Letter?.Record;
        // Whatever a decision is taken by is asked for, and not what was heard last.
        var askNow = record?.Operation is not null || (said?.Operation is not null && said.PairEpoch == record?.PairEpoch) || pair.Spec.Failover.FromEpoch is not null;
        var report = cluster?.Holder is { } holder ? await clusters.ReportAsync(key.Namespace!, pair.Spec.Cluster, holder.Instance, askNow, cancellation) : null;
        var named = cluster?.Named is not { } bound ? null : bound.Instance == cluster.Holder?.Instance ? report : await clusters.ReportAsync(key.Namespace!, pair.Spec.Cluster, bound.Instance, askNow, cancellation);
        // Elections are bound no more to the one that is named: a person has reset this site.
        var lost = _silence.IsLost(key, cluster, report) || (record is { Role: PairRole.Standby, Named: { } vouched } && cluster is not null && cluster.Named != vouched);
        var self = SiteFactsBuilder.Build(mine, record, cluster, report, lost, clusters.AuthorityPem(key.Namespace!, pair.Spec.Cluster), clusters.ReplicationService(key.Namespace!, pair.Spec.Cluster),
            clusters.NodeAddresses(key.Namespace!, pair.Spec.Cluster, cluster?.Holder?.Instance));

        var reports = clusters.Reports(key.Namespace!, pair.Spec.Cluster);
        var view = new PairView
        {
            Site = site,
            PeerSite = theirs.Name,
            Request = RequestOf(pair),
            Timeouts = TimeoutsOf(pair.Spec.Timeouts),
            Unsupported = PairSupport.Check(pair, site),
            Record = record,
            Cluster = cluster,
            ClusterSettled = settlements.Cluster.IsSettled(key),
            RecordSettled = settlements.PairRecord.IsSettled(key),
            PeerSettled = settlements.PeerRecord.IsSettled(key),
            Peer = peer,
            ByHand = isByHand,
            Letter = carried.Letter,
            WaitsForLook = report is { Reason: PeerChecks.Waiting } && PeerChecks.IsOpen(recordLease),
            Holder = PositionOf(report),
            HolderAdmits = report is { Admitted: true },
            StandbyStreams = PairObservation.PeerSenderOf(report, (said?.Self ?? record?.Peer?.Facts)?.ReplicationName) is { State: "streaming", Flush: not null } && !IsUnaware(peer?.Record?.Self, cluster),
            RemoteSilentFor = report is { RemoteSilentMilliseconds: { } silent } && (report.RemoteName is null || report.RemoteName == cluster?.RemoteNow?.Incarnation.ReplicationName) ? TimeSpan.FromMilliseconds(silent) : null,
            DegradeAfter = pair.Spec.Synchronization.DegradeAfter.TryGet(out var degradeAfter) ? degradeAfter : new PairSynchronizationSpec().DegradeAfter.Value,
            HolderLost = lost,
            NamedIsUnfit = cluster?.Named is { } counted && !(named is { AsksToBeLetGo: false, HasCopy: not false } && named.IsOf(counted)),
            HasCopy = reports.Any(r => r.HasCopy != false),
            AgentsKnow = reports.Select(r => r.RecordFormat ?? PrimaryRecord.FirstFormat).DefaultIfEmpty(PrimaryRecord.FirstFormat).Min(),
            Quiesced = report is { State: Quiesced },
            ArbiterRequest = ArbiterRequestOf(pair),
            Arbiter = arbiter?.Read is { } stands ? new ArbiterView(stands.Record, arbiter.StoodStillFor, settlements.Arbiter.IsSettled(key)) : null,
            Now = time.GetUtcNow(),
            FreshId = random.NextHex(12), // short, and unique enough for one pair's history
        };
        return new PairObservation
        {
            Key = key, Pair = pair, View = view, RecordLease = recordLease, ClusterLease = clusterLease, Link = link, Reading = await peerReading, LinkProblem = problem, Carried = carried, Arbiter = arbiter,
            Cluster = clusters.Find(key.Namespace!, pair.Spec.Cluster), Report = report, Self = self,
        };
    }

    private async Task<ArbiterLook?> LookAtArbiterAsync(ResourceKey key, DisasterRecoveryPair pair, PairRecord? record, PrimaryRecord? cluster, CancellationToken cancellation) =>
        await arbiters.LookAsync(key, clusters.Find(key.Namespace!, pair.Spec.Cluster), pair.Spec.Arbiter, cluster?.Arbiter?.Pair ?? record?.PairUid, cancellation);

    /// <summary>
    /// Whoever does not know where this reign began may have a log of its own beyond it: its connections last for the moment in which it is told so, and look like streaming [C2]. Of a site that cannot be read there
    /// is the stream alone.
    /// </summary>
    private static bool IsUnaware(SiteFacts? peer, PrimaryRecord? cluster) => peer is not null && cluster?.Reign is { } reign && peer.Reign != reign.Name;

    /// <summary>An object that is being deleted asks for none: the lease is given up first [S13].</summary>
    private static ArbiterRequest? ArbiterRequestOf(DisasterRecoveryPair pair) =>
        pair.Spec.Arbiter is { } arbiter && pair.Metadata.DeletionTimestamp is null && arbiter.LeaseDuration.TryGet(out var duration)
            ? new ArbiterRequest(duration, pair.Spec.Failover.Mode == PairFailoverMode.Automatic, pair.Spec.Synchronization.MaximumLag is { IsValid: true } lag ? lag.Bytes : 0)
            : null;

    private (SiteSpec? Mine, SiteSpec? Theirs) SitesOf(DisasterRecoveryPair pair)
    {
        var sites = pair.Spec.Sites;
        return sites.Count == 2 ? (sites.Find(s => s.Name == site), sites.Find(s => s.Name != site)) : (null, null);
    }

    private async Task<(IOtherSite? Link, string? Problem)> LinkAsync(ResourceKey key, SiteSpec theirs, int index, CancellationToken cancellation)
    {
        var field = $"spec.sites[{index}].kubernetes.kubeconfigSecret";
        if (theirs.Kubernetes is not { KubeconfigSecret: { } secret }) return (null, $"{field}: names no Secret, by which site {theirs.Name} could be reached");
        var (link, problem) = await links.FindAsync(key, new OtherSiteAddress(key.Namespace!, key.Name, Names.PairRecord(key.Name)), secret, cancellation);
        return (link, problem is null ? null : $"{field}: {problem}");
    }

    /// <summary>A record that this version cannot read is worse than none: nothing is known, and nothing is done.</summary>
    private static PeerView? PeerOf(OtherSiteReading reading) => reading is OtherSiteReading.Read read ? new PeerView(read.Pair is { } pair ? RequestOf(pair) : null, PairRecordLease.Read(read.Record)) : null;

    private static PairRequest RequestOf(DisasterRecoveryPair pair) => new(pair.Spec.PrimarySite, pair.Spec.Failover.FromEpoch, pair.Metadata.DeletionTimestamp is not null,
        pair.Spec.Failover.AbandonPeerFromEpoch, pair.Spec.Failover.OverrideFromEpoch, SynchronyOf(pair.Spec.Synchronization))
    {
        SwitchoverFromEpoch = pair.Spec.Switchover?.FromEpoch,
        SwitchoverAttempt = pair.Spec.Switchover?.Attempt ?? 1,
    };

    private static PairSynchrony SynchronyOf(PairSynchronizationSpec spec) => spec switch
    {
        { Mode: PairSynchronizationMode.Asynchronous } => PairSynchrony.Asynchronous,
        { Durability: Durability.Preferred } => PairSynchrony.Preferred,
        _ => PairSynchrony.Required,
    };

    private static PairTimeouts TimeoutsOf(PairTimeoutsSpec spec)
    {
        var defaults = new PairTimeoutsSpec();
        return new PairTimeouts(Of(spec.Quiesce, defaults.Quiesce), Of(spec.Switchover, defaults.Switchover), Of(spec.Step, defaults.Step));

        // What is not a duration is refused as such; the steps under way need deadlines all the same.
        static TimeSpan Of(Duration asked, Duration otherwise) => asked.TryGet(out var value) ? value : otherwise.Value;
    }

    private static HolderPosition? PositionOf(AgentReport? report) =>
        report is { SystemIdentifier: { } id, Timeline: { } timeline, Flushed: { } flushed } && ulong.TryParse(id, out var system) && Lsn.TryParse(flushed, out var lsn)
            ? new HolderPosition(new SystemIdentifier(system), new TimelineId((uint)timeline), lsn, report.StreamsFromOtherSite)
            : null;
}
