using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// Both sites have opened a timeline of the same number while they were apart: the one by a failover to it, the other by an election. When they meet again the old site is told to take over at once: it has
/// a longer log on a timeline of the token's number, which is not the token's.
/// </summary>
public sealed record TimelineOfBothSites(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        var apart = stage.CutLink(api: true, data: true);
        yield return stage.After(1000, 2000);
        stage.Fence(next);
        yield return () => next.IsAdmitted(next.Holder);
        var holder = old.Holder!;
        old.Kill(holder);
        var back = old.PowerOff(holder);
        yield return () => old.IsElected(holder) && old.IsOpen(old.Holder);
        old.Load(old.Holder!);
        yield return stage.After(200, 1000);
        back();
        apart();
        yield return () => old.Site.PairRecord is { Role: PairRole.Standby };
        stage.Fence(old);
    }

    protected override string Describe() => "both sites have a timeline of one number, and the one with the longer log is to take over";
}
