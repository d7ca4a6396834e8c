using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// The request is withdrawn at the old site when the token is out and the target has just come to it, and the target's operator stands still between what it has read and what it writes of that: both may write what is
/// decided.
/// </summary>
public sealed record WithdrawnAtTheOffer(Chance Chance) : PlayAtTheOffer(Chance, Fenced: false)
{
    protected override IEnumerable<Func<bool>> AtTheOffer(Stage old, Stage next, Action comes)
    {
        // It reads its own record, and then the other site's: that takes long now, so the pause is likely to come in between.
        old.Site.Api.Faults.Slowness *= 200;
        comes();
        yield return () => next.HasReached(old);
        yield return old.After(0, 300);
        var goesOn = next.PauseOperators();
        old.Site.Api.Faults.Slowness /= 200;
        old.Say($"spec.primarySite {old.Site.Name} at {old.Site.Name}");
        old.Site.ApplyPair(old.Site.Name);
        // Until the old site has opened again, and has acknowledged what the target lacks; but where that had been quicker, it never will.
        var late = old.After(3000, 4000);
        yield return () => old.IsAdmitted(old.Holder) || late();
        var commits = old.Commits();
        yield return () => commits() || late();
        goesOn();
    }

    protected override string Describe() => "a switchover is withdrawn when its token is out";
}
