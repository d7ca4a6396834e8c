using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// In a synchronous pair the stream between the sites is cut, then the primary fails over within its site, or begins anew there, or somebody joins its set; then the site is lost, and the other takes over by the mark that it
/// has everything. Whatever was acknowledged since the cut is lost, so nothing may be.
/// </summary>
public sealed record PrimaryLostBesideItsRemote(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (lost, next) = (stage, stage.Other);
        yield return () => stage.ArePaired && next.IsSynchronous;
        yield return lost.Commits();
        _ = stage.CutLink(api: Chance.Happens(0.5), data: true);
        yield return stage.After(0, 800);
        var holder = lost.Holder!;
        switch (Chance.Next(4))
        {
            case 0:
                lost.KillServer(holder);
                break;
            case 1 when lost.Others(holder) is [var standby, ..]:
                var mend = lost.PowerOff(standby);
                yield return stage.After(6000, 9000);
                mend();
                break;
            case 2 when lost.Others(holder).Count > 0:
                lost.Kill(holder);
                break;
            default:
                var boot = lost.PowerOff(holder);
                yield return () => lost.IsElected(holder);
                boot();
                break;
        }
        yield return stage.After(3000, 12000);
        _ = lost.LosePower();
        yield return stage.After(0, 2000);
        if (next.Site.PairRecord is { Role: Protocol.Records.PairRole.Standby }) lost.Fence(next);
        yield return stage.After(4000, 12000);
    }

    protected override string Describe() => "a synchronous pair loses its stream, then its primary, then the site";
}
