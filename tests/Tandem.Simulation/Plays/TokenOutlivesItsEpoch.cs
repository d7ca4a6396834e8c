using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>A token is out, and the target cannot reach it until it revokes it itself; then it has everything, and what it writes lands late, while the old site goes on.</summary>
public sealed record TokenOutlivesItsEpoch(Chance Chance) : PlayAtTheOffer(Chance, Fenced: false)
{
    protected override IEnumerable<Func<bool>> AtTheOffer(Stage old, Stage next, Action comes)
    {
        var acts = old.PauseOperators();
        yield return () => next.Step is not PairStep.Target;
        yield return old.After(300, 800);
        comes();
        yield return () => next.HasReached(old);
        yield return old.After(0, 300);
        var inTime = next.WritesLate(TimeSpan.FromSeconds(80));
        yield return old.After(300, 1500);
        inTime();
        acts();
        yield return () => old.IsOpen(old.Holder);
        _ = old.CutLink(api: false, data: true);
    }

    protected override string Describe() => "a token outlives its epoch";
}
