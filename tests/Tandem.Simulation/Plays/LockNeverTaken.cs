using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>Nothing comes to the target's main standby any more: a switchover is begun, and nobody locks.</summary>
public sealed record LockNeverTaken(Chance Chance) : Play(Chance)
{
    public override bool PartsSites => false;

    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        var comes = stage.CutLink(api: false, data: true);
        yield return stage.After(0, 1500);
        stage.AskFor(next);
        yield return () => old.Step is PairStep.Lock;
        yield return () => old.Step is null;
        yield return stage.After(2000, 6000);
        comes();
    }

    protected override string Describe() => "a switchover that nobody locks";
}
