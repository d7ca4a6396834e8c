using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// A winner is lost before it has anybody behind it, with a long log on a timeline of its own; another reign follows on the same number and acknowledges; then its holder is lost, and the first winner
/// is back for the election. Its log is longer, and its timeline no lower, but of an older epoch.
/// </summary>
public sealed record OlderReignReturns(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var first = stage.Holder!;
        var firstBack = stage.Cut(first, api: true, peers: true);
        yield return () => stage.IsElected(first);
        var winner = stage.Holder!;
        var apart = stage.Others(first, winner).Select(o => stage.CutApart(winner, o)).ToList();
        yield return () => stage.IsOpen(winner);
        yield return stage.After(0, 400);
        stage.Load(winner);
        yield return stage.After(100, 600);
        var winnerBack = stage.Cut(winner, api: true, peers: true);
        firstBack();
        yield return () => stage.IsElected(winner);
        var second = stage.Holder!;
        yield return () => stage.IsAdmitted(second);
        yield return stage.Commits();
        yield return stage.After(0, 300);
        _ = stage.PowerOff(second);
        foreach (var mend in apart) mend();
        winnerBack();
    }

    protected override string Describe() => "an older reign returns with a longer log";
}
