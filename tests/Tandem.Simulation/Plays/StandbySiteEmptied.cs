using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The standby site loses all its volumes at once, or one after another faster than one can be copied from the other.</summary>
public sealed record StandbySiteEmptied(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.ArePaired;
        yield return stage.Commits();
        foreach (var instance in stage.Other.Others())
        {
            stage.Other.LoseVolume(instance);
            yield return stage.After(0, 600);
        }
    }

    protected override string Describe() => "the standby site loses all its volumes";
}
