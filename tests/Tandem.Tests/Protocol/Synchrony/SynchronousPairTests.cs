using Tandem.Protocol.Arbitration;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Protocol.Recovery;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;
using static Tandem.Tests.Protocol.Handover.PairSample;

namespace Tandem.Tests.Protocol.Synchrony;

/// <summary>The steps of a synchronous pair, forth and back [S10] [S11]: what is read on the left, the one write on the right.</summary>
public sealed class SynchronousPairTests
{
    private static readonly Incarnation Remote = new("orders-2", "fedcba9876543210fedcba9876543210", "claim-2");
    private static readonly PairRequest Required = Asks("east") with { Synchrony = PairSynchrony.Required };
    private static readonly PairRequest Preferred = Asks("east") with { Synchrony = PairSynchrony.Preferred };
    private static readonly RemoteStandby Counted = new(Remote, Third, Counted: true, Preferred: false);
    private static readonly SynchronousMark Mark = new(Remote, Preferred: false);

    private static T Decide<T>(PairView view, string reason) where T : PairAction
    {
        var action = Assert.IsType<T>(PairDecision.Decide(view));
        Assert.Equal(reason, action.Reason);
        return action;
    }

    private static PairView Primary(PairRequest request, RemoteStandby? remote = null, Incarnation? named = null, SynchronousMark? mark = null) =>
        East(request).WithCluster(c => c with { Remote = remote }).WithPeer(r => r with { Named = named, Synchronous = mark, Self = r.Self! with { Holder = Remote.Instance, ReplicationName = Remote.ReplicationName } });

    private static PairView Standby(PairRequest request, Incarnation? bound = null, Incarnation? named = null) =>
        West(request).WithCluster(c => c with { Named = bound }).WithRecord(r => r with { Named = named, Self = r.Self! with { ReplicationName = Holder.ReplicationName } });

    // ---- the standby site ----

