using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// The holder is elected again while one standby is cut off from the API server: its receiver goes on with the new timeline by itself. The others then lose the holder, so that this one alone has what is
/// acknowledged; the holder is lost, its server ends, and it hears of the next election before it has heard of the reign.
/// </summary>
public sealed record ElectedAgainUnheard(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var holder = stage.Holder!;
        var others = stage.Others(holder);
        var deaf = Chance.OneOf(others);
        var hears = stage.Cut(deaf, api: true, peers: false);
        // Nor does its own database tell it.
        _ = stage.HoldReplay(deaf);
        var epoch = stage.Record!.Epoch;
        var wakes = stage.PauseAgent(holder);
        yield return () => stage.Record is { State: RecordState.Electing };
        wakes();
        yield return () => stage.Record is { State: RecordState.Stable } record && record.Epoch > epoch && stage.IsOpen(holder);
        yield return () => stage.IsAdmitted(holder) || stage.ServerOf(holder) is null;
        yield return stage.After(0, 500);
        var apart = others.Where(o => o != deaf).Select(o => stage.CutApart(holder, o)).ToList();
        // Until the set is the one that hears nothing.
        yield return () => stage.Record is { Quorums: [{ Members: { Count: 1 } members }] } && members[0].Instance == deaf;
        yield return stage.Commits();
        yield return stage.After(0, 800);
        _ = stage.PowerOff(holder);
        // With its server down nobody can ask its log.
        stage.KillServer(deaf);
        foreach (var mend in apart) mend();
        // It hears of the record again only when the reign is over that it has not heard of.
        yield return () => stage.Record is { State: RecordState.Electing };
        hears();
    }

    protected override string Describe() => "a holder that was elected again is lost with the one standby that followed it unheard";
}
