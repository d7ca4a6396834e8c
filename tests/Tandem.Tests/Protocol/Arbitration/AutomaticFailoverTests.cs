using Tandem.Protocol.Arbitration;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;
using Tandem.Tests.Protocol.Handover;
using Tandem.Tests.Support;
using static Tandem.Tests.Protocol.Handover.PairSample;

namespace Tandem.Tests.Protocol.Arbitration;

/// <summary>A pair with an arbiter, as its sites see it: what is read on the left, the one write on the right [S8] [S9].</summary>
[Requirement("A3")]
public sealed class AutomaticFailoverTests
{
    private const long Limit = 1 << 20;
    private static readonly ArbiterRequest Automatic = new(TimeSpan.FromSeconds(10), Automatic: true, Limit);
    private static readonly ArbiterRecord HeldByEast = new("uid", Third, "east", TimeSpan.FromSeconds(10), Now, 1, "n1");
    private static readonly TimeSpan RunOut = TimeSpan.FromSeconds(13);

    // ---- the standby site ----

    [Fact]
    public void A_silent_site_whose_lease_has_run_out_is_failed_over_by_three_writes()
    {
        var locked = Decide<PairAction.SwapRecord>(Silent(RunOut)).Next;
        Assert.Equal(PairStep.FailingOver, locked.Step);

        var taken = Decide<PairAction.SwapArbiter>(Silent(RunOut) with { Record = locked }).Next;
        Assert.Equal((new PairEpoch(4, "west"), "west"), (taken.PairEpoch, taken.Holder));

        var decided = Decide<PairAction.SwapRecord>(Silent(TimeSpan.Zero) with { Record = locked, Arbiter = new ArbiterView(taken, TimeSpan.Zero, Settled: true) }).Next;
        Assert.Equal((PairRole.Primary, new PairEpoch(4, "west"), PairOutcomeKind.FailedOver), (decided.Role, decided.PairEpoch, decided.Outcome!.Kind));
        Assert.Null(decided.Operation);
    }

    /// <summary>The arbiter decides, and the other site reads it there as well.</summary>
    [Fact]
    public void The_other_site_may_follow_the_arbiter_before_this_site_s_record_does()
    {
        var fourth = new PairEpoch(4, "west");
        var view = Failing(West()).WithPeer(r => r with { PairEpoch = fourth, Role = PairRole.Standby }) with { Arbiter = new ArbiterView(HeldByEast with { PairEpoch = fourth, Holder = "west" }, TimeSpan.Zero, Settled: true) };
        Assert.Equal((PairRole.Primary, fourth), (Decide<PairAction.SwapRecord>(view).Next.Role, Decide<PairAction.SwapRecord>(view).Next.PairEpoch));
        Waits(view with { Arbiter = null }, "ArbiterUnreachable");
        // Decided elsewhere: this record was taken back.
        Waits(view with { Arbiter = new ArbiterView(HeldByEast, TimeSpan.Zero, Settled: true) }, "RecordRegressed");
    }

    [Fact]
    public void A_lease_that_is_renewed_moves_nothing() => Assert.IsNotType<PairAction.SwapRecord>(PairDecision.Decide(Silent(TimeSpan.FromSeconds(12))));

    [Fact]
    public void Nothing_moves_by_itself_where_the_spec_does_not_say_so() => Assert.IsNotType<PairAction.SwapRecord>(PairDecision.Decide(Silent(RunOut) with { ArbiterRequest = Automatic with { Automatic = false } }));

    [Fact]
    public void A_primary_that_has_not_taken_the_arbiter_at_this_epoch_does_not_stop_without_it()
    {
        foreach (var stands in new[] { null, HeldByEast with { PairEpoch = new PairEpoch(2, "east") }, HeldByEast with { Holder = null }, HeldByEast with { Pair = "other" } })
            Assert.IsNotType<PairAction.SwapRecord>(PairDecision.Decide(Silent(RunOut) with { Arbiter = new ArbiterView(stands, RunOut, true) }));
    }

    [Fact]
    public void A_site_that_hands_over_is_not_passed_by() // [S9]
    {
        var offering = West().PeerAt(PairStep.Offer);
        var view = Bound(offering) with { Arbiter = new ArbiterView(HeldByEast, RunOut, true), Holder = offering.Holder! with { Flushed = new Lsn(1) } };
        Assert.NotEqual(PairStep.FailingOver, (PairDecision.Decide(view) as PairAction.SwapRecord)?.Next.Step);
    }

