using Tandem.Resources;
using Tandem.Simulation.Faults;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>An asynchronous cluster is told that every commit must be confirmed, while no standby can: none may be.</summary>
public sealed record RequiredWithNobody(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var others = stage.Others(stage.Holder);
        var goOn = others.Select(stage.PauseAgent).ToList();
        foreach (var other in others) stage.KillServer(other);
        yield return stage.After(200, 800);
        new SynchronizationEdited(stage.Site.Name, SynchronizationMode.Quorum, 1, Durability.Required).Begin(stage.World);
        yield return stage.After(4000, 6000);
        var commits = stage.Commits();
        yield return stage.After(2000, 4000);
        if (commits()) stage.World.Ledger.Report("AcknowledgedAlone", "commits are acknowledged that nobody confirms, though durability has been Required for seconds");
        foreach (var mend in goOn) mend();
    }

    protected override string Describe() => "durability is required while no standby can confirm";
}
