using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The end of the log does not come to the target of a switchover for a while; then its site is on its own.</summary>
public sealed record LogHeldBack(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        stage.AskFor(next);
        yield return () => old.Step is PairStep.Quiesce or PairStep.Demote;
        _ = stage.CutLink(api: false, data: true);
    }

    protected override string Describe() => "the end of the log does not come to the target of a switchover";
}
