using Tandem.Agent.Loop;
using Tandem.Agent.Record;
using Tandem.Agent.State;
using Tandem.Postgres;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Protocol.Synchrony;
using Tandem.Protocol.Rejoining;
using Tandem.Resources.Values;
using Tandem.Tests.Support;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Agent;

/// <summary>The table, a row a test: what an instance sees on the left, what it does on the right.</summary>
public sealed class InstanceTableTests
{
    [Fact]
    public void No_record_and_no_data_founds() => Expect<InstanceAction.Found>(World() with { Reading = new RecordReading(null, false, TimeSpan.Zero, true, null), HasData = false, Volume = Fresh });

    [Fact]
    public void No_record_but_a_remembered_epoch_is_held() => Expect<InstanceAction.Hold>(World() with { Reading = new RecordReading(null, false, TimeSpan.Zero, true, null) }, "RecordRegressed");

    [Fact]
    public void A_record_older_than_the_promise_is_held() => Expect<InstanceAction.Hold>(World(Record(1, A)) with { Volume = Promised(5) }, "RecordRegressed");

    [Fact]
    public void A_record_of_this_epoch_but_of_an_earlier_revision_is_held()
    {
        var record = Record(1, A, Clause(1, A, 1, B)) with { Revision = 3 };
        var world = World(record) with { Volume = Promised(1) with { Record = record with { Revision = 4 } }, Process = ReadWrite };
        Expect<InstanceAction.Hold>(world, "RecordRegressed");
        Assert.Null(world.Record);
        Assert.NotNull((world with { Volume = Promised(1) with { Record = record } }).Record);
    }

    [Fact]
    public void A_record_that_all_members_miss_is_rebuilt()
    {
        var known = Record(1, B, Clause(1, B, 1, A, C)) with { Revision = 3 };
        var world = Lost() with { Volume = Promised(1) with { Record = known }, Peers = [Recalling(B, known), Recalling(C, known)] };
        var rebuilt = Expect<InstanceAction.RebuildRecord>(world, "RecordRegressed");
        Expect<InstanceAction.Wait>(world with { PodsKnown = false }, "PeersUnknown");
        // What the pair's record says is to be known first.
        Expect<InstanceAction.Wait>(world with { PairKnown = false }, "WaitingForPair");
        Assert.Equal(2, rebuilt.Next.Epoch.Value);
        Assert.Contains("orders-3", Expect<InstanceAction.Hold>(world with { Peers = [Recalling(B, known)] }, "RecordRegressed").Message);
        Assert.Contains("orders-3", Expect<InstanceAction.Hold>(world with { Peers = [Recalling(B, known), Recalling(C, known) with { ViewAge = TimeSpan.FromSeconds(2) }] }, "RecordRegressed").Message);
    }

    [Fact]
    public void Somebody_elses_newer_record_counts_once_the_api_server_was_asked_after_it()
    {
        var world = World(Record(1, A) with { Revision = 3 }) with { Process = ReadWrite };
        var peer = Recalling(B, Record(1, A) with { Revision = 5 });
        Expect<InstanceAction.Hold>(world with { Peers = [peer] }, "RecordRegressed");
        Assert.False((world with { Peers = [peer with { RecordKnownSince = world.Now }] }).RecordRegressed);
        Assert.False((world with { Peers = [Recalling(B, Record(1, A) with { Revision = 3 })] }).RecordRegressed);
    }

    [Fact]
    public void A_record_that_was_seen_and_is_not_there_any_more_was_taken_back_and_is_remembered_as_if_it_had_been_written_down()
    {
        var (there, seen) = (Record(1, A), Record(2, B) with { Revision = 7 });
        var world = World(there) with { Volume = Promised(1), Peers = [Peer(B), Peer(C)] };
        Assert.False(world.RecordRegressed);

        var saw = world with { Reading = world.Reading with { Newest = seen } };
        Expect<InstanceAction.Hold>(saw, "RecordRegressed");
        Assert.Equal(seen, RecordSight.ToNote(saw));
        Assert.Equal(seen, RecordSight.View(saw).Heard.Single(w => w.Instance == A.Instance).Record);
        Assert.True((Lost() with { Volume = Fresh, HasData = false, Reading = Lost().Reading with { Newest = seen } }).RecordRegressed);
    }

    [Fact]
    public void What_another_remembers_of_a_record_that_was_taken_back_is_written_down_here_too()
    {
        var known = Record(2, B) with { Revision = 7 };
        var world = World(Record(1, A)) with { Volume = Promised(1) with { Record = Record(1, A) }, Peers = [Recalling(B, known)] };
        Assert.Equal(known.Epoch, RecordSight.ToNote(world)!.Epoch);
        Assert.Equal(known.Revision, RecordSight.ToNote(world)!.Revision);

        Assert.Equal(1, RecordSight.ToNote(world with { Peers = [Recalling(B, known) with { ViewAge = TimeSpan.FromSeconds(2) }] })!.Epoch.Value); // it is obeyed then
        Assert.Null(RecordSight.ToNote(World(Record(2, B)) with { Volume = Promised(1) })); // with the promise, in one write
    }

    [Fact]
    public void An_empty_volume_makes_no_database_in_the_place_of_one_that_others_remember()
    {
        var empty = Lost() with { HasData = false, Volume = Fresh };
        Expect<InstanceAction.Found>(empty with { Peers = [Peer(B)] });
        Expect<InstanceAction.Hold>(empty with { Peers = [Recalling(B, Record(1, B))] }, "RecordRegressed");
        Expect<InstanceAction.Wait>(empty with { Peers = [Recalling(B, Record(1, B)) with { RecordKnownSince = empty.Now }] }, "PeersKnowMore");
        Expect<InstanceAction.Wait>(empty with { Peers = [Peer(B) with { ViewAge = null }] }, "PeersUnknown");
        Expect<InstanceAction.Wait>(empty with { PodsKnown = false }, "PeersUnknown");
        Expect<InstanceAction.Hold>(empty with { Settings = Settings with { SystemIdentifier = new SystemIdentifier(42) } }, "RecordRegressed");
    }

    [Fact]
    public void Data_of_another_database_than_the_record_names_is_not_overwritten() =>
        Expect<InstanceAction.Hold>(World(Record(1, B)) with { Volume = Promised(1) with { Record = Record(1, B) with { SystemIdentifier = new SystemIdentifier(7) } }, Peers = [Peer(B)] }, "SystemIdentifierMismatch");

    [Fact]
    [Requirement("E14")]
    public void A_reset_acts_where_it_names_this_instance_and_what_its_volume_knows_last()
    {
        var known = Record(1, B, Clause(1, B, 1, A, C)) with { Revision = 3 };
        var request = new ResetRequest("r", A.Instance, new Epoch(1), 3);
        var lost = Lost() with { Volume = Promised(1) with { Record = known }, Settings = Settings with { Reset = request } };
        Assert.Equal([A], Expect<InstanceAction.RebuildRecord>(lost, "ResetPrimary").Next.Members);
        Expect<InstanceAction.Hold>(lost with { Settings = Settings with { Reset = request with { To = B.Instance } } }, "RecordRegressed");
        Expect<InstanceAction.Hold>(lost with { Settings = Settings with { Reset = request with { FromEpoch = new Epoch(2) } } }, "RecordRegressed");
        Expect<InstanceAction.Hold>(lost with { Settings = Settings with { Reset = request with { FromRevision = 2 } } }, "RecordRegressed");
        Expect<InstanceAction.Hold>(lost with { Volume = lost.Volume with { Marker = VolumeMarker.Cloning } }, "ResetRefused");

        // An election that waits for one who is gone; and never where somebody holds the record.
        var electing = Record(1, null, Clause(1, B, 1, C)) with { Revision = 3 };
        Expect<InstanceAction.RebuildRecord>(World(electing) with { Volume = Promised(1) with { Record = electing }, Settings = lost.Settings }, "ResetPrimary");
        var held = World(known) with { Volume = lost.Volume, Settings = lost.Settings, SinceLiveBeat = TimeSpan.Zero };
        Assert.IsNotType<InstanceAction.RebuildRecord>(InstanceTable.Decide(held));
        // Of one that is silent, whom those who are left may not be able to vote out.
        Expect<InstanceAction.RebuildRecord>(held with { SinceLiveBeat = TimeSpan.FromMinutes(1) }, "ResetPrimary");
    }

