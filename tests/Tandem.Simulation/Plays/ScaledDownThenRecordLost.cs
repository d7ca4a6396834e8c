using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>spec.instances is lowered, and when that is done the record is deleted: who has left is not there to say what it remembers.</summary>
public sealed record ScaledDownThenRecordLost(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var leaving = $"{Scenarios.World.ClusterName}-{stage.World.Setup.Instances}";
        stage.Scale(-1);
        yield return () => stage.Agent(leaving) is null && stage.Record is { } record && !record.Quorums.Any(q => q.Members.Any(m => m.Instance == leaving));
        yield return stage.After(1500, 3000);
        stage.LoseRecord();
    }

    protected override string Describe() => "an instance is told to leave, and then the record is deleted";
}
