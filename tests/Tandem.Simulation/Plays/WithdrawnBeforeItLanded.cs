using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>A site's attempt to take the arbiter is stuck on its way when it reads again that the other site is handing over, and lets its failover be.</summary>
public sealed record WithdrawnBeforeItLanded(Chance Chance) : PlayAtTheOffer(Chance, Fenced: true)
{
    protected override IEnumerable<Func<bool>> AtTheOffer(Stage old, Stage next, Action comes)
    {
        var reads = old.CutLink(api: true, data: false);
        _ = old.CutFromArbiter();
        yield return () => next.Step is PairStep.FailingOver;
        var inTime = old.ArbiterLate(TimeSpan.FromSeconds(120));
        yield return old.After(200, 1500);
        inTime();
        reads();
    }

    protected override string Describe() => "a failover is withdrawn while its attempt to take the arbiter is on its way";
}