    [Fact]
    public void A_cluster_of_a_pair_waits_for_the_pair() =>
        Expect<InstanceAction.Wait>(World() with { Reading = new RecordReading(null, false, TimeSpan.Zero, true, null), HasData = false, Volume = Fresh, Settings = Settings with { Pair = "orders" } }, "WaitingForPair");

    [Fact]
    public void A_higher_epoch_that_is_being_elected_is_promised() => Expect<InstanceAction.Promise>(World(Record(2, null, Clause(1, A, 1, B, C))));

    [Fact]
    public void A_former_primary_that_reads_a_higher_epoch_stops() => Assert.True(Expect<InstanceAction.Obey>(World(Record(2, B)) with { Process = ReadWrite }).StopServer);

    [Fact]
    public void A_hold_binds_until_it_ends() // [C10b]
    {
        var bound = World(Record(2, null, Clause(1, A, 0))) with { HeldUntil = TimeSpan.FromSeconds(101), Volume = Promised(1) with { HoldEpoch = new Epoch(1) } };
        Expect<InstanceAction.Wait>(bound, "BoundByHold");
        Expect<InstanceAction.Promise>(bound with { HeldUntil = TimeSpan.FromSeconds(99) });
    }

    [Fact]
    public void The_winner_elects_itself_and_nobody_else()
    {
        var record = Record(2, null, Clause(1, C, 1, A, B));
        var mine = Promise(A, 2, 1, At(7));
        var world = World(record) with { Volume = Promised(2), Promise = mine, ClausesSatisfiedFor = TimeSpan.FromSeconds(1) };
        Expect<InstanceAction.Wait>(world, "ClauseUnsatisfied");
        Expect<InstanceAction.Elect>(world with { Peers = [Peer(B, Promise(B, 2, 1, At(6)))] });
        Expect<InstanceAction.Wait>(world with { Peers = [Peer(B, Promise(B, 2, 1, At(8)))] }, "ElectionOpen");
    }

    /// <summary>The record may have been taken back to that election, which has ended since: the old holder alone would be elected a second time in its epoch.</summary>
    [Fact]
    [Requirement("E14")]
    public void Who_has_just_come_into_touch_takes_no_record_before_those_who_would_know_of_its_election_are_heard()
    {
        var world = World(Record(2, null, Clause(1, A, 1, B, C))) with { Volume = Promised(2), Promise = Promise(A, 2, 1, At(7)), ClausesSatisfiedFor = TimeSpan.FromSeconds(1), Peers = [] };
        Expect<InstanceAction.Elect>(world);
        var begun = world with { Reading = world.Reading with { ReachableSince = world.Now - TimeSpan.FromSeconds(3) } };
        Expect<InstanceAction.Wait>(begun, "MembersUnheard");
        // Who has promised in this very election may have elected another in it; who has not, or has looked on since it began, cannot, or would know.
        PeerObservation Promising(Incarnation who) => Peer(who, Promise(who, 2, 1, At(6))) with { View = Peer(who, Promise(who, 2, 1, At(6))).View! with { Epoch = 2 } };
        var promised = Promising(B);
        Expect<InstanceAction.Wait>(begun with { Peers = [promised] }, "MembersUnheard");
        Expect<InstanceAction.Elect>(begun with { Peers = [Peer(B) with { View = Peer(B).View! with { Epoch = 1 } }] });
        Expect<InstanceAction.Elect>(begun with { Peers = [promised with { View = promised.View! with { SawElection = true } }] });
        // He would be one of all.
        Expect<InstanceAction.Elect>(begun with { Peers = [promised, Promising(C)] });
        // However long it had been in touch when an election appeared that it has not seen begin.
        Expect<InstanceAction.Wait>(world with { ElectingSince = TimeSpan.FromSeconds(9) }, "MembersUnheard");
        Expect<InstanceAction.Elect>(world with { ElectingSince = TimeSpan.FromSeconds(10) });
        // It was in touch when the election began.
        Expect<InstanceAction.Elect>(begun with { ElectingSince = TimeSpan.FromSeconds(1.5), SawReignBegin = true });
        Expect<InstanceAction.Wait>(begun with { ElectingSince = TimeSpan.FromSeconds(1.5) }, "MembersUnheard");
        // Itself a member, it has promised too.
        Expect<InstanceAction.Wait>(begun with { Reading = begun.Reading with { Record = begun.Record! with { Quorums = [Clause(1, A, 1, A, B)] } } }, "MembersUnheard");
    }

    /// <summary>Its promise is not needed, but it may have what was acknowledged and is nowhere else.</summary>
    [Fact]
    public void An_asynchronous_election_gives_those_who_answer_a_moment()
    {
        var world = World(Record(2, null, Clause(1, C, 0))) with
        {
            Volume = Promised(2), Promise = Promise(A, 2, 1, At(7)), HolderIsDown = true, ElectingSince = TimeSpan.Zero, SawReignBegin = true, ClausesSatisfiedFor = TimeSpan.FromMilliseconds(100), Peers = [Peer(B)],
        };
        Expect<InstanceAction.Wait>(world, "Grace");
        Expect<InstanceAction.Elect>(world with { ClausesSatisfiedFor = TimeSpan.FromMilliseconds(300) });
        Expect<InstanceAction.Elect>(world with { Peers = [Peer(B) with { ViewAge = TimeSpan.FromSeconds(2) }] });
    }

    // ---- the gate ----

    [Fact]
    public void The_holder_writes_its_start_before_it_starts()
    {
        var down = World(Record(1, A, Clause(1, A, 1, B, C))) with { Process = Down };
        Expect<InstanceAction.SwapRun>(down);
        Expect<InstanceAction.StartReadWrite>(Granted(down));
    }

    [Fact]
    public void A_grant_of_another_epoch_or_too_old_starts_nothing() // [C10c]
    {
        var granted = Granted(World(Record(1, A, Clause(1, A, 1, B, C))) with { Process = Down });
        Expect<InstanceAction.SwapRun>(granted with { Now = granted.Grant!.SentAt + TimeSpan.FromSeconds(4) });
        Expect<InstanceAction.SwapRun>(granted with { Grant = granted.Grant with { Epoch = new Epoch(0) } });
        Expect<InstanceAction.SwapRun>(granted with { Grant = granted.Grant with { Nonce = "another" } });
    }

    [Fact]
    public void Nothing_starts_read_write_out_of_a_handover() // [C5]
        => Expect<InstanceAction.TakeBack>(Granted(World(Record(1, A, Clause(1, A, 1, B, C)) with { State = new RecordState.HandingOver(B, DateTimeOffset.MaxValue) }) with { Process = Down }));

    [Fact]
    public void An_elected_holder_recovers_and_promotes_it_never_restarts_in_place()
    {
        var record = Record(2, A, Clause(2, A, 1, B, C)) with { Lineage = [Reign(1, B, 1, Lsn.Zero), Reign(2, A, null, null)] };
        var down = Granted(World(record) with { Process = Down, Volume = Promised(2) with { Lineage = [Reign(1, B, 1, Lsn.Zero)] } });
        Expect<InstanceAction.StartStandby>(down);
        Expect<InstanceAction.Promote>(down with { Process = Standby, Status = Status(true) });
    }

    [Fact]
    public void Below_the_floor_nothing_opens() =>
        Expect<InstanceAction.Hold>(World(Record(2, A, Clause(2, A, 1, B, C)) with { Lineage = [Reign(1, B, 1, Lsn.Zero), Reign(2, A, null, null)], Floor = new LogEnd(null, new Epoch(1), At(99)) })
            with { Process = Standby, Status = Status(true), Volume = Promised(2) with { Lineage = [Reign(1, B, 1, Lsn.Zero)] } }, "BelowFloor");

