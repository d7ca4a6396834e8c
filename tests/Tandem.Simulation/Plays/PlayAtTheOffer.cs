using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>A handover whose token is out, and which the target cannot reach as yet: what comes then is each play's own.</summary>
/// <param name="Fenced">
/// A failover that nobody wants any more has stopped the old site: it hands over, and the other one has no part in that which would keep it from a failover of its own. Else it is a switchover.
/// </param>
public abstract record PlayAtTheOffer(Chance Chance, bool Fenced) : Play(Chance)
{
    protected sealed override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        if (Fenced) stage.Fence(next);
        else stage.AskFor(next);
        yield return Fenced ? () => old.Step is PairStep.Demote or PairStep.Offer : () => next.Step is PairStep.Target;
        var comes = stage.CutLink(api: false, data: true);
        if (Fenced) stage.AskFor(old);
        yield return () => old.Step is PairStep.Offer;
        foreach (var act in AtTheOffer(old, next, comes)) yield return act;
    }

    /// <param name="comes">Mends the link between the data: the target comes to the token.</param>
    protected abstract IEnumerable<Func<bool>> AtTheOffer(Stage old, Stage next, Action comes);
}
