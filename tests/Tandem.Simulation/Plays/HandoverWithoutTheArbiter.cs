using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The demoted site is cut off from the arbiter while its handover is open, and the target cannot reach the token yet.</summary>
public sealed record HandoverWithoutTheArbiter(Chance Chance) : Play(Chance)
{
    public override bool PartsSites => false;

    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        // Fenced by a failover that nobody wants any more, the old site hands over, and the other one has no part in that which would keep it from a failover of its own.
        stage.Fence(next);
        yield return () => old.Step is PairStep.Demote or PairStep.Offer;
        var comes = stage.CutLink(api: false, data: true);
        stage.AskFor(old);
        yield return () => old.Step is PairStep.Offer;
        var renews = old.CutFromArbiter();
        yield return stage.After(13_000, 18_000);
        comes();
        renews();
    }

    protected override string Describe() => "a demoted site is cut off from the arbiter";
}
