using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The primary site hears that the other one has taken over, and has written that into its cluster's record when its operators stand still and the link is lost again.</summary>
public sealed record AdoptionBrokenOff(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        var heard = stage.CutLink(api: true, data: true);
        yield return stage.After(500, 3000);
        stage.Fence(next);
        yield return () => next.Site.PairRecord is { Role: PairRole.Primary } && next.IsAdmitted(next.Holder);
        var epoch = next.Site.PairRecord!.PairEpoch;
        yield return stage.After(500, 3000);
        heard();
        yield return () => old.Record?.PairEpoch == epoch || old.Site.PairRecord?.PairEpoch == epoch;
        var acts = old.PauseOperators();
        heard = stage.CutLink(api: true, data: Chance.Happens(0.5));
        yield return stage.After(2000, 6000);
        acts();
        yield return stage.After(8000, 12_000);
        heard();
    }

    protected override string Describe() => "an adoption is broken off half-way";
}
