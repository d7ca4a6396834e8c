using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The target is about to take the arbiter, since it can read nothing of the old site; then the link is back, and the token there within reach.</summary>
public sealed record FailingOverAtTheOffer(Chance Chance) : PlayAtTheOffer(Chance, Fenced: true)
{
    protected override IEnumerable<Func<bool>> AtTheOffer(Stage old, Stage next, Action comes)
    {
        var reads = old.CutLink(api: true, data: false);
        _ = old.CutFromArbiter();
        yield return () => next.Step is PairStep.FailingOver;
        var taken = next.CutFromArbiter();
        comes();
        reads();
        yield return old.After(3000, 6000);
        taken();
    }

    protected override string Describe() => "a site that is failing over comes to the token";
}
