using Tandem.Protocol.Handover;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>A pair is to be synchronous, and before the other site's operators have seen that anybody is named there, the primary site is lost. How far behind it was they know.</summary>
public sealed record LostBeforeItIsVouchedFor(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (lost, next) = (stage, stage.Other);
        yield return () => stage.ArePaired && next.IsSynchronous && next.Site.PairRecord is { Peer.RecoveryPointBytes: not null };
        stage.Say("spec.synchronization of the pair set to Asynchronous at both sites");
        foreach (var site in stage.World.Sites) site.SynchronizePair(PairSynchrony.Asynchronous);
        yield return () => next.Site.PairRecord is { Named: null };
        var resume = next.PauseOperators();
        _ = next.Synchronize(PairSynchrony.Required);
        lost.Site.SynchronizePair(PairSynchrony.Required);
        yield return stage.After(11000, 13000);
        _ = lost.LosePower();
        yield return stage.After(0, 2000);
        resume();
        yield return stage.After(12000, 20000);
    }

    protected override string Describe() => "a pair is not synchronous yet when its primary site is lost";
}
