using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// The primary site of a synchronous pair is lost, and so is the one at the other site that had confirmed everything; its cascades there lag. Whoever asks for a failover is kept waiting for that one.
/// </summary>
public sealed record NamedLostBesideItsSite(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (lost, next) = (stage, stage.Other);
        yield return () => stage.ArePaired && next.IsSynchronous;
        var named = next.Holder!;
        var lag = next.Others(named).Select(o => next.CutApart(named, o)).ToList();
        yield return lost.Commits();
        yield return stage.After(100, 1500);
        var first = Chance.Happens(0.5);
        if (first) _ = next.PowerOff(named);
        if (first) yield return stage.After(0, 400);
        _ = lost.LosePower();
        if (!first) yield return stage.After(0, 1500);
        if (!first) _ = next.PowerOff(named);
        foreach (var mend in lag) mend();
        yield return stage.After(0, 2000);
        if (next.Site.PairRecord is { Role: Protocol.Records.PairRole.Standby }) lost.Fence(next);
        yield return stage.After(5000, 15000);
    }

    protected override string Describe() => "the counted one and the other site are lost together";
}
