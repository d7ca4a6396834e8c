using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The holder's server ends; then its agent stands still for so long that another is elected, and goes on with what it had been about to do, cut off from all news.</summary>
public sealed record StartHeldUp(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var holder = stage.Holder!;
        // Until what was granted for the last start is over.
        yield return stage.After(12_000, 15_000);
        stage.KillServer(holder);
        yield return stage.After(0, 40);
        var wakes = stage.PauseAgent(holder);
        _ = stage.Cut(holder, api: true, peers: true);
        yield return () => stage.IsElected(holder) && stage.IsAdmitted(stage.Holder);
        wakes();
    }

    protected override string Describe() => "a start that was granted is held up until another has been elected";
}
