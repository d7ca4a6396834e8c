using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The request is withdrawn at the old site when the token is out and the target has just come to it: both may write what is decided.</summary>
public sealed record WithdrawnAtTheOffer(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        stage.AskFor(next);
        yield return () => next.Step is PairStep.Target;
        var comes = stage.CutLink(api: false, data: true);
        yield return () => old.Step is PairStep.Offer;
        next.Site.Api.Faults.Slowness *= 40;
        comes();
        yield return stage.After(0, 250);
        stage.Say($"spec.primarySite {old.Site.Name} at {old.Site.Name}");
        old.Site.ApplyPair(old.Site.Name);
        yield return stage.After(2000, 4000);
        next.Site.Api.Faults.Slowness /= 40;
    }

    protected override string Describe() => "a switchover is withdrawn when its token is out";
}
