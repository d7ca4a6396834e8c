using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// A standby has more than all others when the holder is lost, and cannot be heard in the election; it is back just after, with a log that goes on where the winner's history left it, while the winner is
/// still busy with its first checkpoint.
/// </summary>
public sealed record AheadOfTheWinner(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var holder = stage.Holder!;
        var others = stage.Others(holder);
        var ahead = Chance.OneOf(others);
        var behind = others.Where(o => o != ahead).ToList();
        var lag = behind.Select(o => stage.CutApart(holder, o)).ToList();
        var back = behind.Select(o => stage.CutApart(ahead, o)).ToList();
        yield return stage.After(200, 800);
        stage.Load(holder);
        yield return stage.After(100, 300);
        back.Add(stage.Cut(ahead, api: true, peers: true));
        _ = stage.PowerOff(holder);
        foreach (var mend in lag) mend();
        yield return () => stage.IsElected(holder);
        var winner = stage.Holder!;
        if (Chance.Happens(0.6)) _ = stage.SlowDisk(winner, 300, 3000);
        yield return Chance.Happens(0.5) ? () => stage.IsOpen(winner) : stage.After(0, 200);
        if (Chance.Happens(0.4)) stage.KillServer(ahead);
        foreach (var mend in back) mend();
    }

    protected override string Describe() => "a standby that was ahead of the winner returns";
}
