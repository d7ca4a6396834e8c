using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>One standby lags; the other one, which has everything, is lost for so long that the set degrades; then the holder is lost too. The one that lags is below the floor.</summary>
public sealed record LeftBehindAtADegrade(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var holder = stage.Holder!;
        var others = stage.Others(holder);
        var behind = Chance.OneOf(others);
        var lags = stage.CutApart(holder, behind);
        yield return stage.After(300, 2000);
        foreach (var other in others.Where(o => o != behind)) _ = stage.PowerOff(other);
        yield return () => stage.Record is { Quorums: [{ IsEmpty: true }], Floor: not null };
        yield return stage.After(0, 1500);
        _ = stage.PowerOff(holder);
        lags();
    }

    protected override string Describe() => "the holder of a degraded set is lost, and only one below the floor is left";
}
