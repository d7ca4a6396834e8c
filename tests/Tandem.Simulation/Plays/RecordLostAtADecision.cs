using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>A site that is cut off loses its cluster's record while the other one takes over, and its instances put the record back just as it hears of that.</summary>
public sealed record RecordLostAtADecision(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired && stage.IsWell && old.Record is { Arbiter: not null };
        var link = stage.CutLink(api: true, data: true);
        var arbiter = old.CutFromArbiter();
        // Without what this one remembers the record is not put back.
        var boot = old.PowerOff(old.Others(old.Holder)[0]);
        old.LoseRecord();
        yield return () => next.Site.PairRecord is { Role: PairRole.Primary };
        yield return stage.After(0, 2000);
        boot();
        yield return stage.After(0, 4000);
        arbiter();
        yield return stage.After(4000, 6000);
        link();
    }

    protected override string Describe() => "a record is put back just as the pair is decided anew";
}
