using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The API server goes back to what it held before an election, and every agent begins anew: only the volumes know better.</summary>
public sealed record PromisesForgotten(Chance Chance) : Play(Chance)
{
    public override bool TakesRecordsBack => true;

    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var holder = stage.Holder!;
        var backup = stage.Site.Api.TakeBackup();
        yield return stage.After(100, 400);
        var oldBack = stage.Cut(holder, api: true, peers: true);
        yield return () => stage.IsElected(holder) && stage.IsAdmitted(stage.Holder);
        yield return stage.Commits();
        yield return stage.After(0, 600);
        stage.Say("API server restored from a backup of before the election");
        var others = stage.Others(holder);
        foreach (var instance in others) stage.Kill(instance);
        stage.Site.RestoreApi(backup);
        // Not before the others can be heard: that they are silent as well is a limit of the protocol (docs/protocol.md, what is not promised).
        yield return () => others.All(o => stage.Agent(o) is { IsAlive: true });
        yield return stage.After(0, 300);
        oldBack();
    }

    protected override string Describe() => "the API server goes back to before an election and every agent that took part begins anew";
}
