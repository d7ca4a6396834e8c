using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// The old holder is being rewound when the new one is lost, who alone has what the old one acknowledged last: one standby lags, and the winner has nobody behind it yet. The old holder is ended
/// meanwhile, and is back for the election with half a rewind.
/// </summary>
public sealed record RewindCutShort(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var old = stage.Holder!;
        if (stage.Others(old) is not [var one, var two, ..]) yield break;
        var (ahead, behind) = Chance.Happens(0.5) ? (one, two) : (two, one);
        var lags = stage.CutApart(old, behind);
        yield return stage.After(200, 900);
        var oldBack = stage.Cut(old, api: true, peers: true);
        stage.Load(old);
        yield return () => stage.IsElected(old);
        var alone = stage.CutApart(ahead, behind);
        yield return () => stage.IsOpen(ahead);
        oldBack();
        yield return () => stage.DataOf(old) is { IsHalfRewound: true };
        yield return stage.After(0, 100);
        stage.Kill(old);
        _ = stage.PowerOff(ahead);
        lags();
        alone();
    }

    protected override string Describe() => "a rewind is cut short by the loss of its source";
}
