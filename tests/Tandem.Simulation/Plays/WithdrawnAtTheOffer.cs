using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The request is withdrawn at the old site when the token is out and the target has just come to it: both may write what is decided.</summary>
public sealed record WithdrawnAtTheOffer(Chance Chance) : PlayAtTheOffer(Chance, Fenced: false)
{
    protected override IEnumerable<Func<bool>> AtTheOffer(Stage old, Stage next, Action comes)
    {
        next.Site.Api.Faults.Slowness *= 60;
        comes();
        yield return () => next.HasReached(old);
        yield return old.After(0, 600);
        old.Say($"spec.primarySite {old.Site.Name} at {old.Site.Name}");
        old.Site.ApplyPair(old.Site.Name);
        yield return old.After(2000, 4000);
        next.Site.Api.Faults.Slowness /= 60;
    }

    protected override string Describe() => "a switchover is withdrawn when its token is out";
}
