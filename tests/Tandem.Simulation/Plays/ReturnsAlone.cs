using Tandem.Protocol.Records;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Plays;

/// <summary>
/// A holder is without power while another is elected; then all the others are, and the API server goes back to what it held before the election. The old holder is up first, and reads that it holds the record; those
/// who know better come a moment later.
/// </summary>
/// <param name="WhileElecting">It goes back to the election itself, which the old holder alone could decide once more.</param>
/// <param name="IsPaused">For as long as it would have waited for the others, and they are back when it goes on: it has not heard them yet.</param>
/// <param name="WithAPromise">Beside another, who has promised in that election and was lost in the very moment in which it was decided: he knows of no later record either.</param>
/// <param name="GoesBackTwice">To before the election at first; and to the election itself, without a moment's pause, while the old holder looks: to him it seems to begin just then.</param>
/// <param name="OthersAreBlind">They come back without the API server: all that they can tell is what their volumes remember.</param>
public sealed record ReturnsAlone(Chance Chance, bool WhileElecting, bool IsPaused, bool WithAPromise = false, bool GoesBackTwice = false, bool OthersAreBlind = false) : Play(Chance)
{
    public override bool TakesRecordsBack => true;

    protected override IEnumerable<Func<bool>> Acts(Stage stage)
    {
        yield return () => stage.IsWell;
        var holder = stage.Holder!;
        var backup = stage.Site.Api.TakeBackup();
        yield return stage.After(100, 400);
        var oldBack = stage.PowerOff(holder);
        var ofElection = backup;
        if (WhileElecting || GoesBackTwice)
        {
            yield return () => stage.Record is { State: RecordState.Electing };
            ofElection = stage.Site.Api.TakeBackup();
        }
        string? promised = null;
        Action promisedBack = () => { };
        if (WithAPromise)
        {
            yield return () => stage.IsElected(holder);
            promised = Chance.OneOf(stage.Others(holder, stage.Holder));
            promisedBack = stage.PowerOff(promised);
        }
        yield return () => stage.IsElected(holder) && stage.IsAdmitted(stage.Holder);
        yield return stage.Commits();
        yield return stage.After(0, 600);
        var seeing = stage.Others(holder, promised).ToList();
        var mends = seeing.Select(stage.PowerOff).ToList();
        stage.Say("API server restored from a backup of before the election");
        stage.Site.RestoreApi(WhileElecting ? ofElection : backup);
        oldBack();
        promisedBack();
        yield return () => stage.Agent(holder) is { IsAlive: true };
        if (GoesBackTwice)
        {
            yield return stage.After(200, 1000);
            stage.Say("API server restored from a backup of the election");
            stage.Site.RestoreApi(ofElection);
        }
        // Whoever is later than that cannot be told from one who is gone for good (docs/protocol.md, what is not promised).
        yield return stage.After(1100, 1700);
        var goOn = IsPaused ? stage.PauseAgent(holder) : null;
        foreach (var mend in mends) mend();
        if (OthersAreBlind)
        {
            // In the very moment in which they begin: before, no kubelet would start them.
            yield return () =>
            {
                foreach (var begun in seeing.Where(i => stage.Agent(i) is { IsAlive: true }).ToList())
                {
                    stage.Cut(begun, api: true, peers: false);
                    seeing.Remove(begun);
                }
                return seeing.Count == 0;
            };
        }
        if (goOn is null) yield break;
        yield return stage.After(10500, 13000);
        goOn();
    }

    protected override string Describe() => $"the old holder is up first after the API server went back to {(WhileElecting ? "" : "before ")}an election{(GoesBackTwice ? ", and then to the election" : "")}{(IsPaused ? ", and is paused then" : "")}{(WithAPromise ? ", beside one who had promised in it" : "")}{(OthersAreBlind ? ", and the others come without the API server" : "")}";
}
