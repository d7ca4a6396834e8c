using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;
using static Tandem.Tests.Protocol.Handover.PairSample;

namespace Tandem.Tests.Protocol.Handover;

/// <summary>A pair without a link [S15]: old words that a person carries on the left, the one write on the right.</summary>
public sealed class ByHandTests
{
    private static readonly PairEpoch Fourth = new(4, "east");

    private static T Decide<T>(PairView view) where T : PairAction => Assert.IsType<T>(PairDecision.Decide(view));

    private static void Waits(PairView view, string reason) => Assert.Equal(reason, Decide<PairAction.Wait>(view).Reason);

    private static PairRequest Demotes(long? from = 3, long attempt = 1) => Asks("west") with { SwitchoverFromEpoch = from, SwitchoverAttempt = attempt };

    private static PairView EastByHand(PairRequest? request = null) => Hand(East(request), "west", Record(PairRole.Standby));

    private static PairView WestByHand(PairRequest? request = null) => Hand(West(request), "east", Record(PairRole.Primary));

    private static PairView Hand(PairView view, string from, PairRecord said) => view with { Peer = null, ByHand = true, Letter = PairLetter.Of("orders", from, said) };

    private static PairView Brought(PairView view, Func<PairRecord, PairRecord> change) => view with { Letter = view.Letter! with { Record = change(view.Letter.Record) } };

    private static PairView Offered(PairView view, PairStep step = PairStep.Offer, HandoverToken? token = null) => Brought(view, r => r with { Operation = Operation(step) with { Token = token ?? Token() } });

    [Fact]
    public void A_pair_in_order_rests_whatever_its_letters_say_of_it()
    {
        Decide<PairAction.Rest>(EastByHand());
        Decide<PairAction.Rest>(WestByHand());
        Decide<PairAction.Rest>(EastByHand() with { Letter = null });
    }

    // ---- requests [S4] [S15] ----