    [Fact]
    public void Elections_are_bound_before_anybody_is_named()
    {
        Assert.Equal(Holder, Decide<PairAction.SwapCluster>(Standby(Required), "BindsElections").Change.Named);
        Assert.Equal(Holder, Decide<PairAction.SwapRecord>(Standby(Required, Holder), "NamesStandby").Next.Named);
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(Standby(Required, Holder, Holder)));
    }

    [Fact]
    public void While_an_agent_is_older_than_what_the_record_would_say_nobody_is_named_or_counted()
    {
        Assert.Equal("AgentsTooOld", Assert.IsType<PairAction.Wait>(PairDecision.Decide(Standby(Required) with { AgentsKnow = 2 })).Reason);
        Assert.Equal("AgentsTooOld", Assert.IsType<PairAction.Wait>(PairDecision.Decide(Primary(Required, null, Remote) with { AgentsKnow = 2 })).Reason);
        Decide<PairAction.SwapCluster>(Primary(Required, null, Remote), "CountsOtherSite");
    }

    [Fact]
    public void Nobody_is_named_unless_both_sites_ask_for_it_and_it_streams()
    {
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(West(Required, peer: Asks("east"))));
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(Standby(Required) with { Holder = new HolderPosition(Tandem.Tests.Protocol.Handover.PairSample.System, new TimelineId(4), new Lsn(0x6000000), Streaming: false) }));
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(Standby(Required) with { HolderLost = true }));
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(Standby(Required).WithRecord(r => r with { Self = r.Self! with { HolderLost = true } })));
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(Standby(Required).Unreadable()));
    }

    [Fact]
    public void Elections_are_released_only_once_nobody_is_named_and_nobody_can_be_any_more() // [C9]
    {
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(Standby(Required, Holder, Holder) with { HolderLost = true }));
        Decide<PairAction.SwapRecord>(Standby(Required, Holder) with { HolderLost = true }, "Settles");
        Assert.Null(Decide<PairAction.SwapCluster>(Standby(Required, Holder) with { HolderLost = true, RecordSettled = true }, "ReleasesElections").Change.Named);
    }

    // ---- the primary site ----

    [Fact]
    public void It_counts_who_is_named_and_says_so_there_only_when_that_is_done()
    {
        Assert.Equal(Counted with { Counted = false }, Decide<PairAction.SwapCluster>(Primary(Required, named: Remote), "CountsOtherSite").Change.Remote);
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(Primary(Required, Counted with { Counted = false }, Remote)));
        Assert.Equal(Mark, Decide<PairAction.SwapPeerRecord>(Primary(Required, Counted, Remote), "Synchronous").Next.Synchronous);
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(Primary(Required, Counted, Remote, Mark)));
    }

    [Fact]
    public void It_takes_the_mark_and_the_name_away_before_it_goes_on_alone()
    {
        var view = Primary(Asks("east"), Counted, Remote, Mark);
        var taken = Decide<PairAction.SwapPeerRecord>(view, "UncountsOtherSite").Next;
        Assert.Null(taken.Named);
        Assert.Null(taken.Synchronous);
        Assert.Null(Decide<PairAction.SwapCluster>(Primary(Asks("east"), Counted), "GoesOnAlone").Change.Remote);
        Assert.Contains("spec.synchronization mode Asynchronous is not followed yet", Decide<PairAction.Wait>(view.Unreadable(), "OtherSiteNotTold").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mark_that_is_not_so_is_taken_away()
    {
        Assert.Null(Decide<PairAction.SwapPeerRecord>(Primary(Required, null, Remote, Mark), "NotSynchronous").Next.Synchronous);
        Assert.Null(Decide<PairAction.SwapPeerRecord>(Primary(Required, Counted with { Counted = false }, Remote, Mark), "NotSynchronous").Next.Synchronous);
    }

    [Fact]
    public void Required_waits_for_the_other_site_for_ever_and_for_whoever_takes_its_place()
    {
        var silent = Primary(Required, Counted, Remote, Mark) with { RemoteSilentFor = TimeSpan.FromHours(1), StandbyStreams = false };
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(silent));
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(silent.Unreadable()));
        Decide<PairAction.SwapPeerRecord>(silent.WithPeer(r => r with { Self = r.Self! with { HolderLost = true } }), "UncountsOtherSite");
        // Named no more, what it has is to be asked for again; commits wait meanwhile.
        var doubted = Decide<PairAction.SwapCluster>(Primary(Required, Counted) with { RemoteSilentFor = TimeSpan.FromHours(1) }, "AwaitsOtherSite").Change.Remote;
        Assert.Equal(Counted with { Counted = false, Waits = true }, doubted);
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(Primary(Required, doubted) with { RemoteSilentFor = TimeSpan.FromHours(1) }));

        var other = Remote with { Instance = "orders-3" };
        var replaced = Primary(Required, Counted, other).WithPeer(r => r with { Self = r.Self! with { ReplicationName = other.ReplicationName } }) with { HolderAdmits = false };
        Assert.Equal(new RemoteStandby(other, Third, Counted: false, Preferred: false, Waits: true), Decide<PairAction.SwapCluster>(replaced, "CountsOtherSite").Change.Remote);
    }

    [Fact]
    public void Preferred_goes_on_alone_after_a_while_whether_the_other_site_can_be_told_or_not()
    {
        var counted = Counted with { Preferred = true };
        var view = Primary(Preferred, counted, Remote, Mark with { Preferred = true }) with { RemoteSilentFor = TimeSpan.FromSeconds(9) };
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(view));
        Decide<PairAction.SwapCluster>(view with { RemoteSilentFor = TimeSpan.FromSeconds(10) }, "GoesOnAlone");
        Decide<PairAction.SwapPeerRecord>(Primary(Preferred, null, Remote, Mark with { Preferred = true }) with { RemoteSilentFor = TimeSpan.FromSeconds(10) }, "UncountsOtherSite");
        var untold = (view with { RemoteSilentFor = TimeSpan.FromSeconds(10) }).Unreadable();
        Decide<PairAction.SwapCluster>(untold, "GoesOnAlone");
        // By what this site's record says, the other one may say that it has everything: not a moment longer than that is so.
        var counts = untold.WithRecord(r => r with { Self = new SiteFacts { Counts = Remote.ReplicationName, Ready = true } });
        Assert.Equal(new SiteFacts { Ready = true }, Decide<PairAction.SwapRecord>(counts, "GoesOnAlone").Next.Self);
    }

    /// <summary>How long it has been silent is said of the one that is awaited: another that is named in its place is not to be sent away for that.</summary>
    [Fact]
    public void Who_takes_the_place_of_a_silent_one_is_counted_though_that_one_is_silent_still()
    {
        var gone = Counted with { Incarnation = Remote with { Instance = "orders-3" }, Counted = false, Waits = true };
        Assert.Equal(new RemoteStandby(Remote, Third, Counted: false, Preferred: true, Waits: true),
            Decide<PairAction.SwapCluster>(Primary(Preferred, gone, Remote) with { RemoteSilentFor = TimeSpan.FromHours(1), StandbyStreams = true, PeerSettled = true }, "CountsOtherSite").Change.Remote);
        Decide<PairAction.SwapPeerRecord>(Primary(Preferred, gone with { Incarnation = Remote }, Remote) with { RemoteSilentFor = TimeSpan.FromHours(1) }, "UncountsOtherSite");
    }

    [Fact]
    public void Once_the_other_site_has_been_told_whoever_was_required_is_waited_for_no_longer_than_the_spec_prefers()
    {
        var awaited = Counted with { Counted = false, Waits = true };
        Assert.IsType<PairAction.Rest>(PairDecision.Decide(Primary(Preferred, awaited) with { RemoteSilentFor = TimeSpan.FromSeconds(9) }));
        Assert.Null(Decide<PairAction.SwapCluster>(Primary(Preferred, awaited) with { RemoteSilentFor = TimeSpan.FromSeconds(10) }, "GoesOnAlone").Change.Remote);
    }

    [Fact]
    public void From_required_to_preferred_the_promise_is_taken_back_first()
    {
        Assert.Null(Decide<PairAction.SwapPeerRecord>(Primary(Preferred, Counted, Remote, Mark), "NotSynchronous").Next.Synchronous);
        Decide<PairAction.Wait>((Primary(Preferred, Counted, Remote, Mark) with { RemoteSilentFor = TimeSpan.FromHours(1) }).Unreadable(), "OtherSiteNotTold");
        Decide<PairAction.SwapPeerRecord>(Primary(Preferred, Counted, Remote), "Settles");
        Assert.True(Decide<PairAction.SwapCluster>(Primary(Preferred, Counted, Remote) with { PeerSettled = true }, "CountsOtherSite").Change.Remote!.Preferred);
        Assert.True(Decide<PairAction.SwapPeerRecord>(Primary(Preferred, Counted with { Preferred = true }, Remote), "Synchronous").Next.Synchronous!.Preferred);
    }

    [Fact]
    public void While_an_operation_is_under_way_nothing_of_it_changes() // [S9]
    {
        foreach (var step in new[] { PairStep.Target, PairStep.FailingOver })
            Assert.DoesNotContain(PairDecision.Decide(Primary(Asks("east"), Counted, Remote, Mark).PeerAt(step)).Reason, (string[])["UncountsOtherSite", "NotSynchronous", "GoesOnAlone"]);
        Assert.DoesNotContain(PairDecision.Decide(Primary(Asks("east"), Counted, Remote, Mark).At(PairStep.Lock)).Reason, (string[])["UncountsOtherSite", "NotSynchronous", "GoesOnAlone"]);
    }

    // ---- epochs ----

    [Fact]
    public void Rolled_back_within_the_epoch_who_was_counted_is_counted_still_and_at_another_epoch_nobody_is()
    {
        var demoting = Primary(Required with { PrimarySite = "west" }, Counted, Remote, Mark).At(PairStep.Demote);
        Assert.Equal(Counted, Assert.IsType<PairAction.SwapCluster>(PrimarySteps.Demoting(demoting)).Change.Remote);
        var reopening = Primary(Required, Counted, Remote, Mark).WithCluster(c => c with { RunMode = RunMode.Standby });
        Assert.Equal(Counted, Decide<PairAction.SwapCluster>(reopening, "OpensAsPrimary").Change.Remote);
        Assert.Null(Decide<PairAction.SwapCluster>(reopening.WithRecord(r => r with { PairEpoch = new PairEpoch(4, "east") }).WithPeer(r => r with { PairEpoch = new PairEpoch(4, "east") }), "OpensAsPrimary").Change.Remote);
        Assert.Null((Record(PairRole.Standby) with { Named = Remote, Synchronous = Mark }).Decided(PairRole.Primary, new PairOutcome(PairOutcomeKind.FailedOver, Third, new PairEpoch(4, "west"), Now)).Synchronous);
    }

    [Fact]
    public void After_a_failover_elections_stay_bound_after_a_handover_the_floor_does()
    {
        PairView Opening(PairOutcomeKind kind) => West().WithCluster(c => c with { Named = Holder })
            .WithRecord(r => r.Decided(PairRole.Primary, new PairOutcome(kind, Third, new PairEpoch(4, "west"), Now, Token: kind == PairOutcomeKind.Consumed ? Token() : null))).Unreadable();
        Assert.Equal(Holder, Assert.IsType<PairAction.SwapCluster>(ClusterFollows.OpenAsPrimary(Opening(PairOutcomeKind.FailedOver))).Change.Named);
        Assert.Null(Assert.IsType<PairAction.SwapCluster>(ClusterFollows.OpenAsPrimary(Opening(PairOutcomeKind.Consumed))).Change.Named);
        // Demoted again before it has admitted anybody, it has acknowledged nothing that would say as much.
        Assert.Equal(Holder, Assert.IsType<PairAction.SwapCluster>(PrimarySteps.Demoting(Primary(Required with { PrimarySite = "west" }).WithCluster(c => c with { Named = Holder }).At(PairStep.Demote))).Change.Named);
    }

    [Fact]
    public void A_failover_says_what_it_may_lose()
    {
        PairView With(SynchronousMark? mark, Incarnation? bound) => Standby(Required, bound, Holder).WithRecord(r => r with { Synchronous = mark, Peer = new PeerFacts { LastSeen = Now, RecoveryPointBytes = 5, Facts = new SiteFacts { Counts = Holder.ReplicationName } } });
        var mark = new SynchronousMark(Holder, Preferred: false);
        Assert.Contains("nothing is lost", Failover.WhatMayBeLost(With(mark, Holder)), StringComparison.Ordinal);
        Assert.Contains("synchronous until", Failover.WhatMayBeLost(With(mark with { Preferred = true }, Holder)), StringComparison.Ordinal);
        Assert.Contains("5 bytes", Failover.WhatMayBeLost(With(null, Holder)), StringComparison.Ordinal);
        // A person has reset the site: elections are not bound to it any more.
        Assert.Contains("5 bytes", Failover.WhatMayBeLost(With(mark, null)), StringComparison.Ordinal);
    }

    /// <summary>Without it the site would be primary and could not open, while the other one, which may have everything, had given way.</summary>
    [Fact]
    public void A_failover_waits_for_the_one_that_is_named_while_that_one_is_lost() // [S11]
    {
        var asked = Standby(Required with { PrimarySite = "west", FailoverFromEpoch = Third.Number }, Holder, Holder).WithRecord(r => r with { Synchronous = new SynchronousMark(Holder, Preferred: false) }).Unreadable();
        Assert.Equal(PairRole.Primary, Assert.IsType<PairAction.SwapRecord>(Failover.FailOver(asked)).Next.Role);
        var lost = asked with { HolderLost = true, NamedIsUnfit = true };
        var waits = Assert.IsType<PairAction.Wait>(Failover.FailOver(lost));
        Assert.Equal("NamedStandbyLost", waits.Reason);
        Assert.Contains("kubectl tandem reset-primary", waits.Message, StringComparison.Ordinal);
        Assert.Null(lost.Vouched);
        // Set aside by a person, or of a pair that counts nobody: nobody is waited for.
        Assert.Equal(PairRole.Primary, Assert.IsType<PairAction.SwapRecord>(Failover.FailOver(lost.WithCluster(c => c with { Named = null }))).Next.Role);

        var arbiter = new ArbiterRecord("uid", Third, "east", TimeSpan.FromSeconds(15), Now, 1, "n");
        var silent = lost.WithRecord(r => r with { PairUid = "uid" }) with { ArbiterRequest = new ArbiterRequest(TimeSpan.FromSeconds(15), true, 1 << 20), Arbiter = new ArbiterView(arbiter, TimeSpan.FromMinutes(1), true) };
        Assert.Equal("NamedStandbyLost", Assert.IsType<PairAction.Wait>(AutomaticFailover.Begin(silent)).Reason);
        var failing = silent.At(PairStep.FailingOver, PairOperationKind.Failover);
        Assert.IsType<PairAction.SwapArbiter>(AutomaticFailover.Take(failing with { NamedIsUnfit = false }));
        Assert.Equal("FailoverWithdrawn", Assert.IsType<PairAction.SwapRecord>(AutomaticFailover.Take(failing)).Reason);
    }

    [Fact]
    public void By_itself_a_required_pair_fails_over_by_the_mark_alone() // [S11]
    {
        var arbiter = new ArbiterRecord("uid", Third, "east", TimeSpan.FromSeconds(15), Now, 1, "n");
        var silent = West(Required).Unreadable() with { ArbiterRequest = new ArbiterRequest(TimeSpan.FromSeconds(15), true, 1 << 20), Arbiter = new ArbiterView(arbiter, TimeSpan.FromMinutes(1), true) };
        silent = silent.WithCluster(c => c with { Named = Holder }).WithRecord(r => r with { PairUid = "uid", Peer = new PeerFacts { LastSeen = Now, RecoveryPointBytes = 0 } });
        Assert.Equal("NotSynchronous", Assert.IsType<PairAction.Wait>(AutomaticFailover.Begin(silent)).Reason);
        Assert.Equal("NotSynchronous", Assert.IsType<PairAction.Wait>(AutomaticFailover.Begin(silent.WithRecord(r => r with { Named = Holder, Synchronous = new SynchronousMark(Holder, Preferred: true) }))).Reason);
        Assert.Equal("FailingOver", Assert.IsType<PairAction.SwapRecord>(AutomaticFailover.Begin(silent.WithRecord(r => r with { Named = Holder, Synchronous = new SynchronousMark(Holder, Preferred: false), Peer = null }))).Reason);
    }
}
