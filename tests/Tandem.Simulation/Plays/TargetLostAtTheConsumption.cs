using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The main standby that had everything is lost just when its site has consumed the token, and may not come back; the other instances there lag.</summary>
public sealed record TargetLostAtTheConsumption(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        var standby = next.Holder!;
        var lag = next.Others(standby).Select(o => next.CutApart(standby, o)).ToList();
        yield return stage.After(300, 1500);
        stage.AskFor(next);
        yield return () => next.Site.PairRecord is { Role: PairRole.Primary };
        _ = next.PowerOff(standby);
        if (Chance.Happens(0.5)) _ = stage.CutLink(api: false, data: true);
        yield return stage.After(0, 1000);
        foreach (var mend in lag) mend();
        if (!Chance.Happens(0.4)) yield break;
        yield return () => next.IsElected(standby);
        next.LoseVolume(standby);
    }

    protected override string Describe() => "the main standby is lost when its site has consumed the token";
}
