using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>Without a link: a switchover is withdrawn before the site has stopped, so the pair epoch goes on; then a tool puts back the manifest that asked for it.</summary>
public sealed record AskedAgainByHand(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        old.AskByHand(next);
        yield return () => old.Step is not null;
        old.Site.ApplyPair(old.Site.Name);
        yield return () => old.Step is null && old.Site.PairRecord?.LastRequested == old.Site.Name;
        yield return old.After(0, 1500);
        old.AskByHand(next);
        yield return old.After(2000, 5000);
        old.Site.ApplyPair(old.Site.Name);
    }

    protected override string Describe() => "a switchover by hand is asked for once more by the same manifest";
}
