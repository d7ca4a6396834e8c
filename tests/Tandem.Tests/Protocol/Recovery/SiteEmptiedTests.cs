using Tandem.Protocol.Records;
using Tandem.Protocol.Recovery;
using Tandem.Resources.Values;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Protocol.Recovery;

/// <summary>A standby site all of whose volumes are lost begins anew; any other waits for those who may have what is missing.</summary>
public sealed class SiteEmptiedTests
{
    private static readonly PairEpoch Second = new(2, "east");
    private static readonly PrimaryRecord Site = Record(5, null, Clause(3, A, 1, B)) with { RunMode = RunMode.Standby, PairEpoch = Second, Floor = new LogEnd(null, new Epoch(3), At(2)) };
    private static readonly PairRecord Pair = new() { PairEpoch = Second, Role = PairRole.Standby, LastRequested = "east" };
    private static readonly Incarnation[] Reborn = [NewLife(A), NewLife(B), NewLife(C)];

    [Fact]
    public void A_standby_site_of_which_only_new_lives_answer_is_empty() => Assert.True(SiteEmptied.IsSo(Site, Pair, Reborn, []));

    [Fact]
    public void Nobody_who_is_only_silent_is_passed_by()
    {
        Assert.False(SiteEmptied.IsSo(Site, Pair, [Reborn[0], Reborn[1]], []));
        Assert.False(SiteEmptied.IsSo(Site, Pair, [Reborn[0], Reborn[1], C], []));
        // One that is counted, or has counted, though it is no member any more; and one that holds.
        Assert.False(SiteEmptied.IsSo(Site with { Members = [A, B] }, Pair, [Reborn[0], C], []));
        Assert.False(SiteEmptied.IsSo(Site with { Members = [A], Holder = C, State = RecordState.IsStable, Quorums = [] }, Pair, [Reborn[0]], []));
    }

    [Fact]
    public void A_copy_that_was_broken_off_by_an_election_is_none()
    {
        Assert.True(SiteEmptied.IsSo(Site, Pair, [Reborn[0], Reborn[1], C], [C]));
        Assert.True(SiteEmptied.IsSo(Site, Pair, [A, B, C], [A, B, C]));
        // Who is silent may have all of it; and while somebody holds it goes on.
        Assert.False(SiteEmptied.IsSo(Site, Pair, [Reborn[0], C], [C]));
        Assert.False(SiteEmptied.IsSo(Site, Pair, [Reborn[0], B, C], [C]));
        Assert.False(SiteEmptied.IsSo(Site with { State = RecordState.IsStable, Holder = C }, Pair, [Reborn[0], Reborn[1], C], [C]));
    }

    [Fact]
    public void Only_a_site_that_is_standby_and_stays_so_begins_anew()
    {
        Assert.False(SiteEmptied.IsSo(Site with { RunMode = RunMode.Primary }, Pair, Reborn, []));
        Assert.False(SiteEmptied.IsSo(Site, null, Reborn, []));
        Assert.False(SiteEmptied.IsSo(Site, Pair with { Role = PairRole.Primary }, Reborn, []));
        Assert.False(SiteEmptied.IsSo(Site, Pair with { PairEpoch = new PairEpoch(3, "west") }, Reborn, []));
        Assert.False(SiteEmptied.IsSo(Site, Pair with { State = PairRecordState.RecordRegressed }, Reborn, []));
        Assert.False(SiteEmptied.IsSo(Site, Pair with { Operation = Handover.PairSample.Operation(PairStep.FailingOver) }, Reborn, []));
        Assert.False(SiteEmptied.IsSo(Site with { Named = B }, Pair, Reborn, []), "the other site counts on it");
    }

    [Fact]
    public void It_begins_as_a_site_that_is_founded_one_epoch_on_and_for_the_same_database()
    {
        var next = SiteEmptied.HeldBy(Reborn[1], Site);
        Assert.Equal((new Epoch(6), Reborn[1], RunMode.Standby, Second, Site.SystemIdentifier), (next.Epoch, next.Holder!.Value, next.RunMode, next.PairEpoch!.Value, next.SystemIdentifier));
        Assert.Equal([Reborn[1]], next.Members);
        Assert.IsType<RecordState.Stable>(next.State);
        Assert.Empty(next.Quorums);
        Assert.Empty(next.Lineage);
        Assert.Null(next.Floor);
    }

    private static Incarnation NewLife(Incarnation of) => of with { Volume = new string(of.Volume[0], 31) + "0" };
}
