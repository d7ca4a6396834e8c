using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>Without a link: the primary site loses its power, the other one fails over, and what it said before that still stands in the manifest when the power is back.</summary>
public sealed record OldLetterAfterALoss(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        _ = stage.SendCourierAway();
        var returns = old.LosePower();
        yield return old.After(500, 2000);
        next.Site.ApplyPair(next.Site.Name, next.Site.PairRecord!.PairEpoch.Number);
        yield return () => next.IsAdmitted(next.Holder);
        yield return old.After(0, 2000);
        returns();
        yield return old.After(8000, 15000);
    }

    protected override string Describe() => "an old letter after a loss of power";
}
