using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The set degrades while one standby lags; a switchover is begun and rolled back; then the holder is lost as it reopens, and the one that lags is below the floor still.</summary>
public sealed record FloorForgottenAtARollBack(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired && old.IsWell;
        var holder = old.Holder!;
        var others = old.Others(holder);
        var behind = Chance.OneOf(others);
        var lags = old.CutApart(holder, behind);
        yield return stage.After(300, 2000);
        foreach (var other in others.Where(o => o != behind)) _ = old.PowerOff(other);
        yield return () => old.Record is { Quorums: [{ IsEmpty: true }], Floor: not null };
        stage.AskFor(next);
        yield return () => next.Step is PairStep.Target;
        var comes = stage.CutLink(api: false, data: true);
        yield return () => old.Step is PairStep.Offer;
        stage.AskFor(old);
        // Once it serves clients, all that it has is beneath a floor of the new reign.
        yield return () => old.Step is null && old.Record is { RunMode: RunMode.Primary };
        _ = old.PowerOff(holder);
        comes();
        lags();
    }

    protected override string Describe() => "the holder of a degraded set is lost after a switchover was rolled back";
}