    [Theory]
    [InlineData(Limit, true)]
    [InlineData(Limit + 1, false)]
    [InlineData(null, false)]
    public void Further_behind_than_the_spec_allows_a_person_decides(long? behind, bool goes)
    {
        var view = Silent(RunOut).WithRecord(r => r with { Peer = r.Peer! with { RecoveryPointBytes = behind } });
        if (goes) Decide<PairAction.SwapRecord>(view);
        else Assert.Contains("spec.failover.fromEpoch 3", Waits(view, "TooFarBehind").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void From_failing_over_on_nothing_is_consumed_or_revoked() // [S9]
    {
        var failing = Failing(West().PeerAt(PairStep.Offer)) with { Arbiter = new ArbiterView(HeldByEast, TimeSpan.Zero, true) };
        Assert.Null(TargetSteps.Consume(failing));
        Assert.Null(TargetSteps.ReachOrRevoke(failing));
        var rollingBack = East().At(PairStep.RollBack).WithPeer(r => r with { Operation = Operation(PairStep.FailingOver, PairOperationKind.Failover) });
        Assert.Equal("RollingBack", Assert.IsType<PairAction.Wait>(PrimarySteps.RollingBack(rollingBack)).Reason);
    }

    [Fact]
    public void A_failover_is_withdrawn_when_the_lease_is_renewed() =>
        Assert.Null(Decide<PairAction.SwapRecord>(Failing(Silent(TimeSpan.FromSeconds(1)))).Next.Operation);

    [Fact]
    public void A_failover_is_withdrawn_for_a_handover_only_once_no_attempt_to_take_the_arbiter_can_land() // [S9] [C9]
    {
        var view = Failing(West().PeerAt(PairStep.Offer));
        var settles = Decide<PairAction.SwapArbiter>(view with { Arbiter = new ArbiterView(HeldByEast, RunOut, Settled: false) }).Next;
        Assert.Equal(HeldByEast, settles with { SettledBy = null });
        Assert.NotNull(settles.SettledBy); // an API server would keep the version of an object that is written as it is
        Assert.Null(Decide<PairAction.SwapRecord>(view with { Arbiter = new ArbiterView(HeldByEast, RunOut, Settled: true) }).Next.Operation);
    }

    // ---- whoever learns of it there ----

    [Fact]
    public void A_site_that_reads_a_higher_epoch_at_the_arbiter_follows_though_the_other_cannot_be_read()
    {
        var passed = (Bound(East()) with { Arbiter = new ArbiterView(HeldByEast with { PairEpoch = new PairEpoch(4, "west"), Holder = "west" }, TimeSpan.Zero, true) }).Unreadable();
        var change = Decide<PairAction.SwapCluster>(passed).Change;
        Assert.Equal((RunMode.Standby, new PairEpoch(4, "west")), (change.RunMode, change.PairEpoch));
    }

    // ---- binding ----

    [Fact]
    public void A_site_is_bound_by_the_swap_that_opens_it()
    {
        var closed = Bound(East()) with { Cluster = Cluster(RunMode.Standby), Arbiter = new ArbiterView(HeldByEast with { Generation = 4 }, TimeSpan.Zero, true) };
        Assert.Equal(new ArbiterBinding("uid", TimeSpan.FromSeconds(10), 5), Decide<PairAction.SwapCluster>(closed).Change.Arbiter);
        Waits(closed with { Arbiter = null }, "ArbiterUnreachable");
    }

    [Fact]
    public void A_site_that_is_open_is_bound_when_the_arbiter_answers_and_goes_on_meanwhile()
    {
        var open = Bound(East());
        open = open with { Cluster = open.Cluster! with { Arbiter = null } };
        Assert.Equal(1, Decide<PairAction.SwapCluster>(open with { Arbiter = new ArbiterView(null, TimeSpan.Zero, true) }).Change.Arbiter!.Generation);
        Assert.IsNotType<PairAction.SwapCluster>(PairDecision.Decide(open with { Arbiter = null }));
    }

    [Fact]
    public void The_binding_goes_only_once_the_lease_is_given_up()
    {
        var leaving = Bound(East()) with { ArbiterRequest = null };
        Assert.True(Decide<PairAction.SwapCluster>(leaving).Change.Arbiter!.Leaving);
        leaving = leaving with { Cluster = leaving.Cluster! with { Arbiter = leaving.Cluster.Arbiter! with { Leaving = true } } };
        Assert.IsNotType<PairAction.SwapCluster>(PairDecision.Decide(leaving));
        Assert.IsNotType<PairAction.SwapCluster>(PairDecision.Decide(leaving with { Arbiter = null }));
        Assert.IsNotType<PairAction.SwapCluster>(PairDecision.Decide(leaving with { Arbiter = new ArbiterView(null, TimeSpan.Zero, true) }));
        Assert.Null(Decide<PairAction.SwapCluster>(leaving with { Arbiter = new ArbiterView(HeldByEast with { Holder = null }, TimeSpan.Zero, true) }).Change.Arbiter);
    }

    [Fact]
    public void A_demoted_site_stays_bound_while_the_handover_is_open() => // its main standby renews [S9]
        Assert.NotNull(Decide<PairAction.SwapCluster>(Bound(East().At(PairStep.Demote, PairOperationKind.Failover))).Change.Arbiter);

    private static T Decide<T>(PairView view) where T : PairAction => Assert.IsType<T>(PairDecision.Decide(view));

    private static PairAction.Wait Waits(PairView view, string reason)
    {
        var wait = Decide<PairAction.Wait>(view);
        Assert.Equal(reason, wait.Reason);
        return wait;
    }

    private static PairView Bound(PairView view) => view with
    {
        Record = view.Record! with { PairUid = "uid" },
        Cluster = view.Cluster! with { Arbiter = new ArbiterBinding("uid", TimeSpan.FromSeconds(10), 1) },
        ArbiterRequest = Automatic,
        Arbiter = new ArbiterView(HeldByEast, TimeSpan.Zero, Settled: true),
    };

    /// <summary>West, with east silent on the link and at the arbiter.</summary>
    private static PairView Silent(TimeSpan stoodStill) => (Bound(West()) with { Arbiter = new ArbiterView(HeldByEast, stoodStill, Settled: false) }).Unreadable()
        .WithRecord(r => r with { Peer = new PeerFacts { LastSeen = Now, PairEpoch = Third, Role = PairRole.Primary, Facts = new SiteFacts { Ready = true }, RecoveryPointBytes = 0 } });

    private static PairView Failing(PairView view) =>
        (view.ArbiterRequest is null ? Bound(view) : view).WithRecord(r => r with { Operation = Operation(PairStep.FailingOver, PairOperationKind.Failover) });
}
