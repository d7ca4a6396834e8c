using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// A winner is lost before anybody has a record of its reign. The next one has a longer log of the reign before, and one standby that has all of it but nothing of the new reign; what clients read there
/// would lose to the first winner, if that were back when this one is lost.
/// </summary>
public sealed record ReadBeforeTheOwnRecord(Chance Chance) : Play(Chance)
{
    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var old = stage.Holder!;
        var longest = Chance.OneOf(stage.Others(old));
        var shorter = stage.Others(old, longest);
        foreach (var other in shorter) _ = stage.CutApart(old, other);
        yield return stage.After(200, 600);
        var back = stage.Cut(longest, api: true, peers: true);
        _ = stage.PowerOff(old);
        yield return () => stage.IsElected(old);
        var first = stage.Holder!;
        var apart = shorter.Where(o => o != first).Select(o => stage.CutApart(first, o)).ToList();
        yield return () => stage.IsOpen(first);
        yield return stage.After(20, 200);
        var firstBack = stage.Cut(first, api: true, peers: true);
        // Last to promise, so that the others are in its first clause; and not too quick with its promotion.
        var slow = stage.SlowDisk(longest, 60, 200);
        back();
        yield return () => stage.IsElected(old, first);
        var second = stage.Holder!;
        if (second != longest || shorter.FirstOrDefault(o => o != first) is not { } behind) yield break;
        var end = stage.DataOf(longest)!.Log.End;
        yield return () => stage.DataOf(behind)?.Flushed >= end;
        apart.Add(stage.CutApart(longest, behind));
        slow();
        yield return () => stage.IsAdmitted(longest);
        yield return stage.After(500, 1500);
        _ = stage.PowerOff(longest);
        foreach (var mend in apart) mend();
        firstBack();
    }

    protected override string Describe() => "clients read what nobody has behind a record of the new reign";
}
