using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The demoted site is cut off from the arbiter while its handover is open, and the target cannot reach the token yet.</summary>
public sealed record HandoverWithoutTheArbiter(Chance Chance) : PlayAtTheOffer(Chance, Fenced: true)
{
    public override bool PartsSites => false;

    protected override IEnumerable<Func<bool>> AtTheOffer(Stage old, Stage next, Action comes)
    {
        var renews = old.CutFromArbiter();
        yield return old.After(13_000, 18_000);
        comes();
        renews();
    }

    protected override string Describe() => "a demoted site is cut off from the arbiter";
}
