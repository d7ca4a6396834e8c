using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The old site loses its power before it hears that it may reopen, and the other one fails over; then the letter with the old outcome comes, to agents that were not there.</summary>
public sealed record OutcomeOutlivesItsEpoch(Chance Chance) : PlayByHand(Chance)
{
    protected override IEnumerable<Func<bool>> AfterTheRevocation(Stage old, Stage next, string offer, string outcome, Action comes)
    {
        var returns = old.LosePower();
        yield return old.After(500, 2000);
        next.Site.ApplyPair(next.Site.Name, next.Site.PairRecord!.PairEpoch.Number);
        yield return () => next.IsAdmitted(next.Holder);
        yield return old.After(0, 2000);
        returns();
        yield return () => old.Site.Api.IsUp;
        old.World.Courier!.Paste(old.Site, outcome);
        yield return old.After(8000, 15000);
        comes();
    }

    protected override string Describe() => "an outcome outlives its epoch";
}
