using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The primary site of a synchronous pair is without power, and the other site's one that had confirmed everything has lost its volume, when a failover is asked for: nobody there could open, and the site that is coming back has it all.</summary>
public sealed record NamedLostForGood(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (dark, next) = (stage, stage.Other);
        yield return () => stage.ArePaired && next.IsSynchronous;
        var named = next.Holder!;
        yield return dark.Commits();
        yield return stage.After(0, 500);
        var power = dark.LosePower();
        yield return stage.After(0, 300);
        next.LoseVolume(named);
        yield return stage.After(5000, 9000);
        dark.Fence(next);
        yield return stage.After(2000, 5000);
        power();
    }

    protected override string Describe() => "the counted one has lost its volume when a failover is asked for";
}
