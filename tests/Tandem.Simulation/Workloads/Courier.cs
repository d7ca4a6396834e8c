using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Workloads;

/// <summary>
/// The person between two sites without a link. Every now and then copies what each site says into the manifest of the other, sometimes long after, sometimes an old copy; and does what a condition says that has stood
/// for too long. Looks at both sites before a word that could cost something.
/// </summary>
public sealed class Courier(World world)
{
    private static readonly string[] Wordy = ["HandoverOffered", "HandoverInDoubt", "PeerUnknown"];

    private readonly Chance _chance = Chance.Of(world.Setup.Seed, "courier");
    private readonly Dictionary<string, List<string>> _letters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Told, TimeSpan Since)> _told = new(StringComparer.Ordinal);

    /// <summary>Carries at once, and the newest alone.</summary>
    public bool IsSteady { get; set; } = true;

    /// <summary>Somebody else carries.</summary>
    public bool IsAway { get; set; }

    public void Begin() => Round();

    /// <summary>What the site said once.</summary>
    public IReadOnlyList<string> LettersOf(SimulatedSite site) => _letters.GetValueOrDefault(site.Name) ?? [];

    public void PasteOld(SimulatedSite at, int choice)
    {
        if (LettersOf(Other(at)) is { Count: > 0 } letters) Paste(at, letters[choice % letters.Count]);
    }

    /// <summary>What a site says now, at the other one.</summary>
    public void Carry(SimulatedSite from)
    {
        if (Read(from) is { } letter) Paste(Other(from), letter);
    }

    /// <summary>Copies what a site says now.</summary>
    public string? Read(SimulatedSite site)
    {
        if (!site.Api.IsUp || site.Letter is not { } letter) return null;
        if (!_letters.TryGetValue(site.Name, out var known)) _letters[site.Name] = known = [];
        if (known.LastOrDefault() != letter) known.Add(letter);
        return letter;
    }

    public void Paste(SimulatedSite at, string letter)
    {
        if (!at.Api.IsUp) return;
        world.Trace.Write("courier", $"pastes a letter at {at.Name}{(LettersOf(Other(at)).LastOrDefault() == letter ? "" : ", an old one")}");
        at.PasteLetter(letter);
    }

    private void Round()
    {
        if (!IsAway)
        {
            foreach (var site in world.Sites)
            {
                if (Read(site) is not { } letter) continue;
                if (!IsSteady && _chance.Happens(0.15)) letter = _chance.OneOf(LettersOf(site));
                world.Events.After(IsSteady ? _chance.Milliseconds(50, 500) : _chance.LongTailed(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)), () => Deliver(site, letter));
            }
            foreach (var site in world.Sites) DoAsTold(site);
        }
        world.Events.After(IsSteady ? _chance.Milliseconds(500, 1500) : _chance.LongTailed(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(8)), Round);
    }

    private void Deliver(SimulatedSite from, string letter)
    {
        // What was on its way when things were mended is thrown away for the newest.
        if (IsAway || (IsSteady && LettersOf(from)[^1] != letter)) return;
        Paste(Other(from), letter);
    }

    private void DoAsTold(SimulatedSite site)
    {
        var told = site.Api.Find<DisasterRecoveryPair>(World.Namespace, World.PairName)?.Status?.Conditions.FirstOrDefault(c => c.Type == ConditionTypes.Ready)?.Reason;
        if (told is null || !Wordy.Contains(told))
        {
            _told.Remove(site.Name);
            return;
        }
        if (!_told.TryGetValue(site.Name, out var before) || before.Told != told) _told[site.Name] = before = (told, world.Events.Now);
        if (world.Events.Now - before.Since < (IsSteady ? TimeSpan.FromSeconds(4) : _chance.Milliseconds(4000, 20000))) return;
        _told.Remove(site.Name);
        // What is decided is to be carried, and no more.
        var other = Other(site);
        if (site.PairRecord is not { Role: PairRole.Primary } record || other.PairRecord is not { } theirs || theirs.PairEpoch > record.PairEpoch) return;
        if (told == "PeerUnknown") site.ApplyPair(site.Name, overrideFromEpoch: record.PairEpoch.Number);
        else if (record.Operation is { Step: PairStep.Offer } && (IsSteady || _chance.Happens(0.6))) Agree(other, other.Name);
        else if (record.Operation is { Step: PairStep.Offer or PairStep.RollBack })
        {
            Agree(site, site.Name);
            Agree(other, site.Name);
        }
    }

    private static void Agree(SimulatedSite at, string primarySite)
    {
        if (at.Asked != primarySite) at.ApplyPair(primarySite);
    }

    private SimulatedSite Other(SimulatedSite site) => world.Sites.First(s => s != site);
}
