using Tandem.Simulation.Faults;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// The old holder is being rewound when the new one is lost; the next is elected from one who had more than that one, so that its history leaves the old holder's log later: what lies between the two forks
/// are pages of the first. In the end the old holder is to take the record.
/// </summary>
public sealed record RewoundTwice(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var old = stage.Holder!;
        var others = stage.Others(old);
        if (others.Count < 3) yield break;
        var ahead = Chance.OneOf(others);
        var behind = others.Where(o => o != ahead).ToList();
        var lags = behind.Select(o => stage.CutApart(old, o)).ToList();
        yield return stage.After(100, 300);
        stage.Load(old);
        yield return stage.After(100, 300);
        var aheadBack = stage.Cut(ahead, api: true, peers: true);
        stage.Load(old);
        yield return stage.After(20, 100);
        var oldBack = stage.Cut(old, api: true, peers: true);
        foreach (var mend in lags) mend();
        yield return () => stage.IsElected(old);
        var winner = stage.Holder!;
        var apart = behind.Where(o => o != winner).Select(o => stage.CutApart(winner, o)).ToList();
        yield return () => stage.IsOpen(winner);
        oldBack();
        yield return () => stage.DataOf(old) is { IsHalfRewound: true };
        stage.Kill(old);
        var winnerBack = stage.PowerOff(winner);
        aheadBack();
        yield return () => stage.IsElected(winner) && stage.IsAdmitted(stage.Holder);
        foreach (var mend in apart) mend();
        winnerBack();
        yield return () => stage.IsWell;
        new SwitchoverAsked(stage.Site.Name, old[^1] - '1').Begin(stage.World);
    }

    protected override string Describe() => "a rewind is cut short by the loss of its source, and the next source's history leaves the log later";
}
