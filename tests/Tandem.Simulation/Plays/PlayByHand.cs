using Tandem.Protocol.Records;
using Tandem.Resources.Values;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>Without a link: a switchover that is called off once the token is out, by letters that go to and fro in their order. What comes after the revocation is each play's own.</summary>
public abstract record PlayByHand(Chance Chance) : Play(Chance)
{
    protected sealed override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        var (old, next) = (stage, stage.Other);
        yield return () => stage.ArePaired;
        if (stage.World.Courier is not { } courier) yield break;
        _ = stage.SendCourierAway();
        var epoch = old.Site.PairRecord!.PairEpoch;
        old.AskByHand(next);
        yield return () => old.Letter is { Record.Step: PairStep.Offer };
        var offer = courier.Read(old.Site)!;
        yield return () => next.HasReached(old);
        var comes = old.CutLink(api: false, data: true);
        old.Site.ApplyPair(old.Site.Name);
        yield return () => old.Letter is { Record.Step: PairStep.RollBack };
        courier.Carry(old.Site);
        yield return () => next.Letter is { } letter && letter.PairEpoch > epoch;
        foreach (var act in AfterTheRevocation(old, next, offer, courier.Read(next.Site)!, comes)) yield return act;
    }

    /// <param name="offer">The letter with the token, which is revoked.</param>
    /// <param name="outcome">The letter that says so, which nobody has carried yet.</param>
    /// <param name="comes">Mends the link between the data.</param>
    protected abstract IEnumerable<Func<bool>> AfterTheRevocation(Stage old, Stage next, string offer, string outcome, Action comes);

    protected static bool IsAt(Stage stage, PairEpoch epoch) => stage.Site.PairRecord?.PairEpoch == epoch;
}