    [Fact]
    [Requirement("B3")]
    public void Below_the_floor_of_a_token_the_rest_comes_from_another_member_or_from_the_old_site() // [S12]
    {
        var (before, now) = (new PairEpoch(1, "east"), new PairEpoch(2, "west"));
        var reign = Reign(1, B, 1, Lsn.Zero) with { PairEpoch = before };
        var token = new HandoverToken(new SystemIdentifier(42), new TimelineId(1), new LogEnd(before, new Epoch(1), At(9)), before);
        var held = World(Record(2, A) with { PairEpoch = now, Lineage = [reign], Floor = token.End }) with
        {
            Settings = Settings with { Pair = "orders" },
            Status = Status(true),
            Volume = Promised(2) with { Lineage = [reign] },
            Pair = new PairRecord
            {
                PairEpoch = now, Role = PairRole.Primary, LastRequested = "west", History = [new PairOutcome(PairOutcomeKind.Consumed, before, now, DateTimeOffset.UnixEpoch, Token: token)],
                Peer = new PeerFacts { LastSeen = DateTimeOffset.UnixEpoch, PairEpoch = now, Role = PairRole.Standby, Facts = new SiteFacts { Host = "10.1.0.1", Port = 31000, Ready = false } },
            },
        };
        var peer = Peer(C);
        InstanceObservation Beside(string flushed, LineageEntry of) => held with { Peers = [peer with { View = peer.View! with { Epoch = 2, Flushed = flushed, LogPairEpoch = $"{of.PairEpoch}", LogEpoch = of.Epoch.Value } }], Reading = Read(held.Record! with { Members = [A, C] }) };
        Expect<InstanceAction.Vacate>(Beside($"{At(9)}", reign), "BelowFloor");
        Expect<InstanceAction.ReadOtherSite>(Beside($"{At(8)}", reign), "BelowFloor");
        Expect<InstanceAction.ReadOtherSite>(Beside($"{At(9)}", Reign(1, B, 1, Lsn.Zero) with { PairEpoch = new PairEpoch(0, "east") }), "BelowFloor");
        // Not to one that could not take over: it has not obeyed this epoch, or has a mark.
        var behind = Beside($"{At(9)}", reign);
        Expect<InstanceAction.ReadOtherSite>(behind with { Peers = [behind.Peers[0] with { View = behind.Peers[0].View! with { Epoch = 1 } }] });
        Expect<InstanceAction.ReadOtherSite>(behind with { Peers = [behind.Peers[0] with { View = behind.Peers[0].View! with { Marked = true } }] });
        Expect<InstanceAction.ReadOtherSite>(behind with { Peers = [behind.Peers[0] with { View = behind.Peers[0].View! with { Flushed = "?" } }] });

        var read = held with { OtherSite = new RemoteLineage(now, "10.1.0.1", [reign], new SystemIdentifier(42), TimeSpan.FromSeconds(100)) };
        var source = Expect<InstanceAction.Repoint>(read).Source;
        Assert.Equal(("site/east", "10.1.0.1", 31000), (source!.Name, source.Host, source.Port));
        var streams = read with { Upstream = source, Status = read.Status! with { Receiver = new WalReceiver(7, "streaming", null, new TimelineId(1), At(5)) } };
        Expect<InstanceAction.Wait>(streams, "BelowFloor");
        // A reign that began there meanwhile: whose the data is comes first.
        Expect<InstanceAction.LearnLineage>(streams with { LogEnd = new WalEnd(new TimelineId(2), At(12)) });
        Expect<InstanceAction.Wait>(streams with { LogEnd = new WalEnd(new TimelineId(2), At(12)), LineageAsked = new LineageQuestion(new TimelineId(2), streams.Now) }, "ReignUnknown");
        // All of its log tells of no reign there: that site was lost before anybody of it could be acknowledged. Its log counts up to where the reign before was left, whatever came behind that.
        var nobody = streams with { Status = streams.Status! with { Replayed = At(12) }, LogEnd = new WalEnd(new TimelineId(2), At(12)), LineageAsked = new LineageQuestion(new TimelineId(2), streams.Now, (At(12), At(12)), IsSecond: true), NewestTimeline = new KnownTimeline(new TimelineId(2), [(new TimelineId(1), At(9))]) };
        Expect<InstanceAction.SwapRun>(nobody);
        Expect<InstanceAction.Wait>(nobody with { NewestTimeline = new KnownTimeline(new TimelineId(2), [(new TimelineId(1), At(8))]) }, "BelowFloor");
        Expect<InstanceAction.Wait>(nobody with { NewestTimeline = null }, "BelowFloor");
        Expect<InstanceAction.LearnLineage>(nobody with { NewestTimeline = null, Now = nobody.Now + TimeSpan.FromSeconds(2) });
        Expect<InstanceAction.Wait>(nobody with { LineageAsked = nobody.LineageAsked! with { IsSecond = false } }, "ReignUnknown");
        Expect<InstanceAction.Wait>(nobody with { Status = nobody.Status! with { Replayed = At(13) } }, "ReignUnknown");
        Expect<InstanceAction.Wait>(nobody with { LogEnd = new WalEnd(new TimelineId(2), At(13)) }, "ReignUnknown");
        // It has them: what is next is the gate.
        Expect<InstanceAction.SwapRun>(read with { Upstream = source, LogEnd = new WalEnd(new TimelineId(1), At(9)) });
        Expect<InstanceAction.Hold>(read with { Pair = read.Pair! with { Peer = null } }, "BelowFloor");
    }

    [Fact]
    public void An_elected_holder_that_does_not_know_whose_log_it_has_asks_its_own_database()
    {
        var world = World(Record(2, A, Clause(2, A, 1, B, C)) with { Lineage = [Reign(1, B, 1, Lsn.Zero)], Floor = new LogEnd(null, new Epoch(1), At(100)) })
            with { Process = Standby, Status = Status(true), Volume = Promised(2), LogEnd = new WalEnd(new TimelineId(3), At(99)) };
        Expect<InstanceAction.LearnLineage>(world with { Volume = Promised(2) with { Lineage = [Reign(1, B, 1, Lsn.Zero)] } });
        Expect<InstanceAction.Hold>(world with { Volume = Promised(2) with { Lineage = [Reign(1, B, 1, Lsn.Zero)] }, LineageAsked = new LineageQuestion(new TimelineId(3), world.Now) }, "BelowFloor");
    }

    [Fact]
    public void A_follower_is_not_called_diverged_for_a_reign_that_only_its_log_knows()
    {
        var world = World(Record(2, B, Clause(2, B, 1, A, C)) with { Lineage = [Reign(1, C, 1, Lsn.Zero), Reign(2, B, 3, At(50))] })
            with { Process = Standby, Status = Status(true), Volume = Promised(2) with { Lineage = [Reign(1, C, 1, Lsn.Zero)] }, LogEnd = new WalEnd(new TimelineId(2), At(60)), Peers = [Peer(B)] };
        Expect<InstanceAction.LearnLineage>(world);
        // Nothing told: it cannot be rewound, and leaves the clauses before it is copied anew.
        Expect<InstanceAction.Wait>(world with { LineageAsked = new LineageQuestion(new TimelineId(2), TimeSpan.Zero) }, "InsideClause");
    }

    [Fact]
    [Requirement("E3")]
    public void Too_many_crashes_move_the_primary() =>
        Expect<InstanceAction.Vacate>(World(Record(1, A, Clause(1, A, 1, B, C))) with { Process = Down, RestartsInWindow = 4, Peers = [Peer(B)] }, "RestartThreshold");

    [Fact]
    [Requirement("C5")]
    public void A_volume_that_cannot_be_written_moves_the_primary() =>
        Expect<InstanceAction.Stop>(World(Record(1, A, Clause(1, A, 1, B, C))) with { Process = ReadWrite, StorageFailed = true, Peers = [Peer(B)] }, "StorageFailed");

    [Fact]
    [Requirement("A4")]
    public void A_demoted_site_stops_its_writer() =>
        Expect<InstanceAction.Demote>(World(Record(1, A, Clause(1, A, 1, B, C)) with { RunMode = RunMode.Standby }) with { Process = ReadWrite });

    // ---- followers ----

    [Fact]
    public void A_follower_whose_slot_is_gone_asks_for_it_again()
    {
        var record = Record(1, B, Clause(1, B, 1, A, C)) with { Lineage = [Reign(1, B, 1, Lsn.Zero)] };
        var world = World(record) with { Process = Standby, Status = Status(true), Volume = Promised(1) with { Lineage = record.Lineage }, Peers = [Peer(B)] };
        world = world with { Upstream = new UpstreamTarget("orders-2", world.Peers[0].Host!, 5432, "1"), DetachedSince = world.Now - TimeSpan.FromSeconds(3) };
        Expect<InstanceAction.Attach>(world);
        Expect<InstanceAction.Nothing>(world with { DetachedSince = world.Now - TimeSpan.FromSeconds(1) });
    }

