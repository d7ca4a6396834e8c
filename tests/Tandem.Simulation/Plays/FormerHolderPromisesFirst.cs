using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// The holder's agent stands still while it is voted out, and is the first to promise; one standby is slow to, and streams from it meanwhile; another cannot hear of the election at all, and acknowledges
/// for the old holder as long as that runs.
/// </summary>
public sealed record FormerHolderPromisesFirst(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var holder = stage.Holder!;
        var others = stage.Others(holder);
        var deaf = Chance.OneOf(others);
        _ = stage.Cut(deaf, api: true, peers: false);
        var wakes = stage.PauseAgent(holder);
        foreach (var other in others.Where(o => o != deaf)) _ = stage.SlowDisk(other, 15, 70);
        yield return () => stage.Record is { State: RecordState.Electing };
        wakes();
    }

    protected override string Describe() => "a holder that was voted out while its agent stood still promises first";
}
