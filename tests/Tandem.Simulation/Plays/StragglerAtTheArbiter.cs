using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The primary site's holder is cut off from all but the arbiter when the pair is to do without one: its successor gives the lease up, of which it does not hear.</summary>
public sealed record StragglerAtTheArbiter(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.ArePaired;
        var holder = stage.Holder!;
        _ = stage.Cut(holder, api: true, peers: true);
        yield return stage.After(0, 1000);
        stage.UnnameArbiter();
        yield return () => stage.IsElected(holder) && stage.IsAdmitted(stage.Holder);
        if (Chance.Happens(0.5)) stage.KillServer(holder);
    }

    protected override string Describe() => "the arbiter is given up while a former holder hears nothing but it";
}