    [Fact]
    public void Whoever_is_not_holder_does_not_write() => Expect<InstanceAction.Stop>(World(Record(1, B, Clause(1, B, 1, A, C))) with { Process = ReadWrite }, "NotHolder");

    [Fact]
    public void A_standby_follows_the_holder() =>
        Expect<InstanceAction.StartStandby>(World(Record(1, B, Clause(1, B, 1, A, C)) with { Lineage = [Reign(1, B, 1, Lsn.Zero)] }) with { Process = Down, Volume = Promised(1) with { Lineage = [Reign(1, B, 1, Lsn.Zero)] }, Peers = [Peer(B)] });

    [Fact]
    [Requirement("C9")]
    public void An_interrupted_rewind_is_rewound_again() =>
        Expect<InstanceAction.Rewind>(World(Record(1, B, Clause(1, B, 1, C))) with { Process = Down, Volume = Promised(1) with { Marker = VolumeMarker.Rewinding }, Peers = [Peer(B)] });

    [Fact]
    [Requirement("C9")]
    public void A_main_standby_that_is_half_rewound_is_neither_sealed_nor_started()
    {
        var world = World(Record(1, A, Clause(1, A, 0)) with { RunMode = RunMode.Standby }) with { Process = Down, LogEnd = null, Volume = Promised(1) with { Marker = VolumeMarker.Rewinding } };
        Expect<InstanceAction.Wait>(world, "WaitingForPeer");
        Expect<InstanceAction.Stop>(world with { Process = Standby }, "RewindInterrupted");
    }

    [Fact]
    public void A_stop_does_not_kill_the_crash_recovery_that_a_rewind_begins_with()
    {
        var rewind = new InstanceAction.Rewind(new UpstreamTarget(B.Instance, "10.0.0.2", 5432, "2"), null, "Diverged", "");
        Assert.False(new InstanceAction.Stop(StopMode.Fast, "RewindInterrupted", "").Outranks(rewind));
        Assert.True(new InstanceAction.Exit("ShutdownRequested", "").Outranks(rewind));
    }

    [Fact]
    [Requirement("B19")]
    public void What_only_this_site_has_is_discarded_by_its_very_name_alone()
    {
        var world = OwnCommits();
        var held = Expect<InstanceAction.Hold>(world, "WouldDiscardData");
        Assert.Contains("""set spec.discardData: {systemIdentifier: "42", timeline: 1, lsn: 0/500000}""", held.Message, StringComparison.Ordinal);
        // It stays main standby meanwhile: an election would take it again, for it has the newest log.
        Assert.True(ReportBuilder.LivesAsMainStandby(world, held));

        var consent = new DiscardConsent(new SystemIdentifier(42), new TimelineId(1), At(5));
        foreach (var wrong in new[] { consent with { Lsn = At(6) }, consent with { Lsn = At(4) }, consent with { Timeline = new TimelineId(2) }, consent with { SystemIdentifier = new SystemIdentifier(43) } })
            Assert.Contains("which is not that", Expect<InstanceAction.Hold>(Asked(world, wrong), "WouldDiscardData").Message, StringComparison.Ordinal);

        Assert.Equal(consent, Expect<InstanceAction.AcceptDiscard>(Asked(world, consent)).Consent);
        var accepted = Asked(world, consent) with { DiscardAccepted = consent };
        Expect<InstanceAction.Discard>(accepted);
        // What a stop leaves out of it is consented to as well; what has come since is not, nor is another consent than the one that was found right.
        Expect<InstanceAction.Discard>(accepted with { LogEnd = new WalEnd(new TimelineId(1), At(4)) });
        Expect<InstanceAction.Hold>(accepted with { LogEnd = new WalEnd(new TimelineId(1), At(6)) }, "WouldDiscardData");
        Expect<InstanceAction.Hold>(Asked(accepted, consent with { Lsn = At(9) }), "WouldDiscardData");

        static InstanceObservation Asked(InstanceObservation o, DiscardConsent consent) => o with { Settings = o.Settings with { Discard = consent } };
    }

    [Fact]
    public void Commits_of_a_shared_reign_beyond_where_the_other_site_left_it_are_this_sites_own()
    {
        var world = OwnCommits();
        var shared = world.Volume.Lineage[0];
        var next = Reign(2, B, 2, At(4)) with { PairEpoch = new PairEpoch(2, "east") };
        world = world with { RewindImpossible = "the log is gone", OtherSite = world.OtherSite! with { Entries = [shared, next] } };
        var half = world with { LogEnd = null, Volume = world.Volume with { Marker = VolumeMarker.Rewinding, RewoundFrom = new WalEnd(new TimelineId(1), At(5)) } };
        Expect<InstanceAction.Hold>(half, "WouldDiscardData");
        Expect<InstanceAction.Discard>(half with { OtherSite = half.OtherSite! with { Entries = [shared, next with { SwitchPoint = At(5) }] } });
    }

    [Fact]
    public void A_main_standby_lets_itself_out_of_the_clauses_of_its_own_reign()
    {
        var world = OwnCommits();
        var consent = new DiscardConsent(new SystemIdentifier(42), new TimelineId(1), At(5));
        world = world with { Reading = Read(world.Record! with { Quorums = [Clause(1, A, 1, B, C)] }), Settings = Settings with { Discard = consent }, DiscardAccepted = consent };
        Expect<InstanceAction.LeaveClauses>(world);
        // And not before somebody has consented.
        Expect<InstanceAction.Hold>(world with { Settings = Settings }, "WouldDiscardData");
    }

