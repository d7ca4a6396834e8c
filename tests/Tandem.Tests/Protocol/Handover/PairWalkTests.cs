using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Protocol.Recovery;

namespace Tandem.Tests.Protocol.Handover;

/// <summary>Random walks of two sites under every fault that the protocol names; and that they find what is broken on purpose.</summary>
public sealed class PairWalkTests
{
    private const int Walks = 3000;
    private const int Steps = 400;

    [Fact]
    public void Neither_two_sites_nor_a_lost_commit_nor_two_outcomes_in_any_walk()
    {
        var (switches, overrides, abandoned) = (0, 0, 0);
        for (var seed = 0; seed < Walks; seed++)
        {
            var world = Walk(seed, [.. PairDecision.Rules]);
            Assert.True(world.Violation is null, $"seed {seed}: {world.Violation}\n{world.Describe()}");
            switches += world.Trace.Count(t => t.Contains("HandoverConsumed", StringComparison.Ordinal));
            overrides += world.Trace.Count(t => t.Contains("HandoverOverridden", StringComparison.Ordinal));
            abandoned += world.Trace.Count(t => t.Contains("is abandoned", StringComparison.Ordinal));
        }

        // A walk in which nothing happens shows nothing.
        Assert.True(switches > Walks / 10, $"only {switches} switchovers in {Walks} walks");
        Assert.True(overrides > Walks / 100, $"only {overrides} overrides in {Walks} walks");
        Assert.True(abandoned > Walks / 100, $"only {abandoned} abandoned sites in {Walks} walks");
    }

    [Fact]
    public void With_the_faults_gone_one_site_is_writable_and_the_other_follows()
    {
        for (var seed = 0; seed < Walks / 4; seed++)
        {
            var world = Walk(seed, [.. PairDecision.Rules]);
            Assert.True(world.Settles() && world.Violation is null, $"seed {seed} is stuck: {world.Violation}\n{world.Describe()}");
        }
    }

    public static TheoryData<string> Mutants => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Mutants))]
    public void A_rule_that_is_broken_on_purpose_is_found(string mutant)
    {
        for (var seed = 0; seed < Walks; seed++)
            if (Walk(seed, Broken[mutant]).Violation is not null) return;
        Assert.Fail($"{Walks} walks without {mutant} found nothing");
    }

    [Fact]
    public void A_start_that_does_not_ask_the_other_site_is_found() => Found(seed => new PairWorld([.. PairDecision.Rules], new Random(seed)) { GateReadsPeer = false });

    private static void Found(Func<int, PairWorld> make)
    {
        for (var seed = 0; seed < Walks; seed++)
            if (Walk(make(seed)).Violation is not null) return;
        Assert.Fail("no walk found it");
    }

    private static PairWorld Walk(int seed, IReadOnlyList<PairRule> rules) => Walk(new PairWorld(rules, new Random(seed)));

    private static PairWorld Walk(PairWorld world)
    {
        for (var step = 0; step < Steps && world.Violation is null; step++) world.Step();
        return world;
    }

    private static readonly Dictionary<string, IReadOnlyList<PairRule>> Broken = new()
    {
        // [S2]: rolling back without the revoking swap.
        ["revoking before reopening"] = With(PrimarySteps.RollingBack, v => v.Record!.Step == PairStep.RollBack ? new PairAction.SwapRecord(v.Record with { Operation = null }, "RolledBack", "without revoking") : null),
        // [S2]: revoking and consuming in two different records.
        ["deciding in one record"] = With(PrimarySteps.RollingBack, v => v.Record!.Step == PairStep.RollBack
            ? new PairAction.SwapRecord(v.Record.Decided(PairRole.Primary, new PairOutcome(PairOutcomeKind.Revoked, v.Record.PairEpoch, v.NextEpoch(v.Site), v.Now)), "Revoked", "at home")
            : null),
        // [S3]: consuming without having reached the position.
        ["Reach"] = With(TargetSteps.Consume, v => v.PeerRecord?.Operation?.Token is { } t ? TargetSteps.Consume(v with { Holder = new HolderPosition(t.SystemIdentifier, t.Timeline, t.End.Lsn, true) }) : null),
        // [S5]: a failover that does not stop a site which it can read.
        ["fencing a readable site"] = With(Failover.FailOver, v => v.PeerRecord?.PairEpoch == v.Record!.PairEpoch ? Failover.FailOver(v with { Peer = null }) : Failover.FailOver(v)),
        // [S6]: an override that a consumption which it cannot see may beat.
        ["n+2 for an override"] = With(Override.OpenWithoutOutcome, v => Override.OpenWithoutOutcome(v) is PairAction.SwapRecord { Next.Outcome: { } outcome } swap
            ? swap with { Next = v.Record!.Decided(PairRole.Primary, outcome with { To = v.NextEpoch(v.Site) }) }
            : null),
        // [S2]: a token of any epoch.
        ["the token's epoch"] = With(TargetSteps.Consume, ConsumeAnyEpoch),
        // [S1]/[S3]: the token is out before the server has stopped: its position is not the end of the log.
        ["publishing after the stop"] = With(PrimarySteps.Demoting, v => v.Record!.Step == PairStep.Demote && v.Cluster is { RunMode: RunMode.Primary } c
            ? PrimarySteps.Demoting(v with { ClusterSettled = true, Cluster = c with { RunMode = RunMode.Standby, Demoted = new DemotionToken(c.SystemIdentifier!.Value, v.Holder!.Timeline, v.Holder.Flushed, v.Record.PairEpoch) } })
            : PrimarySteps.Demoting(v)),
    };

    private static List<PairRule> With(PairRule rule, PairRule instead)
    {
        var rules = PairDecision.Rules.ToList();
        var at = rules.FindIndex(r => r.Method == rule.Method);
        rules[at] = instead;
        return rules;
    }

    private static PairAction? ConsumeAnyEpoch(PairView v)
    {
        if (v.PeerRecord is not { Operation: { Token: { } token } operation } peer) return null;
        var claimed = peer with { Operation = operation with { Token = token with { PairEpoch = v.Record!.PairEpoch } } };
        return TargetSteps.Consume(v with { Peer = v.Peer! with { Record = claimed } }) is PairAction.SwapRecord { Next.Outcome: { } outcome } swap
            ? swap with { Next = swap.Next with { History = [.. swap.Next.History.SkipLast(1), outcome with { Token = token }] } }
            : null;
    }
}
