using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;
using Tandem.Operator.Links.OtherSite;
using Tandem.Operator.Pairs.Observing;
using Tandem.Operator.Pairs.Reporting;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Tests.Support;

namespace Tandem.Tests.Operator.Pairs;

public sealed class PairStatusTests
{
    private static readonly Incarnation Main = new("orders-1", new string('a', 32), "claim-1");
    private static readonly PairEpoch First = new(1, "east");
    private static readonly RecoveryEstimate Behind = new(4096, 0.2, 0.3);

    [Fact]
    [Requirement("B12")]
    public void The_standby_site_has_no_recovery_point_whatever_is_promised()
    {
        var seen = Standby(theirs: First, streaming: true);

        var status = PairStatusBuilder.Build(seen, new PairAction.Rest(), null);

        Assert.NotNull(seen.Synchronous);
        Assert.Null(status.RecoveryPoint);
        Assert.Equal("Synchronous", Conditions.Find(status.Conditions, ConditionTypes.Synchronized)!.Reason);
    }

    [Fact]
    [Requirement("B12")]
    public void A_promise_is_a_recovery_point_of_nothing_while_the_stream_flows_and_none_where_it_does_not()
    {
        var seen = Primary();

        Assert.Equal(0, PairStatusBuilder.Build(seen, new PairAction.Rest(), Behind).RecoveryPoint!.Bytes);
        Assert.Null(PairStatusBuilder.Build(seen, new PairAction.Rest(), null).RecoveryPoint);
    }

    [Fact]
    [Requirement("D7")]
    public void Sites_at_two_pair_epochs_do_not_protect_each_other()
    {
        var standing = Conditions.Find(PairStatusBuilder.Build(Standby(First, streaming: true), new PairAction.Rest(), null).Conditions, ConditionTypes.Protected)!;
        var apart = Conditions.Find(PairStatusBuilder.Build(Standby(new PairEpoch(2, "east"), streaming: true), new PairAction.Rest(), null).Conditions, ConditionTypes.Protected)!;

        Assert.Equal(("True", "False", "SitesDisagree"), (standing.Status, apart.Status, apart.Reason));
    }

    private static PairObservation Standby(PairEpoch theirs, bool streaming) => Seen("west", new PairView
    {
        Site = "west", PeerSite = "east", Request = Asked, Timeouts = Limits, ClusterSettled = true, Now = DateTimeOffset.UnixEpoch, FreshId = "1",
        Record = Record(First, PairRole.Standby) with { Named = Main, Synchronous = new SynchronousMark(Main, Preferred: false) },
        Cluster = new PrimaryRecord { Epoch = new Epoch(1), Holder = Main, Named = Main, RunMode = RunMode.Standby, PairEpoch = First, LeaseDuration = TimeSpan.FromSeconds(6) },
        Holder = new HolderPosition(new SystemIdentifier(7), new TimelineId(1), new Lsn(0x3000000), streaming),
        Peer = new PeerView(Asked, Record(theirs, PairRole.Primary)),
    });

    private static PairObservation Primary() => Seen("east", new PairView
    {
        Site = "east", PeerSite = "west", Request = Asked, Timeouts = Limits, ClusterSettled = true, Now = DateTimeOffset.UnixEpoch, FreshId = "1", HolderAdmits = true, StandbyStreams = true,
        Record = Record(First, PairRole.Primary),
        Cluster = new PrimaryRecord
        {
            Epoch = new Epoch(1), Holder = Main, PairEpoch = First, LeaseDuration = TimeSpan.FromSeconds(6), Remote = new RemoteStandby(Main, First, Counted: true, Preferred: false),
        },
        Peer = new PeerView(Asked, Record(First, PairRole.Standby) with { Named = Main, Synchronous = new SynchronousMark(Main, Preferred: false) }),
    });

    private static PairRequest Asked => new("east", null, false, Synchrony: PairSynchrony.Required);
    private static PairTimeouts Limits => new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(30));

    private static PairRecord Record(PairEpoch epoch, PairRole role) => new() { PairEpoch = epoch, Role = role, LastRequested = "east" };

    private static PairObservation Seen(string site, PairView view) => new()
    {
        Key = new ResourceKey("shop", "orders"), View = view, RecordLease = null, ClusterLease = null, Link = null, Reading = new OtherSiteReading.Read(null, null), LinkProblem = null, Carried = CarriedLetter.None, Cluster = null, Report = null, Self = new SiteFacts(),
        Pair = new DisasterRecoveryPair { Metadata = new V1ObjectMeta { Name = "orders", Namespace = "shop", Generation = 1 }, Spec = new DisasterRecoveryPairSpec { Cluster = "orders", PrimarySite = site } },
    };
}
