using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;
using static Tandem.Tests.Protocol.Handover.PairSample;

namespace Tandem.Tests.Protocol.Handover;

/// <summary>The table, line by line: what is read on the left, the one write on the right.</summary>
public sealed class PairDecisionTests
{
    private static T Decide<T>(PairView view) where T : PairAction => Assert.IsType<T>(PairDecision.Decide(view));

    private static void Waits(PairView view, string reason) => Assert.Equal(reason, Decide<PairAction.Wait>(view).Reason);

    // ---- requests [S4] ----

    [Fact]
    public void A_pair_in_order_rests()
    {
        Decide<PairAction.Rest>(East());
        Decide<PairAction.Rest>(West());
    }

    [Fact]
    public void A_change_at_both_sites_locks_and_is_used_up_by_that()
    {
        var next = Decide<PairAction.SwapRecord>(East(Asks("west"))).Next;
        Assert.Equal(PairStep.Lock, next.Step);
        Assert.Equal("west", next.LastRequested);
        Assert.Equal(Third, next.PairEpoch);
        Waits(East(Asks("west")).WithRecord(r => r with { LastRequested = "west" }), "PrimaryNotAsRequested");
    }

    [Fact]
    public void A_change_at_one_site_moves_nothing()
    {
        Waits(East(Asks("west"), peer: Asks("east")), "PrimaryNotAsRequested");
        Decide<PairAction.Rest>(East(Asks("east"), peer: Asks("west")));
        Waits(West(Asks("west"), peer: Asks("east")), "PrimaryNotAsRequested");
    }

    [Fact]
    public void An_old_manifest_at_both_sites_after_a_failover_moves_nothing_where_the_other_site_saw_it_before() =>
        Waits(East(Asks("west")).WithPeer(r => r with { LastRequested = "west" }), "PrimaryNotAsRequested");

    [Theory]
    [InlineData(2L)]
    [InlineData(3L)]
    [InlineData(4L)]
    public void A_manifest_with_fromEpoch_is_never_a_switchover(long from)
    {
        Waits(East(Asks("west", from)), "PrimaryNotAsRequested");
        Waits(East(Asks("west"), peer: Asks("west", from)), "PrimaryNotAsRequested");
    }

    [Fact]
    public void Specs_that_come_to_name_the_real_primary_are_adopted_when_both_do_at_equal_epochs()
    {
        var view = East().WithRecord(r => r with { LastRequested = "west" });
        Assert.Equal("east", Decide<PairAction.SwapRecord>(view).Next.LastRequested);
        Decide<PairAction.Rest>(view with { Peer = new PeerView(Asks("west"), view.PeerRecord) });
        Decide<PairAction.Rest>(view.Unreadable());
        Decide<PairAction.Rest>(view.WithPeer(r => r with { PairEpoch = new PairEpoch(2, "east") }));
    }

