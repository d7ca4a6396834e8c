using Tandem.Protocol.Records;
using Tandem.Simulation.Faults;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>A switchover's last swap is stuck on its way, its sender gives up and goes on as holder; then the swap lands.</summary>
public sealed record GivenLate(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var holder = stage.Holder!;
        var target = stage.Others(holder)[0];
        new SwitchoverAsked(stage.Site.Name, target[^1] - '1').Begin(stage.World);
        yield return () => stage.Record is { State: RecordState.HandingOver };
        yield return () => stage.ServerOf(holder) is null;
        var inTime = stage.WritesLate(TimeSpan.FromSeconds(150));
        yield return stage.After(300, 900);
        inTime();
        // What the old holder acknowledges after that does not come to the target.
        _ = stage.CutApart(holder, target);
    }

    protected override string Describe() => "the last swap of a switchover is applied late";
}
