using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Protocol.Recovery;
using Tandem.Resources.Values;
using Tandem.Tests.Support;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Protocol.Recovery;

/// <summary>A record that is gone, or older than what volumes remember: who must be heard, and what takes its place.</summary>
[Requirement("E14")]
public sealed class RecordLossTests
{
    private static readonly PrimaryRecord Last = Record(5, A, Clause(5, A, 1, B, C)) with { Revision = 9, Floor = new LogEnd(null, new Epoch(3), At(2)), RunMode = RunMode.Primary, PairEpoch = new PairEpoch(2, "east") };

    [Fact]
    public void All_members_together_go_on_from_the_newest_that_any_of_them_remembers()
    {
        var older = Record(5, A, Clause(5, A, 1, B)) with { Revision = 7 };
        var next = Rebuilt(View(null, Says(A, Last), Says(B, older), Says(C, null, promise: 0)));
        Assert.Equal(6, next.Epoch.Value);
        Assert.IsType<RecordState.Electing>(next.State);
        Assert.Null(next.Holder);
        Assert.Equal(Last.Quorums, next.Quorums);
        Assert.Equal(Last.Floor, next.Floor);
        Assert.Equal((RunMode.Primary, new PairEpoch(2, "east")), (next.RunMode, next.PairEpoch));
        Assert.True(Last.IsOlderThan(next));
    }

    /// <summary>The site was founded anew, at a pair epoch that came after, before whoever remembers was back [S7].</summary>
    [Fact]
    public void The_pair_epoch_that_stands_there_does_not_fall()
    {
        var founded = Record(1, A) with { PairEpoch = new PairEpoch(3, "west"), RunMode = RunMode.Standby };
        var view = View(founded, Says(A, Last), Says(B, Last), Says(C, Last)) with { InPair = true };
        Assert.Equal((founded.PairEpoch, RunMode.Standby), (Rebuilt(view).PairEpoch, Rebuilt(view).RunMode));
        Assert.Equal((founded.PairEpoch, RunMode.Standby), (RecordLoss.Reset(view, Last).PairEpoch, RecordLoss.Reset(view, Last).RunMode));
    }

    /// <summary>With full disks nobody took down that the next epoch had begun; whoever has seen that writes onto no older record.</summary>
    [Fact]
    public void What_is_rebuilt_is_newer_than_what_was_seen_and_remembered_by_nobody()
    {
        var seen = Last with { Epoch = new Epoch(6), Revision = Last.Revision + 3 };
        Assert.True(seen.IsOlderThan(Rebuilt(View(null, Says(A, Last), Says(B, Last), Says(C, Last)))));
    }

    [Fact]
    public void The_next_epoch_is_above_every_promise_and_above_what_stands_there()
    {
        Assert.Equal(9, Rebuilt(View(null, Says(A, Last), Says(B, Last, promise: 8), Says(C, Last))).Epoch.Value);
        Assert.Equal(4, Rebuilt(View(Record(2, B), Says(A, Record(3, A)), Says(B, Record(3, A), promise: 3), Says(C, Record(3, A), promise: 3))).Epoch.Value);
        Assert.Equal(6, Rebuilt(View(Record(5, A) with { Revision = 8 }, Says(A, Last), Says(B, Last), Says(C, Last))).Epoch.Value);
    }

    /// <summary>Whoever decided the pair anew saw no record here that he could close first [S7].</summary>
    [Fact]
    public void A_site_of_a_pair_is_opened_by_the_pair_and_not_by_what_is_remembered()
    {
        var view = View(null, Says(A, Last), Says(B, Last), Says(C, Last)) with { InPair = true };
        Assert.Equal((RunMode.Standby, new PairEpoch(2, "east")), (Rebuilt(view).RunMode, Rebuilt(view).PairEpoch));
        Assert.Equal((RunMode.Standby, RunMode.Primary), (RecordLoss.Reset(view, Last).RunMode, RecordLoss.Reset(view with { InPair = false }, Last).RunMode));
        // Not taken into the pair yet, or made without it: nobody would open it.
        var alone = Last with { PairEpoch = null };
        Assert.Equal(RunMode.Primary, Rebuilt(View(null, Says(A, alone), Says(B, alone), Says(C, alone)) with { InPair = true }).RunMode);
        // A record that stands is closed and opened by the pair's operator.
        Assert.Equal(RunMode.Primary, RecordLoss.Reset(view with { Present = Last }, Last).RunMode);
    }

