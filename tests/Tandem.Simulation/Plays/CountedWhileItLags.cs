using Tandem.Protocol.Handover;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>A pair becomes synchronous while much is written and the other site's disk is slow; as soon as its record says that it has everything, the primary site is lost, and whatever is not on that disk.</summary>
public sealed record CountedWhileItLags(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (lost, next) = (stage, stage.Other);
        yield return () => stage.ArePaired && next.IsSynchronous;
        stage.Say("spec.synchronization of the pair set to Asynchronous at both sites");
        foreach (var site in stage.World.Sites) site.SynchronizePair(PairSynchrony.Asynchronous);
        yield return () => next.Site.PairRecord is { Named: null } && lost.Record is { Remote: null };
        var named = next.Holder!;
        var mend = next.SlowDisk(named, 2500, 6000);
        stage.Load(lost.Holder!);
        _ = next.Synchronize(PairSynchrony.Required);
        lost.Site.SynchronizePair(PairSynchrony.Required);
        yield return stage.After(0, 1000);
        stage.Load(lost.Holder!);
        yield return () => next.IsSynchronous;
        yield return stage.After(0, 100);
        _ = lost.LosePower();
        var boot = next.PowerOff(named);
        mend();
        yield return stage.After(200, 1000);
        boot();
        lost.Fence(next);
        yield return stage.After(4000, 8000);
    }

    protected override string Describe() => "a pair becomes synchronous while the other site lags";
}
