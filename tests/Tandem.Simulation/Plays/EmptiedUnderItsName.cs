using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>All standbys but one stand still; that one's volume is lost, and it comes back with an empty one, which is filled while the set cannot be changed.</summary>
public sealed record EmptiedUnderItsName(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var holder = stage.Holder!;
        var others = stage.Others(holder);
        var emptied = Chance.OneOf(others);
        var still = others.Where(o => o != emptied).Select(stage.PauseServer).ToList();
        yield return stage.After(0, 500);
        // Without the API server the set stays what it is.
        var hears = stage.Cut(holder, api: true, peers: false);
        stage.LoseVolume(emptied);
        yield return stage.After(8_000, 14_000);
        hears();
        foreach (var resume in still) resume();
    }

    protected override string Describe() => "a volume is emptied while nobody else acknowledges";
}
