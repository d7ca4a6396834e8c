using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>A standby has received more than anybody, and its disk has not taken it yet, when it promises and is elected; then its power is lost.</summary>
public sealed record UnflushedPromise(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        // A member may just be without power.
        yield return () => stage.IsWell && stage.Others(stage.Holder).Count > 0;
        var holder = stage.Holder!;
        var others = stage.Others(holder);
        var slow = Chance.OneOf(others);
        var quick = stage.SlowDisk(slow, 4000, 6000);
        yield return stage.After(100, 700);
        var apart = others.Where(o => o != slow).Select(o => stage.CutApart(holder, o)).ToList();
        yield return stage.After(30, 200);
        _ = stage.PowerOff(holder);
        foreach (var mend in apart) mend();
        yield return () => stage.Record is { State: RecordState.Electing };
        // What the receiver had handed to the disk is still on its way there.
        quick();
        yield return () => stage.IsElected(holder);
        var winner = stage.Holder!;
        yield return stage.After(0, 60);
        var back = stage.PowerOff(winner);
        yield return stage.After(100, 900);
        back();
    }

    protected override string Describe() => "a winner loses its power before it has written anything";
}
