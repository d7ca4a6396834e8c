using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The target is about to take the arbiter, since it can read nothing of the old site; then the link is back, and the token there within reach.</summary>
public sealed record FailingOverAtTheOffer(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        stage.Fence(next);
        yield return () => old.Step is PairStep.Demote or PairStep.Offer;
        var comes = stage.CutLink(api: false, data: true);
        stage.AskFor(old);
        yield return () => old.Step is PairStep.Offer;
        var reads = stage.CutLink(api: true, data: false);
        _ = old.CutFromArbiter();
        yield return () => next.Step is PairStep.FailingOver;
        var taken = next.CutFromArbiter();
        comes();
        reads();
        yield return stage.After(3000, 6000);
        taken();
    }

    protected override string Describe() => "a site that is failing over comes to the token";
}
