using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;
using Tandem.Tests.Support;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Protocol.Elections;

[Requirement("C2", "C3", "D4")]
public sealed class SuspicionRulesTests
{
    private static readonly SuspicionView Silent = new(
        Record(1, A, Clause(1, A, 1, B, C)), B, SinceLiveBeat: TimeSpan.FromSeconds(3), HolderSaysFailed: false, HolderPodGone: false,
        Others: new Dictionary<Incarnation, TimeSpan?> { [C] = TimeSpan.FromSeconds(3) }, SinceMySuspicion: null, MySuspicionNonce: null, HeldOff: false, DetectionTimeout: TimeSpan.FromSeconds(2));

    [Fact]
    public void A_living_holder_is_not_suspected() => Assert.IsType<SuspicionVerdict.None>(SuspicionRules.Judge(Silent with { SinceLiveBeat = TimeSpan.FromSeconds(1) }));

    [Fact]
    public void Silence_here_and_elsewhere_is_written_down_first() => Assert.IsType<SuspicionVerdict.Suspect>(SuspicionRules.Judge(Silent));

    [Fact]
    public void One_other_who_hears_it_is_enough_to_wait() =>
        Assert.Equal("SeenByOthers", SuspicionRules.Judge(Silent with { Others = new Dictionary<Incarnation, TimeSpan?> { [C] = TimeSpan.FromMilliseconds(400) } }).Reason);

    [Fact]
    public void An_isolated_member_never_vacates() => // requirement C3: it could not satisfy the clauses
        Assert.Equal("TooFewReachable", SuspicionRules.Judge(Silent with { Others = new Dictionary<Incarnation, TimeSpan?>() }).Reason);

    /// <summary>Then there is no primary in any case: the election says for whom it waits, and a person can end it.</summary>
    [Fact]
    public void A_holder_that_is_known_to_be_gone_is_voted_out_though_its_clause_cannot_be_satisfied() =>
        Assert.Equal("HolderGone", Assert.IsType<SuspicionVerdict.Vacate>(SuspicionRules.Judge(Silent with { Others = new Dictionary<Incarnation, TimeSpan?>(), HolderPodGone = true })).Reason);

    [Fact]
    public void The_holder_has_the_whole_window_to_refute()
    {
        var mine = Silent with { MySuspicionNonce = "n", Record = Silent.Record with { Suspect = new Suspicion("n", B) } };
        Assert.Equal("AwaitingRefutation", SuspicionRules.Judge(mine with { SinceMySuspicion = TimeSpan.FromMilliseconds(499) }).Reason);
        Assert.IsType<SuspicionVerdict.Vacate>(SuspicionRules.Judge(mine with { SinceMySuspicion = TimeSpan.FromMilliseconds(500) }));
    }

    [Fact]
    public void A_refuted_suspicion_is_not_acted_upon() =>
        Assert.IsType<SuspicionVerdict.Suspect>(SuspicionRules.Judge(Silent with { MySuspicionNonce = "n", SinceMySuspicion = TimeSpan.FromSeconds(1) }));

    [Fact]
    public void A_pod_that_is_gone_or_an_agent_that_gives_up_needs_no_window()
    {
        Assert.Equal("HolderGone", Assert.IsType<SuspicionVerdict.Vacate>(SuspicionRules.Judge(Silent with { HolderPodGone = true, SinceLiveBeat = TimeSpan.Zero })).Reason);
        Assert.Equal("HolderFailed", Assert.IsType<SuspicionVerdict.Vacate>(SuspicionRules.Judge(Silent with { HolderSaysFailed = true, SinceLiveBeat = TimeSpan.Zero })).Reason);
    }

    [Fact]
    public void Nobody_suspects_in_an_election() =>
        Assert.Equal("NoHolderToSuspect", SuspicionRules.Judge(Silent with { Record = Record(2, null) }).Reason);
}
