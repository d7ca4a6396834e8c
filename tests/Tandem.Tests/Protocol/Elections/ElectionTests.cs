using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;
using Tandem.Tests.Support;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Protocol.Elections;

[Requirement("E1", "E9", "C2")]
public sealed class ElectionTests
{
    /// <summary>An agent of the version before: what it has counts, and nobody who has less takes the record past it.</summary>
    [Fact]
    public void Who_may_not_swap_the_record_is_not_elected_and_not_passed_by()
    {
        var record = Record(2, null, Clause(1, A, 1, B, C)) with { Format = 3 };
        var old = Promise(B, 2, 1, At(5)) with { CanHold = false };
        Assert.Equal(C, Assert.IsType<ElectionVerdict.Winner>(Election.Judge(View(record, old, Promise(C, 2, 1, At(5))))).Promise.By);
        Assert.Equal("NewestLogCannotHold", Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(record, old, Promise(C, 2, 1, At(4))))).Reason);
        Assert.Equal("NoCandidate", Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(record, old, Promise(C, 2, 1, At(4)) with { CanHold = false }))).Reason);
    }

    private static readonly PrimaryRecord Electing = Record(2, null, Clause(1, A, 1, B, C));

    [Fact]
    public void The_newest_log_wins() =>
        Assert.Equal(C, Winner(View(Electing, Promise(B, 2, 1, At(5)), Promise(C, 2, 1, At(7)))));

    [Fact]
    public void A_later_epoch_beats_a_longer_log() =>
        Assert.Equal(B, Winner(View(Record(4, null, Clause(3, A, 1, B, C)), Promise(B, 4, 3, At(5)), Promise(C, 4, 1, At(9)))));

    [Fact]
    public void Of_equals_the_priority_decides_then_the_name()
    {
        Assert.Equal(C, Winner(View(Electing, Promise(B, 2, 1, At(5)), Promise(C, 2, 1, At(5), priority: 10))));
        Assert.Equal(B, Winner(View(Electing, Promise(C, 2, 1, At(5)), Promise(B, 2, 1, At(5)))));
    }

    [Fact]
    public void Nobody_wins_while_a_clause_is_not_satisfied() =>
        Assert.Equal("ClauseUnsatisfied", Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(Electing, Promise(B, 2, 1, At(5))))).Reason);

    [Fact]
    public void Every_clause_must_be_satisfied_the_one_that_is_being_left_too()
    {
        var changing = Record(2, null, Clause(1, A, 1, B), Clause(1, A, 1, C));
        Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(changing, Promise(B, 2, 1, At(5)))));
        Assert.Equal(B, Winner(View(changing, Promise(B, 2, 1, At(5)), Promise(C, 2, 1, At(4)))));
    }

    [Fact]
    public void Nobody_below_the_floor_wins() // [C8]
    {
        var floored = Electing with { Floor = new LogEnd(null, new Epoch(1), At(6)) };
        Assert.Equal("NoCandidate", Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(floored, Promise(B, 2, 1, At(4)), Promise(C, 2, 1, At(5))))).Reason);
        Assert.Equal(C, Winner(View(floored, Promise(B, 2, 1, At(4)), Promise(C, 2, 1, At(6)))));
    }

    /// <summary>The other site counts it: whatever that one acknowledged in a synchronous pair is there [S11].</summary>
    [Fact]
    public void Nobody_passes_by_the_one_that_the_other_site_counts()
    {
        var standby = Electing with { RunMode = RunMode.Standby, Quorums = [], Named = C };
        Assert.Equal("CountedBetweenSites", Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(standby, Promise(A, 2, 1, At(9)), Promise(B, 2, 1, At(5))))).Reason);
        Assert.Equal(C, Winner(View(standby, Promise(B, 2, 1, At(5)), Promise(C, 2, 1, At(6)))));
        Assert.Equal(B, Winner(View(standby, Promise(B, 2, 1, At(7)), Promise(C, 2, 1, At(6)))));
        // It knows of a newer reign, and has less.
        Assert.Equal(C, Winner(View(Record(4, null) with { RunMode = RunMode.Standby, Named = C }, Promise(B, 4, 3, At(5)), Promise(C, 4, 1, At(9)))));
        Assert.False(Election.ClausesSatisfied(standby, [Promise(B, 2, 1, At(5))]));
        Assert.Contains(C.Instance, ClauseRules.Unattainable(standby, new HashSet<Incarnation> { A, B }), StringComparison.Ordinal);
    }

    /// <summary>With nobody in the set here, the holder and the one of the other site alone have what was acknowledged.</summary>
    [Fact]
    public void Where_only_the_other_site_is_counted_the_holder_itself_must_be_heard()
    {
        var record = Record(2, null, Clause(1, A, 0)) with { PairEpoch = new PairEpoch(1, "east"), Remote = new RemoteStandby(C, new PairEpoch(1, "east"), Counted: true, Preferred: false) };
        Assert.Equal("CountedBetweenSites", Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(record, Promise(B, 2, 1, At(5))) with { HolderIsDown = true })).Reason);
        Assert.Equal(A, Winner(View(record, Promise(A, 2, 1, At(5)), Promise(B, 2, 1, At(4)))));
    }

    [Fact]
    public void A_stranger_to_the_members_neither_counts_nor_wins()
    {
        var stranger = B with { Volume = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" };
        Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(Electing, Promise(stranger, 2, 1, At(99)), Promise(C, 2, 1, At(5)))));
    }

    [Fact]
    public void An_asynchronous_holder_must_be_known_to_be_down()
    {
        var record = Record(2, null, Clause(1, A, 0)) with { Lsn = At(5) };
        var view = View(record, Promise(B, 2, 1, At(5)));
        Assert.Equal("HolderNotKnownDown", Assert.IsType<ElectionVerdict.Wait>(Election.Judge(view)).Reason);
        Assert.Equal(B, Winner(view with { HolderIsDown = true }));
        Assert.Equal(A, Winner(View(record, Promise(B, 2, 1, At(5)), Promise(A, 2, 1, At(6)))));
    }

    [Fact]
    public void An_asynchronous_standby_too_far_behind_is_not_elected()
    {
        var record = Record(2, null, Clause(1, A, 0)) with { Lsn = At(50) };
        Assert.Equal("NoCandidate", Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(record, Promise(B, 2, 1, At(5))) with { HolderIsDown = true })).Reason);
    }

    [Fact]
    public void One_who_answers_but_has_not_promised_gets_a_moment()
    {
        var view = View(Record(2, null, Clause(1, A, 2, B, C)), Promise(B, 2, 1, At(5))) with { Connected = new HashSet<Incarnation> { B, C }, SinceSatisfied = TimeSpan.FromMilliseconds(50) };
        Assert.Equal("Grace", Assert.IsType<ElectionVerdict.Wait>(Election.Judge(view)).Reason);
        Assert.Equal(B, Winner(view with { SinceSatisfied = TimeSpan.FromMilliseconds(250) }));
    }

    [Fact]
    public void Electing_keeps_the_old_clauses_and_takes_the_winners_lineage()
    {
        var winner = Promise(B, 2, 1, At(5));
        var elected = Election.Elect(Electing, winner, [winner, Promise(C, 2, 1, At(5))], Quorum, new RunIdentity("container", "nonce"));
        Assert.Equal(B, elected.Holder);
        Assert.Equal([Clause(1, A, 1, B, C), Clause(2, B, 1, C)], elected.Quorums);
        Assert.Equal(new LineageEntry(null, new Epoch(2), B, null, null), elected.Lineage[^1]);
        Assert.Equal(At(5), elected.ElectedEnd);
    }

    [Fact]
    public void A_main_standby_begins_no_reign_and_bears_no_clause()
    {
        var winner = Promise(B, 2, 1, At(5));
        var standing = Electing with { RunMode = RunMode.Standby };
        var elected = Election.Elect(standing, winner, [winner, Promise(C, 2, 1, At(5))], Quorum, new RunIdentity("container", "nonce"));
        Assert.Equal(B, elected.Holder);
        Assert.Equal(standing.Quorums, elected.Quorums);
        Assert.Equal(winner.Lineage, elected.Lineage);
        Assert.Null(elected.Run);
    }

    [Fact]
    public void Where_all_were_copying_one_of_them_becomes_main_standby_again() // [C6] holds: nothing of this site was counted
    {
        var copying = Promise(B, 2, 1, At(5)) with { Position = null };
        var standby = Record(2, null) with { RunMode = RunMode.Standby };
        Assert.Equal(B, Winner(View(standby, copying)));
        Assert.Equal(C, Winner(View(standby, copying, Promise(C, 2, 1, At(4)))));
        Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(standby with { Floor = new LogEnd(null, new Epoch(1), At(6)) }, copying)));
        Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(standby with { Quorums = [Clause(1, A, 1, B)] }, copying)));
        Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(Record(2, null), copying)));
    }

    [Fact]
    [Requirement("B3")]
    public void Where_nobody_has_reached_a_token_one_may_hold_who_gets_the_rest_from_the_old_site() // [S12]
    {
        var (before, now) = (new PairEpoch(1, "east"), new PairEpoch(2, "west"));
        var taken = Record(2, null) with { PairEpoch = now, Floor = new LogEnd(before, new Epoch(1), At(6)) };
        PromiseReport Has(Incarnation who, ulong at) => Promise(who, 2, 1, At(at)) with { Position = new LogEnd(before, new Epoch(1), At(at)) };
        Assert.Equal(B, Winner(View(taken, Has(B, 5), Has(C, 4))));
        Assert.Equal(C, Winner(View(taken, Has(B, 5), Has(C, 6))));
        // He begins no reign: whoever is to open does, behind the gate.
        var elected = Election.Elect(taken, Has(B, 5), [Has(B, 5), Has(C, 4)], Quorum, new RunIdentity("container", "nonce"));
        Assert.Equal((B, RecordState.IsStable, (RunIdentity?)null), (elected.Holder!.Value, elected.State, elected.Run));
        Assert.Empty(elected.Quorums);
        Assert.Equal(taken.Lineage, elected.Lineage);
        // One who answers may have it, and is waited for.
        var heard = View(taken, Has(B, 5)) with { Connected = new HashSet<Incarnation> { B, C } };
        Assert.Equal("Grace", Assert.IsType<ElectionVerdict.Wait>(Election.Judge(heard with { SinceSatisfied = TimeSpan.FromSeconds(4) })).Reason);
        Assert.Equal(B, Winner(heard with { SinceSatisfied = TimeSpan.FromSeconds(6) }));
        // Once this site has written, what is missing is its own.
        var written = taken with { Lineage = [new LineageEntry(now, new Epoch(1), A, new TimelineId(2), At(6))] };
        Assert.Equal("NoCandidate", Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(written, Has(B, 5), Has(C, 4)))).Reason);
        Assert.Equal(B, Winner(View(taken with { Lineage = [new LineageEntry(now, new Epoch(1), A, null, null)] }, Has(B, 5), Has(C, 4))));
        Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(taken with { PairEpoch = before }, Has(B, 5), Has(C, 4))));
        // Below the floor of a reign of its own a site has nobody to ask [C8].
        Assert.IsType<ElectionVerdict.Wait>(Election.Judge(View(taken with { PairEpoch = new PairEpoch(2, "east") }, Has(B, 5), Has(C, 4))));
    }

    [Fact]
    public void Vacating_raises_the_epoch_and_keeps_what_must_be_satisfied()
    {
        var vacated = Election.Vacate(Record(7, A, Clause(7, A, 1, B, C)));
        Assert.Equal(new Epoch(8), vacated.Epoch);
        Assert.Null(vacated.Holder);
        Assert.IsType<RecordState.Electing>(vacated.State);
        Assert.Single(vacated.Quorums);
    }

    private static Incarnation Winner(ElectionView view) => Assert.IsType<ElectionVerdict.Winner>(Election.Judge(view)).Promise.By;
}