    [Fact]
    public void A_demotion_carries_its_own_word_which_the_attempt_uses_up()
    {
        var next = Decide<PairAction.SwapRecord>(EastByHand(Demotes())).Next;
        Assert.Equal((PairStep.Lock, "west", new SwitchoverAttempt(3, 1)), (next.Step, next.LastRequested, next.Attempted));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(2L)]
    [InlineData(4L)]
    public void Without_the_present_epoch_a_changed_primarySite_moves_nothing(long? from)
    {
        var wait = Decide<PairAction.Wait>(EastByHand(Demotes(from)));
        Assert.Equal("PrimaryNotAsRequested", wait.Reason);
        Assert.Contains("spec.switchover.fromEpoch 3", wait.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_manifest_does_not_demote_twice_and_the_next_attempt_does()
    {
        static PairView Tried(PairRequest request) => EastByHand(request).WithRecord(r => r with { Attempted = new SwitchoverAttempt(3, 1) });
        var wait = Decide<PairAction.Wait>(Tried(Demotes()));
        Assert.Equal("PrimaryNotAsRequested", wait.Reason);
        Assert.Contains("spec.switchover.attempt 2", wait.Message, StringComparison.Ordinal);
        Assert.Equal(new SwitchoverAttempt(3, 2), Decide<PairAction.SwapRecord>(Tried(Demotes(attempt: 2))).Next.Attempted);
        // Of an earlier epoch it is no matter any more.
        Assert.Equal(PairStep.Lock, Decide<PairAction.SwapRecord>(EastByHand(Demotes()).WithRecord(r => r with { Attempted = new SwitchoverAttempt(2, 5) })).Next.Step);
    }

    [Fact]
    public void The_own_spec_alone_is_adopted()
    {
        Assert.Equal("east", Decide<PairAction.SwapRecord>(EastByHand().WithRecord(r => r with { LastRequested = "west" })).Next.LastRequested);
        Waits(EastByHand(Demotes()).WithRecord(r => r with { LastRequested = "west" }), "PrimaryNotAsRequested");
    }

    [Theory]
    [InlineData("no letter", "PeerRecordMissing")]
    [InlineData("letter of another epoch", "PeerAtOtherEpoch")]
    [InlineData("not streaming", "NotStreaming")]
    [InlineData("other system", "SystemIdentifierMismatch")]
    [InlineData("not admitting", "PrimaryNotRunningAtEpoch")]
    public void A_demotion_that_could_not_end_well_is_not_begun(string what, string reason)
    {
        var view = EastByHand(Demotes());
        Waits(what switch
        {
            "no letter" => view with { Letter = null },
            "letter of another epoch" => Brought(view, r => r with { PairEpoch = new PairEpoch(2, "east") }),
            "not streaming" => view with { StandbyStreams = false },
            "other system" => Brought(view, r => r with { Self = r.Self! with { SystemIdentifier = new SystemIdentifier(1) } }),
            _ => view with { HolderAdmits = false },
        }, reason);
    }

    // ---- the site that demotes itself ----

    [Fact]
    public void It_goes_from_step_to_step_without_anybody_s_lock()
    {
        Assert.Equal(PairStep.Quiesce, Decide<PairAction.SwapRecord>(EastByHand(Demotes()).At(PairStep.Lock)).Next.Step);
        Assert.Equal(PairStep.Demote, Decide<PairAction.SwapRecord>(EastByHand(Demotes()).At(PairStep.Quiesce) with { Quiesced = true }).Next.Step);
        var demoted = EastByHand(Demotes()).At(PairStep.Demote).WithCluster(c => c with { RunMode = RunMode.Standby, Demoted = Demoted() });
        Assert.Equal(Token(), Decide<PairAction.SwapRecord>(demoted).Next.Operation!.Token);
    }

    [Fact]
    public void A_token_that_is_out_waits_for_a_person_and_is_taken_back_by_a_word_alone()
    {
        var offers = EastByHand(Demotes()).At(PairStep.Offer);
        Waits(offers, "HandoverOffered");
        Waits(offers.Later(TimeSpan.FromDays(2)), "HandoverOffered");
        Assert.Equal(PairStep.RollBack, Decide<PairAction.SwapRecord>(offers with { Request = Asks("east") }).Next.Step);
        Waits(EastByHand().At(PairStep.RollBack), "HandoverInDoubt");
    }

    [Fact]
    public void It_reopens_only_at_the_outcome_that_was_carried_to_it()
    {
        var doubt = EastByHand().At(PairStep.RollBack).WithCluster(c => c with { RunMode = RunMode.Standby });
        // That the other site stands by as ever, or did so, says nothing of the token.
        Waits(doubt, "HandoverInDoubt");
        var next = Decide<PairAction.SwapRecord>(Brought(doubt, r => r with { PairEpoch = Fourth })).Next;
        Assert.Equal((PairRole.Primary, Fourth, true), (next.Role, next.PairEpoch, next.Outcome!.Carried));
        Assert.Equal(new PairEpoch(4, "west"), Decide<PairAction.SwapCluster>(Brought(doubt, r => r with { PairEpoch = new PairEpoch(4, "west"), Role = PairRole.Primary })).Change.PairEpoch);
    }

    // ---- the site that takes over ----

    [Theory]
    [InlineData(PairStep.Offer)]
    [InlineData(PairStep.RollBack)]
    public void A_carried_token_is_consumed_where_it_is_reached_and_asked_for(PairStep step)
    {
        var next = Decide<PairAction.SwapRecord>(Offered(WestByHand(Asks("west")), step)).Next;
        Assert.Equal((PairRole.Primary, new PairEpoch(4, "west"), PairOutcomeKind.Consumed, "west"), (next.Role, next.PairEpoch, next.Outcome!.Kind, next.LastRequested));
    }

    [Fact]
    public void One_that_is_not_reached_is_waited_for()
    {
        Waits(Offered(WestByHand(Asks("west")), token: Token(0x7000000)), "Reaching");
        Waits(Offered(WestByHand(Asks("west")), token: Token(timeline: 5)), "Reaching");
    }

    [Fact]
    public void A_token_of_another_epoch_counts_for_nothing()
    {
        foreach (var step in (PairStep[])[PairStep.Offer, PairStep.RollBack])
        foreach (var epoch in (PairEpoch[])[new PairEpoch(2, "east"), new PairEpoch(4, "east")])
        {
            Assert.IsNotType<PairAction.SwapRecord>(PairDecision.Decide(Offered(WestByHand(Asks("west")), step, Token(epoch: epoch))));
            Decide<PairAction.Rest>(Offered(WestByHand(), step, Token(epoch: epoch)));
        }
    }

    [Fact]
    public void One_that_nobody_asks_for_waits_until_it_is_taken_back_and_is_revoked_then()
    {
        Waits(Offered(WestByHand()), "HandoverOffered");
        var next = Decide<PairAction.SwapRecord>(Offered(WestByHand(), PairStep.RollBack)).Next;
        Assert.Equal((PairRole.Standby, Fourth, PairOutcomeKind.Revoked), (next.Role, next.PairEpoch, next.Outcome!.Kind));
        // A second time the epoch is another one.
        Decide<PairAction.Rest>(Offered(WestByHand(), PairStep.RollBack).WithRecord(_ => next).WithCluster(c => c with { PairEpoch = Fourth }));
    }

    // ---- failover, loss ----

    [Fact]
    public void A_failover_takes_over_and_prefers_a_token_that_comes_nearer()
    {
        Assert.Equal(PairOutcomeKind.FailedOver, Decide<PairAction.SwapRecord>(WestByHand(Asks("west", 3))).Next.Outcome!.Kind);
        Waits(WestByHand(Asks("west", 2)), "PrimaryNotAsRequested");
        Assert.Equal(PairOutcomeKind.Consumed, Decide<PairAction.SwapRecord>(Offered(WestByHand(Asks("west", 3)))).Next.Outcome!.Kind);
        var behind = Offered(WestByHand(Asks("west", 3)), token: Token(0x7000000));
        Waits(behind, "Reaching");
        Assert.Equal(PairOutcomeKind.FailedOver, Decide<PairAction.SwapRecord>(behind with { Holder = behind.Holder! with { Streaming = false } }).Next.Outcome!.Kind);
    }

    [Fact]
    public void The_old_site_follows_by_the_letter_cluster_s_record_first()
    {
        var told = Brought(EastByHand(), r => r with { PairEpoch = new PairEpoch(4, "west"), Role = PairRole.Primary });
        Assert.Equal((RunMode.Standby, new PairEpoch(4, "west")), Decide<PairAction.SwapCluster>(told).Change is var c ? (c.RunMode, c.PairEpoch) : default);
        var next = Decide<PairAction.SwapRecord>(told.WithCluster(c => c with { RunMode = RunMode.Standby, PairEpoch = new PairEpoch(4, "west") })).Next;
        Assert.Equal((PairRole.Standby, true), (next.Role, next.Outcome!.Carried));
    }

    [Fact]
    public void Where_a_look_is_waited_for_a_person_says_it_by_the_present_epoch()
    {
        var closed = EastByHand(new PairRequest("east", null, Deleting: false, OverrideFromEpoch: 3)) with { WaitsForLook = true, HolderAdmits = false };
        var next = Decide<PairAction.SwapRecord>(closed).Next;
        Assert.Equal((PairRole.Primary, new PairEpoch(5, "east"), PairOutcomeKind.Overridden), (next.Role, next.PairEpoch, next.Outcome!.Kind));
        foreach (var view in (PairView[])[closed with { WaitsForLook = false }, closed with { HolderAdmits = true }, closed with { Request = closed.Request with { OverrideFromEpoch = 2 } }, closed with { ByHand = false, Peer = null }])
            Assert.IsNotType<PairAction.SwapRecord>(PairDecision.Decide(view));
    }

    // ---- the beginning and the end ----

    [Fact]
    public void The_primary_site_begins_alone_and_the_other_by_its_letter()
    {
        var first = Decide<PairAction.CreateRecord>(EastByHand() with { Record = null, Cluster = null, Letter = null }).Record;
        Assert.Equal((PairRole.Primary, new PairEpoch(1, "east")), (first.Role, first.PairEpoch));
        Waits(WestByHand() with { Record = null, Cluster = null, Letter = null }, "WaitingForLetter");
        var joined = Decide<PairAction.CreateRecord>(Brought(WestByHand() with { Record = null, Cluster = null }, r => r with { PairUid = "uid" })).Record;
        Assert.Equal((PairRole.Standby, Third, "uid"), (joined.Role, joined.PairEpoch, joined.PairUid));
        // What stands by for this site with data says that there was a pair here: it is lost, not new.
        Waits(EastByHand() with { Record = null, Cluster = null }, "RecordRegressed");
    }

    [Fact]
    public void It_is_dissolved_by_letters_too()
    {
        var deleting = WestByHand(new PairRequest("east", null, Deleting: true)).WithRecord(r => r with { State = PairRecordState.Dissolving });
        Waits(deleting, "WaitingForPeer");
        Assert.Equal(PairRecordState.Dissolved, Decide<PairAction.SwapRecord>(Brought(deleting, r => r with { State = PairRecordState.Dissolving })).Next.State);
        Decide<PairAction.Release>(Brought(deleting, r => r with { State = PairRecordState.Dissolved }).WithRecord(r => r with { State = PairRecordState.Dissolved }));
        Waits(deleting with { Letter = null }, "WaitingForLetter");
    }
}