    [Fact]
    public void A_rewind_that_turned_out_impossible_does_not_discard_what_it_could_not_keep()
    {
        var half = OwnCommits();
        half = half with { LogEnd = null, RewindImpossible = "the log is gone", Volume = half.Volume with { Marker = VolumeMarker.Rewinding, RewoundFrom = new WalEnd(new TimelineId(1), At(5)) } };
        Assert.Contains("lsn: 0/500000", Expect<InstanceAction.Hold>(half, "WouldDiscardData").Message, StringComparison.Ordinal);
        // Of a volume that an earlier version began to rewind it is not known.
        Assert.Contains("delete the claim orders-1", Expect<InstanceAction.Hold>(half with { Volume = half.Volume with { RewoundFrom = null } }, "WouldDiscardData").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_autoRejoin_a_copy_waits_for_its_name_too()
    {
        var other = Reign(1, B, 1, Lsn.Zero);
        var world = World(Record(2, B, Clause(2, B, 1, C)) with { Lineage = [other] }) with { Process = Down, Volume = Promised(2), Peers = [Peer(B)], Settings = Settings with { AutoRejoin = false } };
        Expect<InstanceAction.Hold>(world, "WouldDiscardData");
        Expect<InstanceAction.AcceptDiscard>(world with { Settings = world.Settings with { Discard = new DiscardConsent(new SystemIdentifier(42), new TimelineId(1), At(5)) } });
        Expect<InstanceAction.Discard>(world with { Settings = Settings });
    }

    [Fact]
    public void A_member_leaves_its_clause_before_it_is_rebuilt()
    {
        var empty = World(Record(1, B, Clause(1, B, 1, A, C))) with { HasData = false, Process = Down, Volume = Promised(1) with { Marker = VolumeMarker.Cloning }, Peers = [Peer(B)] };
        Expect<InstanceAction.Wait>(empty, "InsideClause");
        Expect<InstanceAction.BaseBackup>(empty with { Reading = Read(Record(1, B, Clause(1, B, 1, C))) });
    }

    [Fact]
    public void A_holder_whose_record_does_not_name_its_database_names_it_whoever_made_it_and_whenever()
    {
        var made = World(Record(1, A) with { SystemIdentifier = null }) with { Process = Down, Volume = Promised(1) };
        Expect<InstanceAction.NameSystem>(made);
        Expect<InstanceAction.Initialize>(made with { HasData = false, Volume = Promised(1) with { Marker = VolumeMarker.Initializing } });
        Expect<InstanceAction.Wait>(World(Record(1, B) with { SystemIdentifier = null }) with { HasData = false, Process = Down, Volume = Promised(1) with { Marker = VolumeMarker.Cloning } }, "HolderFounding");
    }

    [Fact]
    public void Nobody_copies_a_database_whose_history_its_record_does_not_tell_yet()
    {
        var empty = World(Record(1, B)) with { HasData = false, Process = Down, Volume = Promised(1) with { Marker = VolumeMarker.Cloning }, Peers = [Peer(B)] };
        Expect<InstanceAction.Wait>(empty with { Reading = Read(Record(1, B) with { Lineage = [] }) }, "HolderFounding");
        Expect<InstanceAction.BaseBackup>(empty);
    }

    [Fact]
    [Requirement("C13")]
    public void An_admitted_holder_that_is_to_end_hands_over()
    {
        var record = Record(1, A, Clause(1, A, 1, B, C));
        var world = World(record) with
        {
            Process = ReadWrite, Status = Status(false), ShutdownFor = TimeSpan.Zero, Admission = new Admission(record.Epoch, null, At(1), true, null), Peers = [Peer(B)],
            Standbys = [new(B, true, 0, TimeSpan.Zero)],
        };
        Assert.Equal(B, Expect<InstanceAction.HandOver>(world).Target);
        Expect<InstanceAction.Stop>(world with { Standbys = [] }, "Leaving");
        // Once begun nothing cuts it short but time: neither the stop that it makes itself nor what comes before it.
        var begun = world with { Reading = Read(record with { State = new RecordState.HandingOver(B, DateTimeOffset.MaxValue) }) };
        var handover = new InstanceAction.HandOver(B, "Leaving", "");
        Assert.False(Expect<InstanceAction.HandOver>(world).Outranks(handover));
        Assert.False(Expect<InstanceAction.TakeBack>(begun).Outranks(handover));
        Assert.False(Expect<InstanceAction.TakeBack>(begun with { Process = Down, Status = null }).Outranks(handover));
        Assert.True(Expect<InstanceAction.Stop>(begun with { ShutdownFor = TimeSpan.FromSeconds(21) }, "Leaving").Outranks(handover));
        // The next epoch is promised just before the record is given: that is no record taken back. Where it is not given after all, the promise stands.
        var giving = begun with { Process = Down, Status = null, Volume = Promised(2), GivingTo = new Epoch(2) };
        Assert.False(giving.RecordRegressed);
        Assert.False(Expect<InstanceAction.Vacate>(giving, "HandoverAbandoned").Outranks(handover));
        // An agent that begins anew does not know why it has promised: it asks the others first.
        Assert.True((giving with { GivingTo = null }).RecordRegressed);
        Assert.True((giving with { Volume = Promised(3), GivingTo = new Epoch(3) }).RecordRegressed);
        Expect<InstanceAction.Stop>(world with { HandoverTried = "leaving" }, "Leaving");
        Expect<InstanceAction.Stop>(world with { Standbys = [new(B, true, 0, TimeSpan.Zero, Stops: true)] }, "Leaving");
    }

    [Fact]
    [Requirement("C13")]
    public void A_standby_that_is_to_end_waits_a_moment_where_every_commit_waits_for_it()
    {
        var record = Record(1, B, Clause(1, B, 2, A, C));
        var settings = Settings with { Synchrony = Settings.Synchrony with { Mode = SynchronyMode.Synchronous } };
        var standby = World(record) with
        {
            ShutdownFor = TimeSpan.FromSeconds(1), Settings = settings, Peers = [Peer(B), Peer(C)],
            Status = Status(true) with { Receiver = new WalReceiver(7, "streaming", null, new TimelineId(1), At(5)) },
        };
        Expect<InstanceAction.Wait>(standby, "AwaitedByCommits");
        void StopsAtOnce(InstanceObservation o) => Expect<InstanceAction.Stop>(o, "Leaving");
        StopsAtOnce(standby with { ShutdownFor = TimeSpan.FromSeconds(2) });
        StopsAtOnce(standby with { Settings = Settings });
        StopsAtOnce(standby with { Status = Status(true) });
        StopsAtOnce(standby with { Peers = [Peer(C)] });
        StopsAtOnce(standby with { Reading = Read(record with { Quorums = [Clause(1, B, 1, C)] }) });
        StopsAtOnce(standby with { Reading = Read(record with { Quorums = [Clause(1, B, 1, A)] }) });
        StopsAtOnce(standby with { Reading = Read(record with { State = new RecordState.Electing() }) });
    }

    [Fact]
    public void A_follower_beyond_the_switch_point_stops_though_its_receiver_asks_on() // [C2]
    {
        var record = Record(2, B, Clause(2, B, 1, C)) with { Lineage = [Reign(1, B, 1, Lsn.Zero), Reign(2, B, 2, At(4))] };
        var world = World(record) with
        {
            Process = Standby,
            Volume = Promised(2) with { Lineage = record.Lineage },
            Peers = [Peer(B)],
            Upstream = new UpstreamTarget(B.Instance, "10.0.0.2", 5432, "2"),
            LogEnd = new WalEnd(new TimelineId(1), At(5)),
            Status = Status(inRecovery: true) with { Receiver = new WalReceiver(1, "waiting", null, new TimelineId(1), At(5)) },
        };
        Expect<InstanceAction.Stop>(world, "BeyondSwitchPoint");
        Expect<InstanceAction.Nothing>(world with { LogEnd = new WalEnd(new TimelineId(1), At(4)) });
    }

    [Fact]
    public void A_server_that_does_not_answer_yet_is_not_promoted() =>
        Expect<InstanceAction.Wait>(World(Record(2, A, Clause(2, A, 1, B, C)) with { Lineage = [Reign(1, B, 1, Lsn.Zero), Reign(2, A, null, null)] })
            with { Volume = Promised(2), Process = Standby, Status = null, LogEnd = null }, "Recovering");

    [Fact, Requirement("B16")]
    public void The_other_site_s_standby_that_came_to_a_follower_is_sent_on_to_the_holder()
    {
        static WalSender Sender(int pid, string name, string state = "streaming", bool isInstance = true) => new(pid, name, state, null, null, null, null, "async", 0, null, null, isInstance);
        var follower = World(Record(1, B)) with { Upstream = new UpstreamTarget(B.Instance, "10.0.0.2", 5432, "1"), Peers = [Peer(B), Peer(C)] };
        InstanceObservation Seen(params WalSender[] senders) => follower with { Status = Status(inRecovery: true) with { Senders = senders, Receiver = new WalReceiver(7, "streaming", null, new TimelineId(1), At(5)) } };

        Assert.Equal([21], Expect<InstanceAction.EndStreams>(Seen(Sender(21, "orders_9_0123_abcd")), "NotHolder").Senders);
        // Nobody else's: an instance of this site's, a copy under way, a user's own replication.
        Expect<InstanceAction.Nothing>(Seen(Sender(22, C.ReplicationName), Sender(23, "orders_9_0123_abcd", "backup"), Sender(24, "orders_9_0123_abcd"), Sender(25, "debezium", isInstance: false)));
        // The holder is where it belongs, as main standby too.
        Expect<InstanceAction.Nothing>(Seen(Sender(21, "orders_9_0123_abcd")) with { Me = B, Volume = Promised(1) with { Volume = B.Volume }, Reading = Read(Record(1, B) with { RunMode = RunMode.Standby, PairEpoch = new PairEpoch(1, "east") }), Upstream = null, Process = Standby });
    }

    [Fact]
    public void A_receiver_that_does_not_get_through_begins_anew_at_the_host_that_answered()
    {
        var follower = World(Record(1, B)) with { Upstream = new UpstreamTarget(B.Instance, "10.0.0.2", 5432, "1"), Peers = [Peer(B), Peer(C)], Status = Status(inRecovery: true) };
        Expect<InstanceAction.Nothing>(follower with { Status = follower.Status! with { Connecting = new ConnectingReceiver(7, TimeSpan.FromSeconds(2)) } });
        Expect<InstanceAction.Reconnect>(follower with { Status = follower.Status! with { Connecting = new ConnectingReceiver(7, TimeSpan.FromSeconds(4)) } }, "NotConnected");

        var epoch = new PairEpoch(1, "east");
        var reign = Reign(1, B, 1, Lsn.Zero) with { PairEpoch = epoch };
        UpstreamTarget Site(string hosts) => new("site/east", hosts, 31000, $"{epoch}");
        var main = World(Record(1, A) with { RunMode = RunMode.Standby, PairEpoch = epoch, Lineage = [reign] }) with
        {
            Pair = new PairRecord
            {
                PairEpoch = epoch, Role = PairRole.Standby, LastRequested = "east",
                Peer = new PeerFacts { LastSeen = DateTimeOffset.UnixEpoch, PairEpoch = epoch, Role = PairRole.Primary, Facts = new SiteFacts { Host = "10.1.0.1,10.1.0.2,10.1.0.3", Port = 31000, Ready = true, ReadyAt = epoch } },
            },
            Volume = Promised(1) with { Lineage = [reign], PairEpoch = epoch },
            OtherSite = new RemoteLineage(epoch, "10.1.0.1", [reign], new SystemIdentifier(42), TimeSpan.FromSeconds(100)),
            Upstream = Site("10.1.0.1,10.1.0.2,10.1.0.3"),
            Status = Status(inRecovery: true) with { Connecting = new ConnectingReceiver(7, TimeSpan.FromSeconds(4)) },
        };
        Expect<InstanceAction.Reconnect>(main, "NotConnected");
        Assert.Equal(Site("10.1.0.2,10.1.0.1,10.1.0.3"), Expect<InstanceAction.Repoint>(main with { OtherSite = main.OtherSite! with { Host = "10.1.0.2" } }).Source);

        // Its receiver is another than when the lineage was read: that one may stream from a reign that took the number of a timeline that was given up.
        var streams = main with { Status = Status(inRecovery: true) with { Receiver = new WalReceiver(7, "streaming", "10.1.0.1", new TimelineId(1), At(5)) }, Now = main.Now + TimeSpan.FromSeconds(2) };
        Expect<InstanceAction.ReadOtherSite>(streams, "ConnectedAnew");
        Expect<InstanceAction.ReadOtherSite>(streams with { OtherSite = main.OtherSite! with { Receiver = 6 } }, "ConnectedAnew");
        Expect<InstanceAction.Nothing>(streams with { OtherSite = main.OtherSite! with { Receiver = 7 } });

        // Main standby again after a while: what it remembers of the other site may be older than what it has received from there since.
        var again = main with { Process = Down, Upstream = null, Volume = main.Volume with { Lineage = [reign, Reign(2, C, 2, At(4)) with { PairEpoch = epoch }] }, LogEnd = new WalEnd(new TimelineId(2), At(5)) };
        Expect<InstanceAction.Wait>(again, "AheadOfSource");
        Expect<InstanceAction.ReadOtherSite>(again with { Now = again.Now + TimeSpan.FromSeconds(2) }, "LineageOld");
        Expect<InstanceAction.Hold>(again with { OtherSite = again.OtherSite! with { SystemIdentifier = new SystemIdentifier(43) }, Now = again.Now + TimeSpan.FromSeconds(11) }, "SystemIdentifierMismatch");
    }

    [Fact]
    [Requirement("C10")]
    public void The_setting_follows_the_spec_where_the_clause_cannot()
    {
        var record = Record(1, A, Clause(1, A, 0));
        var reigns = World(record) with { Process = ReadWrite, Status = Status(false), Admission = new Admission(record.Epoch, null, At(1), true, null) };
        Assert.Equal(record.Quorums[0], Expect<InstanceAction.ChangeSet>(reigns, "SettingDiffers").To);
        var waiting = reigns with { Status = reigns.Status! with { SynchronousStandbyNames = $"ANY 1 ({StandbyNames.Placeholder})" } };
        Expect<InstanceAction.Nothing>(waiting);
        // And back, for whoever does not want to wait any more.
        Expect<InstanceAction.ChangeSet>(waiting with { Settings = Settings with { Synchrony = Quorum with { Mode = SynchronyMode.Asynchronous } } }, "SettingDiffers");
    }

    // ---- the worlds ----

    private static readonly ServerProcess Down = new(false, null, null, 0, true);
    private static readonly ServerProcess Standby = new(true, 10, ServerMode.Standby, null, false);
    private static readonly ServerProcess ReadWrite = new(true, 10, ServerMode.ReadWrite, null, false);
    private static readonly VolumeState Fresh = new() { Volume = A.Volume, Marker = VolumeMarker.Cloning };

    private static readonly AgentSettings Settings = new()
    {
        Cluster = "orders", Instances = 3, Synchrony = Quorum, DetectionTimeout = TimeSpan.FromSeconds(2), LeaseDuration = TimeSpan.FromSeconds(6), RestartThreshold = 3,
        RestartWindow = TimeSpan.FromMinutes(10), RestartTimeout = TimeSpan.FromSeconds(10), SwitchoverTimeout = TimeSpan.FromSeconds(30), MaximumLag = 1 << 20, MaximumReadLag = 16 << 20,
        ReadFallbackPrimary = false, AutoRejoin = true, Priority = 0, Parameters = new Dictionary<string, string>(), AccessRules = [], Generation = 1,
    };

    private static InstanceObservation World(PrimaryRecord? record = null) => new()
    {
        Now = TimeSpan.FromSeconds(100),
        WallClock = DateTimeOffset.UnixEpoch,
        Settings = Settings,
        Me = A,
        Volume = Promised(1),
        HasData = true,
        Reading = Read(record ?? Record(1, A)),
        Process = Standby,
        LogEnd = new WalEnd(new TimelineId(1), At(5)),
        Peers = [],
        PeerSiteChecked = true,
    };

    /// <summary>A main standby, down, whose log shares nothing with the other site's and ends with commits of its own site.</summary>
    private static InstanceObservation OwnCommits()
    {
        var epoch = new PairEpoch(2, "east");
        var record = Record(1, A) with { RunMode = RunMode.Standby, PairEpoch = epoch };
        return World(record) with
        {
            Site = "west",
            Process = Down,
            Volume = Promised(1) with { Record = record, Lineage = [Reign(1, A, 1, Lsn.Zero) with { PairEpoch = new PairEpoch(1, "west") }] },
            Pair = new PairRecord
            {
                PairEpoch = epoch, Role = PairRole.Standby, LastRequested = "east",
                Peer = new PeerFacts { LastSeen = DateTimeOffset.UnixEpoch, PairEpoch = epoch, Role = PairRole.Primary, Facts = new SiteFacts { Host = "10.1.0.1", Port = 31000, Ready = true, ReadyAt = epoch } },
            },
            OtherSite = new RemoteLineage(epoch, "10.1.0.1", [Reign(1, B, 1, Lsn.Zero) with { PairEpoch = epoch }], new SystemIdentifier(42), TimeSpan.FromSeconds(100)),
        };
    }

    [Fact]
    [Requirement("E14")]
    public void Who_has_just_come_into_touch_hears_the_others_before_acting_on_a_record()
    {
        var elected = Granted(World(Record(1, A, Clause(1, A, 1, B, C))) with { Process = Down });
        var begun = elected with { Reading = elected.Reading with { ReachableSince = elected.Now - TimeSpan.FromMilliseconds(50) }, Peers = [Peer(B) with { View = null, ViewAge = null }, Peer(C)] };
        Expect<InstanceAction.Wait>(begun, "PeersUnknown");
        Expect<InstanceAction.StartReadWrite>(begun with { Reading = elected.Reading });
        Expect<InstanceAction.StartReadWrite>(begun with { Peers = [Peer(B), Peer(C)] });
        // One whose pod does not run cannot be heard.
        Expect<InstanceAction.StartReadWrite>(begun with { Peers = [Peer(B) with { View = null, ViewAge = null, PodPresent = false }, Peer(C)] });
        // What one said before the API server was out of reach is no news of it.
        Expect<InstanceAction.Wait>(begun with { Peers = [Peer(B) with { ViewAge = TimeSpan.FromMilliseconds(300) }, Peer(C)] }, "PeersUnknown");
        Expect<InstanceAction.Wait>(begun with { Peers = [], PodsKnown = false }, "PeersUnknown");
    }

    [Fact]
    [Requirement("E14")]
    public void A_holder_that_is_to_start_again_waits_for_those_who_would_know_of_a_later_one()
    {
        var down = World(Record(1, A, Clause(1, A, 1, B, C))) with { Process = Down };
        var begun = down with { Reading = down.Reading with { ReachableSince = down.Now - TimeSpan.FromSeconds(3) } };
        PeerObservation Off(Incarnation who) => Peer(who) with { View = null, ViewAge = null, PodPresent = false };
        Expect<InstanceAction.Wait>(begun with { Peers = [Off(B), Off(C)] }, "MembersUnheard");
        Expect<InstanceAction.SwapRun>(begun with { Peers = [Off(B), Peer(C)] });
        // For good they are not waited for; nor is one whose volume has begun another life, which may be waiting to copy this server.
        Expect<InstanceAction.SwapRun>(down with { Peers = [Off(B), Off(C)] });
        var reborn = Peer(B with { Volume = new string('9', 32) });
        Expect<InstanceAction.SwapRun>(begun with { Peers = [reborn, Peer(C with { Volume = new string('9', 32) })] });
        Expect<InstanceAction.Wait>(begun with { Peers = [reborn, Off(C)] }, "MembersUnheard");
        // Preferred lets go of them after degradeAfter.
        var preferred = begun with { Peers = [Off(B), Off(C)], Settings = Settings with { Synchrony = Settings.Synchrony with { Preferred = true, DegradeAfter = TimeSpan.FromSeconds(2) } } };
        Expect<InstanceAction.SwapRun>(preferred);
        Expect<InstanceAction.Wait>(preferred with { Reading = down.Reading with { ReachableSince = down.Now - TimeSpan.FromSeconds(1.5) } }, "MembersUnheard");
        // By an empty clause any member may have been elected without another's word. In asynchronous mode nobody's is needed to acknowledge.
        var alone = World(Record(1, A, Clause(1, A, 0))) with { Process = Down, Reading = begun.Reading with { Record = Record(1, A, Clause(1, A, 0)) }, Peers = [Off(B), Peer(C)] };
        Expect<InstanceAction.Wait>(alone, "MembersUnheard");
        Expect<InstanceAction.SwapRun>(alone with { Peers = [Peer(B), Peer(C)] });
        Expect<InstanceAction.SwapRun>(alone with { Reading = alone.Reading with { ReachableSince = down.Reading.ReachableSince } });
        Expect<InstanceAction.SwapRun>(alone with { InTouchInAll = TimeSpan.FromSeconds(10) });
        Expect<InstanceAction.SwapRun>(alone with { Settings = Settings with { Synchrony = Quorum with { Mode = SynchronyMode.Asynchronous } } });
        // It has written that record itself since it came into touch.
        Expect<InstanceAction.StartReadWrite>(Granted(begun) with { Peers = [Off(B), Off(C)] });
        Expect<InstanceAction.Wait>(Granted(begun) with { Peers = [Off(B), Off(C)], Reading = down.Reading with { ReachableSince = down.Now } }, "MembersUnheard");
    }

    [Fact]
    [Requirement("E14")]
    public void Nobody_acts_on_a_record_while_another_is_known_to_have_obeyed_a_newer_one()
    {
        var elected = Granted(World(Record(1, A, Clause(1, A, 1, B, C))) with { Process = Down });
        var newer = Peer(B) with { View = Peer(B).View! with { RecordEpoch = 2, RecordRevision = 1 }, RecordKnownSince = elected.Now };
        Expect<InstanceAction.Wait>(elected with { Peers = [newer] }, "RecordBehind");
        // Read again, and still older: it was taken back.
        Expect<InstanceAction.Hold>(elected with { Peers = [newer], Reading = elected.Reading with { ReadAt = elected.Now + TimeSpan.FromSeconds(1) } }, "RecordRegressed");
    }

    [Fact]
    [Requirement("E10")]
    public void Nobody_is_promoted_from_a_timeline_that_his_log_has_not_reached()
    {
        var elected = Granted(World(Record(2, A, Clause(2, A, 1, B, C)) with { Lineage = [Reign(1, A, 1, Lsn.Zero), Reign(2, A, null, null)] })) with { Volume = Promised(2), Status = Status(inRecovery: true) };
        KnownTimeline Two(ulong at) => new(new TimelineId(2), [(new TimelineId(1), At(at))]);
        Expect<InstanceAction.Stop>(elected with { NewestTimeline = Two(9) }, "TimelineNotReached");
        // Where the log ends is where that one begins: nothing of the old timeline is missing. One that began before that is no goal.
        Assert.NotEqual("TimelineNotReached", InstanceTable.Decide(elected with { NewestTimeline = Two(5) }).Reason);
        Assert.NotEqual("TimelineNotReached", InstanceTable.Decide(elected with { NewestTimeline = Two(3) }).Reason);
        Assert.NotEqual("TimelineNotReached", InstanceTable.Decide(elected).Reason);
    }

    [Fact]
    [Requirement("E10")]
    public void A_reign_that_goes_on_is_not_promoted_onto_a_timeline_that_its_record_does_not_name()
    {
        // Demoted, run as a standby, and reopened in the same epochs.
        var mine = Reign(1, A, 1, Lsn.Zero);
        var reopened = World(Record(1, A, Clause(1, A, 1, B, C)) with { Lineage = [mine] }) with { Process = Standby, Status = Status(inRecovery: true), LogEnd = new WalEnd(new TimelineId(1), At(9)) };
        Expect<InstanceAction.Stop>(reopened, "ReignGoesOn");
        Expect<InstanceAction.StartReadWrite>(Granted(reopened) with { Process = Down, Status = null });
        // Elected, it has no timeline yet: a promotion opens one.
        var elected = reopened with { Reading = Read(Record(2, A, Clause(2, A, 1, B, C)) with { Lineage = [mine, Reign(2, A, null, null)] }), Volume = Promised(2) };
        Assert.NotEqual("ReignGoesOn", InstanceTable.Decide(elected).Reason);
    }

    [Fact]
    [Requirement("E10")]
    public void A_log_on_a_timeline_that_nobody_names_is_asked_before_anything_is_given_up() // [C2]
    {
        var record = Record(3, B) with { Lineage = [Reign(1, A, 1, Lsn.Zero), Reign(2, B, 2, At(7)), Reign(3, B, 3, At(12))] };
        var unnamed = World(record) with { Volume = Promised(3), Process = Down, Peers = [Peer(B)], LogEnd = new WalEnd(new TimelineId(2), At(9)) };
        Assert.Null(Expect<InstanceAction.StartStandby>(unnamed, "ReignUnknown").Source);
        Expect<InstanceAction.LearnLineage>(unnamed with { Process = Standby, Status = Status(inRecovery: true) });
        Expect<InstanceAction.Discard>(unnamed with { LineageAsked = new LineageQuestion(new TimelineId(2), TimeSpan.Zero) }, "TimelineUnattributed");
    }

    [Fact]
    [Requirement("E10")]
    public void A_standby_that_goes_for_another_timeline_than_the_holders_is_started_anew()
    {
        var record = Record(2, B) with { Lineage = [Reign(1, A, 1, Lsn.Zero), Reign(2, B, 2, At(7))] };
        var peer = Peer(B);
        var standby = World(record) with { Volume = Promised(2), Peers = [peer], Status = Status(inRecovery: true) with { Receiver = new WalReceiver(7, "waiting", "10.0.0.2", new TimelineId(1), At(5)) } };
        KnownTimeline Two(ulong at) => new(new TimelineId(2), [(new TimelineId(1), At(at))]);
        Expect<InstanceAction.Stop>(standby with { NewestTimeline = Two(9) }, "TimelineOfAnother");
        Assert.NotEqual("TimelineOfAnother", InstanceTable.Decide(standby with { NewestTimeline = Two(7) }).Reason);
        // Which is the holder's he has not said yet.
        var unconfirmed = standby with { Reading = Read(record with { Lineage = [Reign(1, A, 1, Lsn.Zero), Reign(2, B, null, null)] }), NewestTimeline = Two(9) };
        Assert.NotEqual("TimelineOfAnother", InstanceTable.Decide(unconfirmed).Reason);
    }

    [Fact]
    public void Of_a_standby_site_that_has_lost_all_its_volumes_whoever_has_most_begins_it_anew()
    {
        var epoch = new PairEpoch(2, "east");
        var record = Record(2, null) with { RunMode = RunMode.Standby, PairEpoch = epoch, Members = [B with { Volume = new string('8', 32) }, A with { Volume = new string('9', 32) }] };
        var empty = World(record) with
        {
            Site = "west", HasData = false, LogEnd = null, Process = Down, Volume = Promised(2) with { Lineage = [], Marker = VolumeMarker.Cloning }, Peers = [Peer(B)],
            Pair = new PairRecord { PairEpoch = epoch, Role = PairRole.Standby, LastRequested = "east" },
        };
        Expect<InstanceAction.BeginAnew>(empty, "SiteEmptied");
        var copied = Peer(B) with { View = Peer(B).View! with { Flushed = At(5).ToString(), LogEpoch = 1 } };
        Expect<InstanceAction.Wait>(empty with { Peers = [copied] }, "SiteEmptied");
        Expect<InstanceAction.BeginAnew>(empty with { Peers = [copied with { View = copied.View! with { Marked = true } }] }, "SiteEmptied");
        Assert.NotEqual("SiteEmptied", InstanceTable.Decide(empty with { Peers = [copied with { ViewAge = TimeSpan.FromSeconds(2) }] }).Reason);

        // One that is half copied has promised so; an agent that has just begun shows a mark too, and has not looked at its log yet.
        var half = empty with { Reading = Read(record with { Members = [B, A with { Volume = new string('9', 32) }] }), Promise = new PromiseReport(A, new Epoch(2), null, null, [], 0) };
        var begun = Peer(B) with { View = Peer(B).View! with { Marked = true, Epoch = 2 } };
        Assert.NotEqual("SiteEmptied", InstanceTable.Decide(half with { Peers = [begun] }).Reason);
        // It comes before who has nothing, by whatever name.
        Expect<InstanceAction.Wait>(half with { Peers = [begun with { View = begun.View! with { Promise = new PromiseDocument(2, null, null, null, null, "[]", 0) } }] }, "SiteEmptied");
    }

    [Fact]
    public void A_server_that_somebody_promoted_past_its_agent_is_stopped()
    {
        var promoted = World(Record(1, B, Clause(1, B, 1, A, C))) with { Peers = [Peer(B)], Status = Status(inRecovery: false) };
        Assert.Equal(StopMode.Fast, Expect<InstanceAction.Stop>(promoted, "PromotedByHand").Mode);
        // The holder's own too, elected and not behind the gate yet.
        Expect<InstanceAction.Stop>(World(Record(1, A, Clause(1, A, 1, B, C))) with { Status = Status(inRecovery: false) }, "PromotedByHand");
    }

    [Fact]
    public void Who_was_scaled_away_leaves_the_members_once_no_clause_counts_it()
    {
        var d = C with { Instance = "orders-4" };
        var record = Record(1, A, Clause(1, A, 1, B, C)) with { Members = [A, B, C, d] };
        var reigning = World(record) with
        {
            Process = ReadWrite, Status = Status(inRecovery: false) with { SynchronousStandbyNames = SetRules.Setting(record.Quorums[0], Quorum, null).ToString() },
            Admission = new Admission(new Epoch(1), null, At(1), true, null), Peers = [Peer(B), Peer(C)], Standbys = [new StandbyHealth(B, true, 0, TimeSpan.Zero), new StandbyHealth(C, true, 0, TimeSpan.Zero)],
        };
        Assert.Equal([d], Expect<InstanceAction.DropMembers>(reigning, "ScaledDown").Members);
        Assert.IsNotType<InstanceAction.DropMembers>(InstanceTable.Decide(reigning with { Settings = Settings with { Instances = 4 } }));
        Assert.IsNotType<InstanceAction.DropMembers>(InstanceTable.Decide(reigning with { PodsKnown = false }));
        Assert.IsNotType<InstanceAction.DropMembers>(InstanceTable.Decide(reigning with { Peers = [Peer(B), Peer(C), Peer(d)] }));
        Assert.IsNotType<InstanceAction.DropMembers>(InstanceTable.Decide(reigning with { Reading = Read(record with { Quorums = [Clause(1, A, 1, B, C, d)] }) }));
    }

    [Fact]
    [Requirement("E14")]
    public void Whose_volume_is_gone_leaves_the_members_once_another_life_of_its_instance_has_joined_and_no_clause_counts_it()
    {
        var anew = C with { Volume = new string('9', 32) };
        var record = Record(1, A, Clause(1, A, 1, B, anew)) with { Members = [A, B, C, anew] };
        var reigning = World(record) with
        {
            Process = ReadWrite, Status = Status(inRecovery: false) with { SynchronousStandbyNames = SetRules.Setting(record.Quorums[0], Quorum, null).ToString() },
            Admission = new Admission(new Epoch(1), null, At(1), true, null), Peers = [Peer(B), Peer(anew)], Standbys = [new StandbyHealth(B, true, 0, TimeSpan.Zero), new StandbyHealth(anew, true, 0, TimeSpan.Zero)],
        };
        Assert.Equal([C], Expect<InstanceAction.DropMembers>(reigning, "Superseded").Members);
        Assert.IsNotType<InstanceAction.DropMembers>(InstanceTable.Decide(reigning with { Standbys = [new StandbyHealth(B, true, 0, TimeSpan.Zero), new StandbyHealth(anew, false, 0, TimeSpan.Zero)] }));
        Assert.IsNotType<InstanceAction.DropMembers>(InstanceTable.Decide(reigning with { Reading = Read(record with { Quorums = [Clause(1, A, 1, B, C, anew)] }) }));
    }

    /// <summary>Its pair has passed to another epoch under it: a handover was revoked before the server was stopped for it.</summary>
    [Fact]
    public void A_server_of_a_reign_that_is_over_is_stopped_so_that_another_begins()
    {
        var record = Record(1, A, Clause(1, A, 1, B, C));
        var running = World(record) with { Process = ReadWrite, Status = Status(inRecovery: false), Admission = new Admission(new Epoch(1), null, At(1), true, null) };
        Assert.NotEqual("ReignIsOver", InstanceTable.Decide(running).Reason);
        Assert.Equal(StopMode.Fast, Expect<InstanceAction.Stop>(running with { Reading = Read(record with { PairEpoch = new PairEpoch(2, "east") }) }, "ReignIsOver").Mode);
    }

    private static InstanceObservation Lost() => World() with { Reading = new RecordReading(null, false, TimeSpan.FromSeconds(99), true, null) };

    private static PeerObservation Recalling(Incarnation who, PrimaryRecord known)
    {
        var peer = Peer(who);
        return peer with
        {
            View = peer.View! with { Epoch = known.Epoch.Value, RecordEpoch = known.Epoch.Value, RecordRevision = known.Revision, Recalls = true, Remembered = RecordCodec.EncodeRemembered(known) },
            RecordKnownSince = TimeSpan.FromSeconds(90),
        };
    }

    private static VolumeState Promised(long epoch) => new() { Volume = A.Volume, Promise = new Epoch(epoch), Lineage = [Reign(1, A, 1, Lsn.Zero)] };

    private static RecordReading Read(PrimaryRecord record) => new(record, true, TimeSpan.FromSeconds(99), true, null) { ReachableSince = TimeSpan.Zero };

    private static InstanceObservation Granted(InstanceObservation o) => o with
    {
        Reading = Read(o.Record! with { Run = new RunIdentity("container", "nonce") }),
        Grant = new Grant(o.Record!.Epoch, o.Record.PairEpoch, "nonce", TimeSpan.FromSeconds(99.5)),
    };

    private static PeerObservation Peer(Incarnation who, PromiseReport? promise = null) => new(who.Instance, "10.0.0.2", true, false,
        new Tandem.Protocol.Links.MemberView { Incarnation = who.ToString(), Promise = promise is null ? null : Tandem.Protocol.Links.PromiseDocument.From(promise) }, TimeSpan.FromMilliseconds(10));

    private static ServerStatus Status(bool inRecovery) => new(inRecovery, new TimelineId(1), At(5), At(5), At(5), null, null, [], [], "", DateTimeOffset.UnixEpoch, 0);

    private static T Expect<T>(InstanceObservation o, string? reason = null) where T : InstanceAction
    {
        var action = InstanceTable.Decide(o);
        Assert.True(action is T, $"{action.Name}: {action.Reason}: {action.Message}");
        if (reason is not null) Assert.Equal(reason, action.Reason);
        return (T)action;
    }
}
