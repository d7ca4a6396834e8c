using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>A site's attempt to take the arbiter is stuck on its way when it reads again that the other site is handing over, and lets its failover be.</summary>
public sealed record WithdrawnBeforeItLanded(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        stage.Fence(next);
        yield return () => old.Step is PairStep.Demote or PairStep.Offer;
        _ = stage.CutLink(api: false, data: true);
        stage.AskFor(old);
        yield return () => old.Step is PairStep.Offer;
        var reads = stage.CutLink(api: true, data: false);
        _ = old.CutFromArbiter();
        yield return () => next.Step is PairStep.FailingOver;
        var inTime = stage.ArbiterLate(TimeSpan.FromSeconds(120));
        yield return stage.After(200, 1500);
        inTime();
        reads();
    }

    protected override string Describe() => "a failover is withdrawn while its attempt to take the arbiter is on its way";
}
