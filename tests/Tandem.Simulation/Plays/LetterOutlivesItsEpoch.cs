using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The old site has reopened and goes on; then the letter with the revoked token is pasted once more at the target, which still has everything that the token names and not more.</summary>
public sealed record LetterOutlivesItsEpoch(Chance Chance) : PlayByHand(Chance)
{
    protected override IEnumerable<Func<bool>> AfterTheRevocation(Stage old, Stage next, string offer, string outcome, Action comes)
    {
        old.World.Courier!.Paste(old.Site, outcome);
        yield return () => old.IsAdmitted(old.Holder);
        yield return old.Commits();
        old.World.Courier.Paste(next.Site, offer);
        next.Site.ApplyPair(next.Site.Name);
        yield return old.After(3000, 6000);
        next.Site.ApplyPair(old.Site.Name);
        comes();
    }

    protected override string Describe() => "a letter outlives its epoch";
}