    public static TheoryData<string, string> Refusals => new()
    {
        { "peer unreadable", "PeerUnreachable" }, { "peer not ready", "PeerNotReady" }, { "not streaming", "NotStreaming" }, { "other system", "SystemIdentifierMismatch" },
        { "other engine", "EngineMismatch" }, { "not admitting", "PrimaryNotRunningAtEpoch" }, { "older reign", "PrimaryNotRunningAtEpoch" }, { "electing", "PrimaryNotRunningAtEpoch" },
        { "peer in an operation", "OperationInProgress" }, { "peer behind", "PeerAtOtherEpoch" }, { "peer lost", "PeerNotActive" }, { "not built", "AutomaticFailoverNotSupported" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_switchover_that_could_not_end_well_is_not_begun(string what, string reason)
    {
        var view = East(Asks("west"));
        view = what switch
        {
            "peer unreadable" => view.Unreadable(),
            "peer not ready" => view.WithPeer(r => r with { Self = r.Self! with { Ready = false } }),
            "not streaming" => view with { StandbyStreams = false },
            "other system" => view.WithPeer(r => r with { Self = r.Self! with { SystemIdentifier = new SystemIdentifier(1) } }),
            "other engine" => view.WithPeer(r => r with { Self = r.Self! with { ServerVersion = 160001 } }),
            "not admitting" => view with { HolderAdmits = false },
            "older reign" => view.WithCluster(c => c with { Lineage = [c.Lineage[0] with { PairEpoch = new PairEpoch(2, "west") }] }),
            "electing" => view.WithCluster(c => c with { State = RecordState.IsElecting, Holder = null }),
            "peer in an operation" => view.PeerAt(PairStep.Target),
            "peer behind" => view.WithPeer(r => r with { PairEpoch = new PairEpoch(2, "east") }),
            "peer lost" => view.WithPeer(r => r with { State = PairRecordState.RecordRegressed }),
            "not built" => view with { Unsupported = new Refusal("AutomaticFailoverNotSupported", "") },
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
        };
        Waits(view, reason);
    }

    // ---- the steps of the primary site ----

    [Fact]
    public void Each_step_stands_in_the_record_before_it_acts()
    {
        Waits(East(Asks("west")).At(PairStep.Lock), "Locking");
        Assert.Equal(PairStep.Quiesce, Decide<PairAction.SwapRecord>(East(Asks("west")).At(PairStep.Lock).PeerAt(PairStep.Target)).Next.Step);
        Waits(East(Asks("west")).At(PairStep.Quiesce).PeerAt(PairStep.Target), "Quiescing");
        Assert.Equal(PairStep.Demote, Decide<PairAction.SwapRecord>(East(Asks("west")).At(PairStep.Quiesce).PeerAt(PairStep.Target) with { Quiesced = true }).Next.Step);
        Assert.Equal(PairStep.Demote, Decide<PairAction.SwapRecord>(East(Asks("west")).At(PairStep.Quiesce).PeerAt(PairStep.Target).Later(TimeSpan.FromSeconds(31))).Next.Step);
    }

    [Fact]
    public void Demote_swaps_the_run_mode_before_anything_stops_and_keeps_the_epoch()
    {
        var change = Decide<PairAction.SwapCluster>(East(Asks("west")).At(PairStep.Demote).PeerAt(PairStep.Target).WithCluster(c => c with { Demoted = Demoted() })).Change;
        Assert.Equal(new ClusterChange(RunMode.Standby, Third, null, ClearDemoted: true), change);
    }

    [Fact]
    public void Demote_is_a_swap_of_its_own_even_where_Standby_stands_already()
    {
        var view = East(Asks("west")).At(PairStep.Demote).PeerAt(PairStep.Target).WithCluster(c => c with { RunMode = RunMode.Standby, Demoted = Demoted() });
        Assert.Equal(RunMode.Standby, Decide<PairAction.SwapCluster>(view with { ClusterSettled = false }).Change.RunMode);
        Assert.Equal(PairStep.Offer, Decide<PairAction.SwapRecord>(view).Next.Step);
    }

    [Fact]
    public void The_token_is_published_only_when_the_holder_has_written_it_for_this_epoch()
    {
        var view = East(Asks("west")).At(PairStep.Demote).PeerAt(PairStep.Target).WithCluster(c => c with { RunMode = RunMode.Standby });
        Waits(view, "Demoting");
        Waits(view.WithCluster(c => c with { Demoted = Demoted(new PairEpoch(2, "east")) }), "Demoting");
        var next = Decide<PairAction.SwapRecord>(view.WithCluster(c => c with { Demoted = Demoted() })).Next;
        Assert.Equal(Token(), next.Operation!.Token);
    }

    [Fact]
    public void The_token_names_the_reign_that_wrote_the_log_not_one_that_was_elected_meanwhile_and_wrote_nothing()
    {
        var view = East(Asks("west")).At(PairStep.Demote).PeerAt(PairStep.Target).WithCluster(c => c with
        {
            RunMode = RunMode.Standby, Demoted = Demoted(), Epoch = new Epoch(8), Lineage = c.Lineage.Add(new LineageEntry(Third, new Epoch(8), Holder, null, null)),
        });
        Assert.Equal(new LogEnd(Third, new Epoch(7), new Lsn(0x6000000)), Decide<PairAction.SwapRecord>(view).Next.Operation?.Token?.End);
    }

    [Theory]
    [InlineData(PairStep.Lock)]
    [InlineData(PairStep.Quiesce)]
    [InlineData(PairStep.Demote)]
    public void Before_a_token_is_out_the_deadline_rolls_back_to_the_present_epoch(PairStep step)
    {
        var next = Decide<PairAction.SwapRecord>(East(Asks("west")).At(step).PeerAt(PairStep.Target).Later(TimeSpan.FromMinutes(3))).Next;
        Assert.Null(next.Operation);
        Assert.Equal(Third, next.PairEpoch);
        Assert.Equal(PairRole.Primary, next.Role);
        Assert.Equal("west", next.LastRequested);
    }

    [Fact]
    public void After_a_roll_back_the_site_is_opened_by_a_swap_of_one_s_own()
    {
        // What its own reign vouches for goes on to be vouched for [C8].
        var floor = new LogEnd(Third, new Epoch(1), Lsn.Zero);
        var change = Decide<PairAction.SwapCluster>(East().WithCluster(c => c with { RunMode = RunMode.Standby, Demoted = Demoted(), Floor = floor })).Change;
        Assert.Equal(new ClusterChange(RunMode.Primary, Third, floor, ClearDemoted: true), change);
        Assert.Equal(RunMode.Primary, Decide<PairAction.SwapCluster>(East() with { ClusterSettled = false }).Change.RunMode);
        // Of a site that took over by a token and has degraded since: not lowered to the token's end.
        var taken = East().WithRecord(r => r with { History = [new PairOutcome(PairOutcomeKind.Consumed, new PairEpoch(2, "west"), Third, Now, "op", Token())] }).WithCluster(c => c with { Floor = floor });
        Assert.Equal(floor, Decide<PairAction.SwapCluster>(taken with { ClusterSettled = false }).Change.Floor);
        var unopened = taken.WithCluster(c => c with { PairEpoch = new PairEpoch(2, "west"), RunMode = RunMode.Standby, Floor = null });
        Assert.Equal(Token().End, Decide<PairAction.SwapCluster>(unopened).Change.Floor);
        // Demoted before it was ever opened, it opens by a roll back.
        Assert.Equal(Token().End, Assert.IsType<PairAction.SwapCluster>(PrimarySteps.Demoting((unopened with { Request = Asks("west") }).At(PairStep.Demote).PeerAt(PairStep.Target))).Change.Floor);
    }

    [Fact]
    public void A_token_that_is_out_is_taken_back_only_at_the_target_and_raises_the_epoch()
    {
        var view = East(Asks("west")).At(PairStep.Offer).PeerAt(PairStep.Target).WithCluster(c => c with { RunMode = RunMode.Standby, Demoted = Demoted() });
        Waits(view, "Offered");
        Assert.Equal(PairStep.RollBack, Decide<PairAction.SwapRecord>(view.Later(TimeSpan.FromMinutes(3))).Next.Step);
        var back = view.At(PairStep.RollBack);
        var theirs = Decide<PairAction.SwapPeerRecord>(back).Next;
        Assert.Equal((new PairEpoch(4, "east"), PairRole.Standby, (PairOperation?)null), (theirs.PairEpoch, theirs.Role, theirs.Operation));
        Waits(back.WithPeer(r => r with { PairEpoch = new PairEpoch(2, "east") }), "RollingBack");
        Waits(back.WithPeer(r => r with { State = PairRecordState.RecordRegressed }), "PeerRecordLost");
    }

    [Theory]
    [InlineData(PairStep.Offer)]
    [InlineData(PairStep.RollBack)]
    public void With_the_link_lost_the_old_site_stays_down(PairStep step) =>
        Waits(East(Asks("west")).At(step).WithCluster(c => c with { RunMode = RunMode.Standby, Demoted = Demoted() }).Unreadable(), "HandoverInDoubt");

    [Fact]
    public void An_override_takes_the_epoch_above_any_outcome_that_it_cannot_see() // [S6]
    {
        var view = (East(Overrides(3)).At(PairStep.RollBack).WithCluster(c => c with { RunMode = RunMode.Standby, Demoted = Demoted() })).Unreadable();
        Waits(view, "HandoverInDoubt");
        var doubtful = view.Later(Timeouts.Step);
        var next = Decide<PairAction.SwapRecord>(doubtful).Next;
        Assert.Equal((new PairEpoch(5, "east"), PairRole.Primary, PairOutcomeKind.Overridden, "east", (PairOperation?)null), (next.PairEpoch, next.Role, next.Outcome!.Kind, next.LastRequested, next.Operation));
        Assert.Equal(new ClusterChange(RunMode.Primary, new PairEpoch(5, "east"), null, ClearDemoted: true), Decide<PairAction.SwapCluster>(doubtful with { Record = next }).Change);
        // Both of what it could not see give way to it.
        foreach (var unseen in new[] { (new PairEpoch(4, "west"), PairRole.Primary), (new PairEpoch(4, "east"), PairRole.Standby) })
        {
            var west = West().WithRecord(r => r with { PairEpoch = unseen.Item1, Role = unseen.Item2 }).WithCluster(c => c with { PairEpoch = unseen.Item1, RunMode = unseen.Item2 == PairRole.Primary ? RunMode.Primary : RunMode.Standby });
            Assert.Equal((RunMode.Standby, new PairEpoch(5, "east")), Decide<PairAction.SwapCluster>(west with { Peer = new PeerView(Asks("east"), next) }) is var swap ? (swap.Change.RunMode, swap.Change.PairEpoch) : default);
        }
    }

    [Fact]
    public void An_override_acts_only_blind_at_the_present_epoch_and_for_its_own_site() // [S6]
    {
        var view = (East(Overrides(3)).At(PairStep.RollBack).WithCluster(c => c with { RunMode = RunMode.Standby, Demoted = Demoted() })).Later(Timeouts.Step);
        Decide<PairAction.SwapPeerRecord>(view); // who can read the outcome does not guess it
        var blind = view.Unreadable();
        foreach (var stale in new[] { 2L, 4L }) Waits(blind with { Request = Overrides(stale) }, "HandoverInDoubt");
        Waits(blind with { Request = Overrides(3) with { PrimarySite = "west" } }, "HandoverInDoubt");
        Waits(blind with { Request = Asks("east", 3) }, "HandoverInDoubt");
        Waits(blind with { Request = Overrides(3) with { Deleting = true } }, "HandoverInDoubt");
        // Used up by acting: at the epoch that it took it is a manifest like any other.
        Decide<PairAction.Rest>(East(Overrides(2)));
    }

    private static PairRequest Overrides(long epoch) => Asks("east") with { OverrideFromEpoch = epoch };

    [Fact]
    public void The_outcome_read_at_the_target_ends_it_either_way()
    {
        var view = East(Asks("west")).At(PairStep.Offer).WithCluster(c => c with { RunMode = RunMode.Standby, Demoted = Demoted() });
        var revoked = Decide<PairAction.SwapRecord>(view.WithPeer(r => r with { PairEpoch = new PairEpoch(4, "east") })).Next;
        Assert.Equal((new PairEpoch(4, "east"), PairRole.Primary), (revoked.PairEpoch, revoked.Role));
        // The cluster's record first [S7].
        var consumed = view.WithPeer(r => r with { PairEpoch = new PairEpoch(4, "west"), Role = PairRole.Primary, Operation = null });
        Assert.Equal(new ClusterChange(RunMode.Standby, new PairEpoch(4, "west"), null, ClearDemoted: true), Decide<PairAction.SwapCluster>(consumed).Change);
        var then = Decide<PairAction.SwapRecord>(consumed.WithCluster(c => c with { PairEpoch = new PairEpoch(4, "west"), Demoted = null })).Next;
        Assert.Equal((new PairEpoch(4, "west"), PairRole.Standby, PairOutcomeKind.Adopted), (then.PairEpoch, then.Role, then.Outcome!.Kind));
    }

    // ---- the target ----

    [Fact]
    public void The_target_locks_beside_the_primary_and_lets_go_with_it()
    {
        var locked = Decide<PairAction.SwapRecord>(West(Asks("west")).PeerAt(PairStep.Lock)).Next;
        Assert.Equal((PairStep.Target, "west", "op1"), (locked.Step!.Value, locked.LastRequested, locked.Operation!.Id));
        Waits((West(Asks("west")) with { Holder = null }).PeerAt(PairStep.Lock), "NotStreaming");
        Assert.Null(Decide<PairAction.SwapRecord>(West(Asks("west")).At(PairStep.Target)).Next.Operation);
        Waits(West(Asks("west")).At(PairStep.Target).PeerAt(PairStep.Demote), "Reaching");
        Waits(West(Asks("west")).At(PairStep.Target).Unreadable(), "Reaching");
    }

    [Fact]
    public void One_swap_consumes_the_token_and_its_end_becomes_the_floor()
    {
        var view = West(Asks("west")).At(PairStep.Target).PeerAt(PairStep.Offer);
        var next = Decide<PairAction.SwapRecord>(view).Next;
        Assert.Equal((new PairEpoch(4, "west"), PairRole.Primary, PairOutcomeKind.Consumed), (next.PairEpoch, next.Role, next.Outcome!.Kind));
        var open = Decide<PairAction.SwapCluster>(view with { Record = next }).Change;
        Assert.Equal(new ClusterChange(RunMode.Primary, new PairEpoch(4, "west"), Token().End, ClearDemoted: true), open);
    }

    [Fact]
    public void Reach_compares_position_timeline_system_and_epoch()
    {
        var view = West(Asks("west")).At(PairStep.Target);
        Waits(Offered(view, Token(lsn: 0x6000001)), "Reaching");
        Waits(Offered(view, Token(timeline: 5)), "Reaching");
        Waits(Offered(view, Token(epoch: new PairEpoch(2, "east"))), "Reaching");
        Waits(Offered(view with { Holder = view.Holder! with { SystemIdentifier = new SystemIdentifier(1) } }, Token()), "Reaching");
        Waits(Offered(view with { Holder = null }, Token()), "Reaching");
        // A timeline of the same number, which this site's own reign had opened before the other site's did.
        Waits(Offered(view.WithCluster(c => c with { Lineage = [c.Lineage[0] with { PairEpoch = new PairEpoch(2, "west") }] }), Token()), "Reaching");
    }

    private static PairView Offered(PairView view, HandoverToken token) => view.WithPeer(r => r with { Operation = Operation(PairStep.Offer) with { Token = token } });

    [Fact]
    public void The_target_may_revoke_by_itself_blindly_too()
    {
        var blind = Decide<PairAction.SwapRecord>(West(Asks("west")).At(PairStep.Target).Unreadable().Later(TimeSpan.FromMinutes(3))).Next;
        Assert.Equal((new PairEpoch(4, "east"), PairRole.Standby), (blind.PairEpoch, blind.Role));
        var asked = Decide<PairAction.SwapRecord>(West(Asks("west")).At(PairStep.Target).PeerAt(PairStep.RollBack)).Next;
        Assert.Equal((new PairEpoch(4, "east"), PairRole.Standby, (PairOperation?)null), (asked.PairEpoch, asked.Role, asked.Operation));
    }

    // ---- failover [S5] ----

    [Fact]
    public void A_failover_needs_the_present_epoch_and_is_used_up_by_acting()
    {
        Waits(West(Asks("west", 2)).Unreadable(), "PrimaryNotAsRequested");
        Waits(West(Asks("west", 4)).Unreadable(), "PrimaryNotAsRequested");
        var view = West(Asks("west", 3)).Unreadable();
        var next = Decide<PairAction.SwapRecord>(view).Next;
        Assert.Equal((new PairEpoch(4, "west"), PairRole.Primary, PairOutcomeKind.FailedOver, "west"), (next.PairEpoch, next.Role, next.Outcome!.Kind, next.LastRequested));
        var open = Decide<PairAction.SwapCluster>(view with { Record = next }).Change;
        Assert.Equal(new ClusterChange(RunMode.Primary, new PairEpoch(4, "west"), null, ClearDemoted: true), open);
        Decide<PairAction.Rest>(view with { Record = next, Cluster = open.Apply(view.Cluster!, "n") });
    }

    [Fact]
    public void A_site_that_can_be_read_is_stopped_first()
    {
        var view = West(Asks("west", 3), peer: Asks("east"));
        var theirs = Decide<PairAction.SwapPeerRecord>(view).Next;
        Assert.Equal((PairStep.Demote, PairOperationKind.Failover, Third), (theirs.Step!.Value, theirs.Operation!.Kind, theirs.PairEpoch));
        Waits(view.PeerAt(PairStep.Demote, PairOperationKind.Failover), "PeerDoesNotStop");
        // With its token reached nothing is lost: it is consumed.
        var consumed = Decide<PairAction.SwapRecord>(view.PeerAt(PairStep.Offer, PairOperationKind.Failover)).Next;
        Assert.Equal((PairOutcomeKind.Consumed, "west"), (consumed.Outcome!.Kind, consumed.LastRequested));
        var behind = view with { Holder = view.Holder! with { Flushed = new Lsn(0x5FFFFFF) } };
        Waits(behind.PeerAt(PairStep.Offer, PairOperationKind.Failover), "Reaching");
        var cut = behind with { Holder = behind.Holder! with { Streaming = false } };
        Assert.Equal(PairOutcomeKind.FailedOver, Decide<PairAction.SwapRecord>(cut.PeerAt(PairStep.Offer, PairOperationKind.Failover)).Next.Outcome!.Kind);
        Assert.Equal(PairOutcomeKind.FailedOver, Decide<PairAction.SwapRecord>(behind.PeerAt(PairStep.RollBack, PairOperationKind.Failover)).Next.Outcome!.Kind);
    }

    [Fact]
    public void A_site_that_can_be_read_and_does_not_stop_needs_the_stronger_word() // [S5]
    {
        var view = West(Asks("west", 3) with { AbandonPeerFromEpoch = 3 }, peer: Asks("east"));
        Decide<PairAction.SwapPeerRecord>(view); // told to stop first, however strong the word
        var told = view.PeerAt(PairStep.Demote, PairOperationKind.Failover);
        Waits(told, "PeerDoesNotStop");
        var next = Decide<PairAction.SwapRecord>(told.Later(Timeouts.Step)).Next;
        Assert.Equal((new PairEpoch(4, "west"), PairOutcomeKind.FailedOver), (next.PairEpoch, next.Outcome!.Kind));
        Assert.Contains("is abandoned", next.Outcome.Message, StringComparison.Ordinal);
        // Stopped after all: nothing is lost.
        Assert.Equal(PairOutcomeKind.Consumed, Decide<PairAction.SwapRecord>(view.PeerAt(PairStep.Offer, PairOperationKind.Failover)).Next.Outcome!.Kind);

        var weaker = told with { Request = Asks("west", 3) };
        Waits(weaker.Later(Timeouts.Step), "PeerDoesNotStop");
        Waits((told with { Request = Asks("west", 3) with { AbandonPeerFromEpoch = 2 } }).Later(Timeouts.Step), "PeerDoesNotStop");
        Waits((told with { Request = Asks("west") with { AbandonPeerFromEpoch = 3 } }).Later(Timeouts.Step), "PrimaryNotAsRequested");
        Waits(weaker.WithPeer(r => r with { State = PairRecordState.RecordRegressed }), "PeerRecordLost");
        Assert.Equal(PairOutcomeKind.FailedOver, Decide<PairAction.SwapRecord>(view.WithPeer(r => r with { State = PairRecordState.RecordRegressed })).Next.Outcome!.Kind);
        Assert.Equal(PairOutcomeKind.FailedOver, Decide<PairAction.SwapRecord>(view.WithPeer(r => r with { PairEpoch = new PairEpoch(2, "east") })).Next.Outcome!.Kind);
    }

    [Fact]
    public void The_fenced_site_demotes_without_asking_its_manifest()
    {
        var change = Decide<PairAction.SwapCluster>(East().At(PairStep.Demote, PairOperationKind.Failover)).Change;
        Assert.Equal(RunMode.Standby, change.RunMode);
    }

    [Fact]
    public void A_failover_is_refused_where_it_could_make_a_second_writable_site_or_an_empty_one()
    {
        Waits(West(Asks("west", 3)).WithPeer(r => r with { State = PairRecordState.RecordRegressed }), "PeerRecordLost");
        Waits(West(Asks("west", 3)) with { Peer = new PeerView(null, null) }, "PeerRecordLost");
        Waits((West(Asks("west", 3)) with { Cluster = null }).Unreadable(), "NothingToPromote");
        Waits(West(Asks("west", 3)).Unreadable().WithCluster(c => c with { SystemIdentifier = null }), "NothingToPromote");
        Waits(West(Asks("west", 3)) with { HasCopy = false }, "NothingToPromote");
    }

    [Fact]
    public void The_last_known_recovery_point_is_said()
    {
        var view = West(Asks("west", 3)).Unreadable().WithRecord(r => r with { Peer = new PeerFacts { LastSeen = Now, RecoveryPointBytes = 12288, RecoveryPointSeconds = 0.2 } });
        Assert.Contains("12288 bytes (0.2 s)", Decide<PairAction.SwapRecord>(view).Next.Outcome!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_old_site_comes_back_as_standby_cluster_record_first()
    {
        var view = East(Asks("east"), peer: Asks("west", 3)).WithPeer(r => r with { PairEpoch = new PairEpoch(4, "west"), Role = PairRole.Primary });
        Assert.Equal(new ClusterChange(RunMode.Standby, new PairEpoch(4, "west"), null, ClearDemoted: true), Decide<PairAction.SwapCluster>(view).Change);
        var half = view.WithCluster(c => c with { RunMode = RunMode.Standby, PairEpoch = new PairEpoch(4, "west") });
        Assert.Equal(PairRole.Standby, Decide<PairAction.SwapRecord>(half).Next.Role);
        // The half-way state never opens, whatever can be read [S7].
        Waits(half.Unreadable() with { ClusterSettled = false, Request = Asks("west") }, "PeerUnreachable");
    }

    // ---- founding, and records that are lost ----

    [Fact]
    public void The_first_named_site_founds_for_both_and_the_other_joins()
    {
        var east = East() with { Record = null, Cluster = null, Peer = new PeerView(Asks("east"), null) };
        var founded = Decide<PairAction.CreateRecord>(east).Record;
        Assert.Equal((new PairEpoch(1, "east"), PairRole.Primary, "east"), (founded.PairEpoch, founded.Role, founded.LastRequested));
        var west = West() with { Record = null, Cluster = null, Peer = new PeerView(Asks("east"), null) };
        Waits(west, "WaitingForPeer");
        Assert.Equal(PairRole.Standby, Decide<PairAction.CreateRecord>(west with { Peer = new PeerView(Asks("east"), founded) }).Record.Role);
        // Asked for the other way round, the same site founds, as standby.
        var reversed = east with { Request = Asks("west"), Peer = new PeerView(Asks("west"), null) };
        Assert.Equal(PairRole.Standby, Decide<PairAction.CreateRecord>(reversed).Record.Role);
    }

    [Fact]
    public void Nothing_is_founded_alone_nor_against_the_other_site_s_word()
    {
        var east = East() with { Record = null, Cluster = null };
        Waits(east.Unreadable(), "PeerUnreachable");
        Waits(east with { Peer = new PeerView(null, null) }, "WaitingForPeer");
        Waits(east with { Peer = new PeerView(Asks("west"), null) }, "SitesDisagree");
    }

    [Fact]
    public void A_standby_site_with_a_database_of_its_own_is_not_overwritten()
    {
        var alone = Cluster(RunMode.Primary) with { PairEpoch = null };
        Waits(West() with { Record = null, Cluster = alone }, "WouldDiscardData");
        Waits(West() with { Cluster = alone }, "WouldDiscardData");
        // A database that was there before becomes the pair's at the primary site.
        Decide<PairAction.CreateRecord>(East() with { Record = null, Cluster = alone, Peer = new PeerView(Asks("east"), null) });
        Assert.Equal(Third, Decide<PairAction.SwapCluster>(East() with { Cluster = alone }).Change.PairEpoch);
    }

    [Fact]
    public void A_record_that_was_lost_opens_nothing()
    {
        Waits(East() with { Record = null }, "RecordRegressed");
        Waits(East() with { Record = null, Cluster = null }, "RecordRegressed");
        Waits(East(Asks("west")).WithRecord(r => r with { State = PairRecordState.RecordRegressed }), "RecordRegressed");
        Waits(East().WithRecord(r => r with { PairEpoch = new PairEpoch(2, "east") }), "RecordRegressed");
        // The cluster's record was lost as well, and was put back closed.
        Waits(East().WithRecord(r => r with { PairEpoch = new PairEpoch(2, "east") }).WithCluster(c => c with { RunMode = RunMode.Standby }), "RecordRegressed");
        Waits(West().WithPeer(r => r with { PairEpoch = new PairEpoch(4, "west"), Role = PairRole.Standby }), "RecordRegressed");
        Waits(East().WithRecord(r => r with { Format = PairRecord.CurrentFormat + 1 }), "RecordTooNew");
    }

    // ---- the end of the pair [S13] ----

    [Fact]
    public void The_records_are_obeyed_until_both_sites_have_dissolved_the_pair()
    {
        var deleting = Asks("east") with { Deleting = true };
        var east = East(deleting);
        var dissolving = Decide<PairAction.SwapRecord>(east).Next;
        Assert.Equal(PairRecordState.Dissolving, dissolving.State);
        Waits(east with { Record = dissolving }, "WaitingForPeer");
        Waits((east with { Record = dissolving }).Unreadable(), "PeerUnreachable");
        // A failover that the other site was given meanwhile is obeyed.
        var failedOver = (east with { Record = dissolving }).WithPeer(r => r with { PairEpoch = new PairEpoch(4, "west"), Role = PairRole.Primary });
        Assert.Equal(RunMode.Standby, Decide<PairAction.SwapCluster>(failedOver).Change.RunMode);
        var both = (east with { Record = dissolving }).WithPeer(r => r with { State = PairRecordState.Dissolving });
        var dissolved = Decide<PairAction.SwapRecord>(both).Next;
        Assert.Equal(PairRecordState.Dissolved, dissolved.State);
        Waits(both with { Record = dissolved }, "WaitingForPeer");
        Decide<PairAction.Release>((both with { Record = dissolved }).WithPeer(r => r with { State = PairRecordState.Dissolved }));
    }

    [Fact]
    public void A_pair_that_is_applied_again_goes_on_with_its_record() =>
        Assert.Equal((PairRecordState.Active, Third), (Decide<PairAction.SwapRecord>(East().WithRecord(r => r with { State = PairRecordState.Dissolved })).Next.State, Third));
}
