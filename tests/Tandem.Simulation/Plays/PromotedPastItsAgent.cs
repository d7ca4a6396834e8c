using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// Somebody promotes a standby by hand while its agent stands still, and writes much there; the others go on and acknowledge; then the primary is lost, and the promoted one is needed for the election. Its log is longer than
/// anybody's, and has less.
/// </summary>
public sealed record PromotedPastItsAgent(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var holder = stage.Holder!;
        var promoted = stage.Others(holder)[0];
        var agent = stage.PauseAgent(promoted);
        stage.PromoteByHand(promoted);
        yield return () => stage.IsOpen(promoted);
        stage.Load(promoted);
        yield return stage.Commits();
        yield return stage.After(0, 300);
        _ = stage.PowerOff(holder);
        yield return stage.After(0, 2500);
        agent();
    }

    protected override string Describe() => "a standby is promoted past its agent, and the primary is lost";
}
