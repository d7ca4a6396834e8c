using Tandem.Protocol.Handover;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>Commits are not to wait for the other site any more, which cannot be told; or they need not, where it is silent. Then it takes over.</summary>
public sealed record SynchronyWithdrawnUnheard(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (lost, next) = (stage, stage.Other);
        yield return () => stage.ArePaired && next.IsSynchronous;
        var both = Chance.Happens(0.7);
        if (both) _ = stage.CutLink(api: true, data: true);
        else _ = next.PauseOperators();
        yield return stage.After(0, 1500);
        var withdrawn = Chance.OneOf([PairSynchrony.Asynchronous, PairSynchrony.Preferred]);
        _ = lost.Synchronize(withdrawn);
        yield return stage.After(5000, 12000);
        lost.Fence(next);
    }

    protected override string Describe() => "a pair is synchronous no more, and the other site does not hear of it";
}
