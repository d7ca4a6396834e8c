using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The sites lose their link just when the token is consumed: the old site does not hear of it, for longer than a switchover may take.</summary>
public sealed record TokenConsumedUnheard(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        stage.AskFor(next);
        yield return () => next.Site.PairRecord is { Role: PairRole.Primary };
        _ = stage.CutLink(api: true, data: Chance.Happens(0.5));
    }

    protected override string Describe() => "a token is consumed unheard";
}
