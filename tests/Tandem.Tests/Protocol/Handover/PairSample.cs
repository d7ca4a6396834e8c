using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Tests.Protocol.Handover;

/// <summary>A pair east → west at epoch 3@east, in order, from where a test departs.</summary>
internal static class PairSample
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly PairEpoch Third = new(3, "east");
    public static readonly SystemIdentifier System = new(7300000000000000001);
    public static readonly Incarnation Holder = new("orders-1", "0123456789abcdef0123456789abcdef", "claim-1");
    public static readonly PairTimeouts Timeouts = new(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(30));

    public static PairRecord Record(PairRole role) => new()
    {
        PairEpoch = Third, Role = role, LastRequested = "east", ResourceVersion = "10",
        Self = new SiteFacts { Host = "203.0.113.1", Port = 5432, Ready = true, SystemIdentifier = System, ServerVersion = 150018, Holder = "orders-1" },
        History = [new PairOutcome(PairOutcomeKind.Founded, null, Third, Now)],
    };

    public static PrimaryRecord Cluster(RunMode mode) => new()
    {
        Epoch = new Epoch(7), Holder = Holder, LeaseDuration = TimeSpan.FromSeconds(10), RunMode = mode, PairEpoch = Third, SystemIdentifier = System, ResourceVersion = "20",
        Lineage = [new LineageEntry(Third, new Epoch(7), Holder, new TimelineId(4), new Lsn(0x5000000))],
    };

    public static PairRequest Asks(string site, long? from = null) => new(site, from, Deleting: false);

    public static PairView East(PairRequest? request = null, PairRequest? peer = null) => new()
    {
        Site = "east", PeerSite = "west", Request = request ?? Asks("east"), Timeouts = Timeouts, Record = Record(PairRole.Primary), Cluster = Cluster(RunMode.Primary), ClusterSettled = true,
        Peer = new PeerView(peer ?? request ?? Asks("east"), Record(PairRole.Standby)), HolderAdmits = true, StandbyStreams = true, Now = Now, FreshId = "op1",
        Holder = new HolderPosition(System, new TimelineId(4), new Lsn(0x6000000), false),
    };

    public static PairView West(PairRequest? request = null, PairRequest? peer = null) => new()
    {
        Site = "west", PeerSite = "east", Request = request ?? Asks("east"), Timeouts = Timeouts, Record = Record(PairRole.Standby), Cluster = Cluster(RunMode.Standby), ClusterSettled = true,
        Peer = new PeerView(peer ?? request ?? Asks("east"), Record(PairRole.Primary)), Now = Now, FreshId = "op2",
        Holder = new HolderPosition(System, new TimelineId(4), new Lsn(0x6000000), true),
    };

    public static PairOperation Operation(PairStep step, PairOperationKind kind = PairOperationKind.Switchover) =>
        new("op1", kind, step, "west", "east", Now, Now, Now + Timeouts.Switchover, Now + Timeouts.Quiesce, step is PairStep.Offer or PairStep.RollBack ? Token() : null);

    public static HandoverToken Token(ulong lsn = 0x6000000, PairEpoch? epoch = null, uint timeline = 4) =>
        new(System, new TimelineId(timeline), new LogEnd(Third, new Epoch(7), new Lsn(lsn)), epoch ?? Third);

    public static DemotionToken Demoted(PairEpoch? epoch = null) => new(System, new TimelineId(4), new Lsn(0x6000000), epoch ?? Third);

    // ---- departures ----

    public static PairView At(this PairView view, PairStep step, PairOperationKind kind = PairOperationKind.Switchover) =>
        view with { Record = view.Record! with { Operation = Operation(step, kind), LastRequested = kind == PairOperationKind.Switchover ? "west" : "east" } };

    public static PairView PeerAt(this PairView view, PairStep step, PairOperationKind kind = PairOperationKind.Switchover) => view.WithPeer(r => r with { Operation = Operation(step, kind) });

    public static PairView WithPeer(this PairView view, Func<PairRecord, PairRecord> change) => view with { Peer = view.Peer! with { Record = change(view.Peer.Record!) } };

    public static PairView WithRecord(this PairView view, Func<PairRecord, PairRecord> change) => view with { Record = change(view.Record!) };

    public static PairView WithCluster(this PairView view, Func<PrimaryRecord, PrimaryRecord> change) => view with { Cluster = change(view.Cluster!) };

    public static PairView Unreadable(this PairView view) => view with { Peer = null };

    public static PairView Later(this PairView view, TimeSpan by) => view with { Now = view.Now + by };
}
