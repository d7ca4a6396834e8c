using Tandem.Agent.Sight;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Tests.Agent;

/// <summary>Who must look at the other site before a read-write start [S8], and who must not be held up by a link that is down.</summary>
public sealed class SiteLifeTests
{
    private static readonly Incarnation Holder = new("orders-2", "0123456789abcdef0123456789abcdef", "claim-2");
    private readonly SiteLife _life = new();

    private static PairRecord Pair(long number, string site, PairRole role) => new() { PairEpoch = new PairEpoch(number, site), Role = role, LastRequested = site };

    private static PrimaryRecord Record(RunMode mode, long number, string site, bool confirmed = true) => new()
    {
        Epoch = new Epoch(4), Holder = Holder, LeaseDuration = TimeSpan.FromSeconds(10), RunMode = mode, PairEpoch = new PairEpoch(number, site),
        Lineage = [new LineageEntry(new PairEpoch(number, site), new Epoch(4), Holder, confirmed ? new TimelineId(3) : null, confirmed ? Lsn.Zero : null)],
    };

    private static (long, string, TimeSpan)? Beat(double at, long epoch = 4) => (epoch, Holder.ToString(), TimeSpan.FromSeconds(at));

    [Fact]
    public void An_agent_that_came_up_into_the_present_epoch_has_to_ask()
    {
        Assert.False(_life.HasLivedThrough(Pair(2, "west", PairRole.Primary), Record(RunMode.Primary, 2, "west"), null, TimeSpan.FromSeconds(1)));
        Assert.False(_life.HasLivedThrough(Pair(2, "west", PairRole.Primary), Record(RunMode.Primary, 2, "west"), null, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void Of_one_that_saw_the_decision_nothing_is_asked_whatever_the_link_does()
    {
        Assert.False(_life.HasLivedThrough(Pair(1, "east", PairRole.Standby), Record(RunMode.Standby, 1, "east"), null, TimeSpan.FromSeconds(1)));
        Assert.True(_life.HasLivedThrough(Pair(2, "west", PairRole.Primary), Record(RunMode.Standby, 1, "east"), null, TimeSpan.FromSeconds(2)));
        Assert.True(_life.HasLivedThrough(Pair(2, "west", PairRole.Primary), Record(RunMode.Primary, 2, "west", confirmed: false), null, TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public void One_that_heard_the_writable_holder_may_be_elected_after_it()
    {
        var (pair, record) = (Pair(1, "east", PairRole.Primary), Record(RunMode.Primary, 1, "east"));
        Assert.False(_life.HasLivedThrough(pair, record, null, TimeSpan.FromSeconds(10)));
        Assert.True(_life.HasLivedThrough(pair, record, Beat(11), TimeSpan.FromSeconds(12)));
        // The holder is lost: what was lived through stays so for this epoch.
        Assert.True(_life.HasLivedThrough(pair, record with { State = RecordState.IsElecting, Holder = null, Epoch = new Epoch(5) }, Beat(11), TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void A_beat_from_before_the_reign_was_seen_or_of_a_standby_says_nothing()
    {
        var (pair, record) = (Pair(1, "east", PairRole.Primary), Record(RunMode.Primary, 1, "east"));
        Assert.False(_life.HasLivedThrough(pair, Record(RunMode.Standby, 1, "east"), Beat(5), TimeSpan.FromSeconds(6)));
        Assert.False(_life.HasLivedThrough(pair, record, Beat(5), TimeSpan.FromSeconds(10)));
        Assert.False(_life.HasLivedThrough(pair, record, Beat(12, epoch: 3), TimeSpan.FromSeconds(13)));
        Assert.False(_life.HasLivedThrough(pair, Record(RunMode.Primary, 1, "east", confirmed: false), Beat(14), TimeSpan.FromSeconds(15)));
    }

    private static PairRecord Told(long number, PairEpoch from) => Pair(number, "east", PairRole.Primary) with { History = [new PairOutcome(PairOutcomeKind.Revoked, from, new PairEpoch(number, "east"), DateTimeOffset.UnixEpoch, Carried: true)] };

    [Fact]
    public void News_that_a_person_carried_is_no_look_but_for_who_has_lived_through_until_then()
    {
        var (before, record) = (Pair(1, "east", PairRole.Primary), Record(RunMode.Primary, 1, "east"));
        Assert.False(_life.HasLivedThrough(before, record, null, TimeSpan.FromSeconds(1)));
        Assert.False(_life.HasLivedThrough(Told(2, new PairEpoch(1, "east")), record, null, TimeSpan.FromSeconds(2)));

        var lived = new SiteLife();
        Assert.False(lived.HasLivedThrough(before, record, null, TimeSpan.FromSeconds(1)));
        Assert.True(lived.HasLivedThrough(before, record, Beat(2), TimeSpan.FromSeconds(3)));
        Assert.True(lived.HasLivedThrough(Told(2, new PairEpoch(1, "east")), Record(RunMode.Standby, 1, "east"), null, TimeSpan.FromSeconds(4)));
        // Of what it lived through before that, nothing follows.
        Assert.False(lived.HasLivedThrough(Told(5, new PairEpoch(4, "west")), Record(RunMode.Standby, 1, "east"), null, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void Whose_own_server_reigns_lives_through_it()
    {
        var (pair, record) = (Pair(1, "east", PairRole.Primary), Record(RunMode.Primary, 1, "east"));
        Assert.True(_life.HasLivedThrough(pair, record, null, TimeSpan.FromSeconds(1), reigns: true));
        Assert.True(_life.HasLivedThrough(pair, record, null, TimeSpan.FromSeconds(2)));
    }
}
