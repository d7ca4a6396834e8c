using Tandem.Protocol.Handover;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Plays;

/// <summary>Every play, by its name.</summary>
internal static class Repertoire
{
    /// <summary>One seed in so many has one.</summary>
    private const double Share = 0.1;

    private static readonly SortedDictionary<string, Func<Chance, Play>> OfOneSite = new(StringComparer.Ordinal)
    {
        ["AheadOfTheWinner"] = c => new AheadOfTheWinner(c),
        ["ElectedAgainUnheard"] = c => new ElectedAgainUnheard(c),
        ["FormerHolderPromisesFirst"] = c => new FormerHolderPromisesFirst(c),
        ["GivenLate"] = c => new GivenLate(c),
        ["LeftBehindAtADegrade"] = c => new LeftBehindAtADegrade(c),
        ["OlderReignReturns"] = c => new OlderReignReturns(c),
        ["ReadBeforeTheOwnRecord"] = c => new ReadBeforeTheOwnRecord(c),
        ["PromotedPastItsAgent"] = c => new PromotedPastItsAgent(c),
        ["ReturnsAlone"] = c => new ReturnsAlone(c, WhileElecting: false, IsPaused: false),
        ["ReturnsAloneToAnElection"] = c => new ReturnsAlone(c, WhileElecting: true, IsPaused: false),
        ["ReturnsAloneAndIsPaused"] = c => new ReturnsAlone(c, WhileElecting: false, IsPaused: true),
        ["RewindCutShort"] = c => new RewindCutShort(c),
        ["RewoundTwice"] = c => new RewoundTwice(c),
        ["StartHeldUp"] = c => new StartHeldUp(c),
        ["TimelineTakenTwice"] = c => new TimelineTakenTwice(c, Unconfirmed: false, ByHand: false),
        ["TimelineTakenByHand"] = c => new TimelineTakenTwice(c, Unconfirmed: false, ByHand: true),
        ["TimelineTakenUnconfirmed"] = c => new TimelineTakenTwice(c, Unconfirmed: true, ByHand: false),
        ["UnflushedPromise"] = c => new UnflushedPromise(c),
    };

    private static readonly SortedDictionary<string, Func<Chance, Play>> OfPairs = new(StringComparer.Ordinal)
    {
        ["AdoptionBrokenOff"] = c => new AdoptionBrokenOff(c),
        ["FailingOverAtTheOffer"] = c => new FailingOverAtTheOffer(c),
        ["FloorForgottenAtARollBack"] = c => new FloorForgottenAtARollBack(c),
        ["HandoverWithoutTheArbiter"] = c => new HandoverWithoutTheArbiter(c),
        ["LockNeverTaken"] = c => new LockNeverTaken(c),
        ["LogHeldBack"] = c => new LogHeldBack(c),
        ["RecordLostAtADecision"] = c => new RecordLostAtADecision(c),
        ["StandbySiteEmptied"] = c => new StandbySiteEmptied(c),
        ["TargetLostAfterAReign"] = c => new TargetLostAfterAReign(c),
        ["TargetLostAtTheConsumption"] = c => new TargetLostAtTheConsumption(c),
        ["TimelineOfBothSites"] = c => new TimelineOfBothSites(c),
        ["TokenConsumedUnheard"] = c => new TokenConsumedUnheard(c),
        ["TokenOutlivesItsEpoch"] = c => new TokenOutlivesItsEpoch(c),
        ["StragglerAtTheArbiter"] = c => new StragglerAtTheArbiter(c),
        ["WithdrawnBeforeItLanded"] = c => new WithdrawnBeforeItLanded(c),
        ["WithdrawnAtTheOffer"] = c => new WithdrawnAtTheOffer(c),
    };

    /// <summary>They begin only where the pair is synchronous.</summary>
    private static readonly SortedDictionary<string, Func<Chance, Play>> OfSynchronousPairs = new(StringComparer.Ordinal)
    {
        ["CountedWhileItLags"] = c => new CountedWhileItLags(c),
        ["LostBeforeItIsVouchedFor"] = c => new LostBeforeItIsVouchedFor(c),
        ["NamedLostBesideItsSite"] = c => new NamedLostBesideItsSite(c),
        ["NamedLostForGood"] = c => new NamedLostForGood(c),
        ["PrimaryLostBesideItsRemote"] = c => new PrimaryLostBesideItsRemote(c),
        ["SynchronyWithdrawnUnheard"] = c => new SynchronyWithdrawnUnheard(c),
    };

    /// <summary>They begin only where the pair has no link.</summary>
    private static readonly SortedDictionary<string, Func<Chance, Play>> OfPairsByHand = new(StringComparer.Ordinal)
    {
        ["AskedAgainByHand"] = c => new AskedAgainByHand(c),
        ["LetterOutlivesItsEpoch"] = c => new LetterOutlivesItsEpoch(c),
        ["OldLetterAfterALoss"] = c => new OldLetterAfterALoss(c),
        ["OutcomeOutlivesItsEpoch"] = c => new OutcomeOutlivesItsEpoch(c),
    };

    /// <summary>Those that no other fault may meet: what they do already is all that the protocol stands at once, or what they look for would have another reason.</summary>
    private static readonly SortedDictionary<string, Func<Chance, Play>> Alone = new(StringComparer.Ordinal)
    {
        ["EmptiedUnderItsName"] = c => new EmptiedUnderItsName(c),
        ["PairDeletedAtTheOffer"] = c => new PairDeletedAtTheOffer(c),
        ["PromisesForgotten"] = c => new PromisesForgotten(c),
        ["RequiredWithNobody"] = c => new RequiredWithNobody(c),
        ["ReturnsAloneAndIsTakenBackAgain"] = c => new ReturnsAlone(c, WhileElecting: false, IsPaused: false, GoesBackTwice: true),
        ["ReturnsAloneToTheBlind"] = c => new ReturnsAlone(c, WhileElecting: true, IsPaused: false, OthersAreBlind: true),
        ["ReturnsAloneWithAPromise"] = c => new ReturnsAlone(c, WhileElecting: true, IsPaused: false, WithAPromise: true),
    };

    public static bool Has(string name) => Find(name) is not null;

    public static Play Of(string name, Chance chance) => Find(name)!(Own(chance));

    /// <summary>Among the faults of any seed; null: it has none.</summary>
    public static Play? Drawn(Chance chance, Setup setup) => chance.Happens(Share) ? chance.OneOf(Fit(setup))(Own(chance)) : null;

    private static Func<Chance, Play>[] Fit(Setup setup) => setup switch
    {
        { Sites: 1 } => [.. OfOneSite.Values],
        { HasLink: false } => [.. OfPairsByHand.Values],
        { PairSynchrony: PairSynchrony.Asynchronous } => [.. OfPairs.Values],
        _ => [.. OfPairs.Values, .. OfSynchronousPairs.Values, .. OfSynchronousPairs.Values],
    };

    /// <summary>What a play draws while it runs moves nothing else.</summary>
    private static Chance Own(Chance chance) => new((ulong)chance.NextInt64());

    private static Func<Chance, Play>? Find(string name) => OfOneSite.GetValueOrDefault(name) ?? OfPairs.GetValueOrDefault(name) ?? OfSynchronousPairs.GetValueOrDefault(name) ?? OfPairsByHand.GetValueOrDefault(name) ?? Alone.GetValueOrDefault(name);
}
