using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// A reign begins at the primary site of which the other site's main standby has everything and the rest there nothing; that main standby is lost just when its site has consumed the token.
/// What was acknowledged in that reign is at the old site alone, and whoever is elected at the new one has a history that is merely shorter, and is slow to write down what it gets.
/// </summary>
public sealed record TargetLostAfterAReign(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        var standby = next.Holder!;
        var lag = next.Others(standby).Select(o => next.CutApart(standby, o)).ToList();
        yield return stage.After(200, 1000);
        var first = old.Holder!;
        var back = old.PowerOff(first);
        yield return () => old.IsElected(first);
        back();
        yield return () => old.IsAdmitted(old.Holder) && next.ServerOf(standby) is { Receivers.Count: > 0 } server && server.Data.Flushed + 4096 > old.ServerOf(old.Holder)?.Data.Flushed;
        yield return stage.After(300, 1500);
        stage.AskFor(next);
        yield return () => next.Site.PairRecord is { Role: PairRole.Primary, Outcome.Token: not null };
        var acknowledged = next.Site.PairRecord!.Outcome!.Token!.End.Lsn.Value;
        _ = next.PowerOff(standby);
        foreach (var mend in lag) mend();
        yield return () => next.IsElected(standby);
        foreach (var other in next.Others(standby)) next.SlowDisk(other, 2000, 5000);
        next.LoseVolume(standby);
        // Comes about only where the old site has thrown away what the new one has not written down yet.
        yield return () => old.DataOf(old.Holder) is { } kept && kept.Flushed < acknowledged;
        if (next.Holder is { } elected) _ = next.PowerOff(elected);
    }

    protected override string Describe() => "the main standby is lost when its site has consumed the token of a reign that the others there have nothing of";
}
