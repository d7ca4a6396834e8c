using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>The pair is deleted at the target while a token is out for it, and at the old site a while later; when it is gone it is applied anew.</summary>
public sealed record PairDeletedAtTheOffer(Chance Chance) : PlayAtTheOffer(Chance, Fenced: false)
{
    protected override IEnumerable<Func<bool>> AtTheOffer(Stage old, Stage next, Action comes)
    {
        var anew = next.DeletePair();
        yield return old.After(300, 4000);
        comes();
        yield return old.After(0, 8000);
        anew();
    }

    protected override string Describe() => "the pair is deleted while its token is out";
}