    [Fact]
    public void Whoever_is_missing_is_named_and_so_is_the_way_out()
    {
        var held = Held(View(null, Says(A, Last), Says(B, Last)));
        Assert.Contains("orders-3 (does not answer)", held);
        Assert.DoesNotContain("orders-2", held);
        Assert.Contains("orders-3 (has left: raise spec.instances", Held(View(null, Says(A, Last), Says(B, Last)) with { IsSurplus = i => i == "orders-3" }));
        Assert.Contains("kubectl tandem reset-primary orders --to", held);
        var another = C with { Volume = new string('e', 32) };
        Assert.Contains("another life of its volume answers", Held(View(null, Says(A, Last), Says(B, Last), Says(another, null))));
        // Copied anew on its own volume, it still has the memory of the life that is named; on another claim it may have that of an older copy.
        Assert.Equal(6, Rebuilt(View(null, Says(A, Last), Says(B, Last), Says(another, Last) with { FormerLives = [C.Volume] })).Epoch.Value);
        Assert.Contains("another life", Held(View(null, Says(A, Last), Says(B, Last), Says(another with { Claim = "restored" }, Last) with { FormerLives = [C.Volume] })));
        // It follows a record that this one does not see: then it is this one that sees too little.
        Assert.Contains("orders-3 (does not say yet", Held(View(null, Says(A, Last), Says(B, Last), Says(C, Last) with { Recalls = false })));
    }

    [Fact]
    public void A_holder_that_only_the_newest_record_names_must_be_heard_as_well()
    {
        var elected = Record(6, B, Clause(6, B, 1, A)) with { Members = [A, B] };
        Assert.Contains("orders-2", Held(View(null, Says(A, elected), Says(C, Last))));
        Assert.Equal(7, Rebuilt(View(null, Says(A, Last), Says(B, elected))).Epoch.Value);
    }

    [Fact]
    public void Two_records_of_one_number_count_the_members_of_both()
    {
        var other = Last with { Members = [A, B] };
        Assert.Contains("orders-3", Held(View(null, Says(A, other), Says(B, Last))));
        Assert.Contains("orders-3", Held(View(null, Says(A, Last), Says(B, other))));
    }

    [Fact]
    public void A_running_stranger_is_heard_before_anything_is_rebuilt()
    {
        var view = View(null, Says(A, Last), Says(B, Last), Says(C, Last)) with { Running = ["orders-1", "orders-4"] };
        Assert.Contains("orders-4 (runs, and does not say", Held(view));
        Rebuilt(view with { Heard = [.. view.Heard, new Witness("orders-4", null, new Epoch(0), Recalls: true, null)] });
    }

    [Fact]
    public void Without_anybody_who_remembers_nothing_is_made_up()
    {
        Assert.Contains("nobody remembers", Held(View(null, Says(A, null, promise: 3))));
        Assert.Contains("format 9", Held(View(null, Says(A, Last with { Format = 9 }), Says(B, Last), Says(C, Last))));
    }

    [Fact]
    public void Only_a_member_rebuilds()
    {
        var stranger = C with { Instance = "orders-4" };
        Assert.Contains("its members rebuild it", Held(View(null, Says(stranger, null, promise: 0), Says(A, Last), Says(B, Last), Says(C, Last))));
    }

    [Fact]
    public void A_reset_leaves_one_candidate_whose_own_promise_is_enough()
    {
        var view = View(null, Says(B, Last));
        var next = RecordLoss.Reset(view, Last with { Floor = new LogEnd(null, new Epoch(5), At(50)) });
        Assert.Equal(105, next.Epoch.Value);
        Assert.Equal(B, Assert.IsType<ElectionVerdict.Winner>(Election.Judge(Example.View(next, Promise(B, 105, 5, At(4)), Promise(C, 105, 5, At(9))))).Promise.By);
        Assert.IsType<ElectionVerdict.Wait>(Election.Judge(Example.View(next, Promise(A, 105, 5, At(9)), Promise(C, 105, 5, At(9)))));
    }

    [Fact]
    public void Only_what_elections_lean_on_counts_as_a_revision()
    {
        var record = Last with { Revision = 3 };
        Assert.Equal(3, (record with { RenewTime = DateTimeOffset.UnixEpoch, Lsn = At(9), Suspect = new Suspicion("n", B), Run = new RunIdentity("c", "n") }).After(record).Revision);
        foreach (var change in new[]
        {
            record with { Quorums = [Clause(5, A, 1, B)] }, record with { Members = [A, B] }, record with { Holder = B }, record with { State = RecordState.IsElecting },
            record with { RunMode = RunMode.Standby }, record with { Floor = null }, record with { Lineage = [Reign(1, A, 1, At(1))] }, record with { PairEpoch = null },
            record with { Arbiter = new Tandem.Protocol.Arbitration.ArbiterBinding("uid", TimeSpan.FromSeconds(15), 1) },
        }) Assert.Equal(4, change.After(record).Revision);
    }

    private static Witness Says(Incarnation who, PrimaryRecord? remembered, long? promise = null) => new(who.Instance, who, new Epoch(promise ?? remembered?.Epoch.Value ?? 0), Recalls: true, remembered);

    private static LossView View(PrimaryRecord? present, params Witness[] heard) => new("orders", present, heard[0].Incarnation!.Value, heard, [.. heard.Select(h => h.Instance)]);

    private static PrimaryRecord Rebuilt(LossView view)
    {
        var verdict = RecordLoss.Judge(view);
        Assert.True(verdict is LossVerdict.Rebuild, verdict.Message);
        return ((LossVerdict.Rebuild)verdict).Next;
    }

    private static string Held(LossView view) => Assert.IsType<LossVerdict.Held>(RecordLoss.Judge(view)).Message;
}
