using Tandem.Protocol.Records;
using Tandem.Simulation.Faults;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// A winner is lost before it has anybody behind it; the next one takes the same number for its timeline, and leaves the old one at the same point. One switchover later the first winner is back: by the
/// numbers alone the two histories part later than they do. Then it is to take the record.
/// </summary>
/// <param name="Unconfirmed">It is lost before its reign is confirmed in the record: its volume alone knows whose timeline that is.</param>
/// <param name="ByHand">Meanwhile somebody promotes a follower of it by hand: that takes the number as well.</param>
public sealed record TimelineTakenTwice(Chance Chance, bool Unconfirmed, bool ByHand) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var old = stage.Holder!;
        var oldBack = stage.PowerOff(old);
        yield return () => stage.IsElected(old);
        var winner = stage.Holder!;
        var apart = stage.Others(old, winner).Select(o => stage.CutApart(winner, o)).ToList();
        yield return () => stage.IsOpen(winner);
        if (ByHand && stage.Others(old, winner) is [var follower, ..])
        {
            stage.PromoteByHand(follower);
            yield return () => stage.IsOpen(follower);
        }
        Action winnerBack;
        if (Unconfirmed)
        {
            winnerBack = stage.PowerOff(winner);
        }
        else
        {
            yield return stage.After(0, 300);
            stage.Load(winner);
            yield return stage.After(50, 300);
            winnerBack = stage.Cut(winner, api: true, peers: true);
        }
        yield return () => stage.IsElected(winner);
        oldBack();
        yield return () => stage.IsAdmitted(stage.Holder);
        yield return stage.Commits();
        var (second, epoch) = (stage.Holder!, stage.Record!.Epoch);
        if (stage.Others(second, winner) is not [var third, ..]) yield break;
        new SwitchoverAsked(stage.Site.Name, third[^1] - '1').Begin(stage.World);
        yield return () => stage.Record is { State: RecordState.Stable } record && record.Epoch > epoch && stage.IsAdmitted(stage.Holder);
        foreach (var mend in apart) mend();
        winnerBack();
        yield return () => stage.IsWell;
        new SwitchoverAsked(stage.Site.Name, winner[^1] - '1').Begin(stage.World);
    }

    protected override string Describe() => $"one timeline number is taken twice{(Unconfirmed ? ", the first time by a reign that was not confirmed" : "")}{(ByHand ? ", and by hand" : "")}";
}
