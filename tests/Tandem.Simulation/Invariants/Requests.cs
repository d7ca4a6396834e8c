using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Simulation.Invariants;

/// <summary>
/// Whether sites move only as asked (protocol, section 5, Requests): a switchover where the manifests of both sites have changed to name its target since the last one began, a failover at the pair
/// epoch that somebody named at that very site.
/// </summary>
public sealed class Requests(Action<string, string> report)
{
    private readonly SortedDictionary<string, (string Value, bool IsFresh)> _named = new(StringComparer.Ordinal);
    private readonly HashSet<(string Site, long FromEpoch)> _failovers = [];
    private readonly HashSet<(string Site, long FromEpoch)> _overrides = [];
    private readonly Dictionary<(string Site, long Epoch), HashSet<long>> _words = [];
    private readonly Dictionary<(string Site, long Epoch), int> _begun = [];
    private readonly HashSet<string> _wished = [];
    private readonly Dictionary<string, PairRecord> _records = new(StringComparer.Ordinal);

    /// <summary>A manifest was applied. The first one founds: it asks for nothing.</summary>
    /// <param name="fromEpochs">The pair epochs that a failover, or the abandoning of the other site, was asked for at.</param>
    /// <param name="overrideFrom">That an override was asked for at.</param>
    public void Applied(string site, string primarySite, long? overrideFrom, params ReadOnlySpan<long?> fromEpochs)
    {
        if (primarySite == site) _wished.Add(site);
        if (overrideFrom is { } doubted) _overrides.Add((site, doubted));
        foreach (var epoch in fromEpochs)
            if (epoch is { } from) _failovers.Add((site, from));
        if (!_named.TryGetValue(site, out var known)) _named[site] = (primarySite, false);
        else if (known.Value != primarySite) _named[site] = (primarySite, true);
    }

    /// <summary>Without a link nobody sees the other site's manifest: a demotion has a word of its own, and each word has one demotion.</summary>
    public bool ByHand { get; init; }

    /// <summary>A manifest was applied that lets its site demote itself.</summary>
    public void Worded(string site, SwitchoverAttempt word)
    {
        if (!_words.TryGetValue((site, word.Epoch), out var attempts)) _words[(site, word.Epoch)] = attempts = [];
        attempts.Add(word.Attempt);
    }

    public void Recorded(string site, PairRecord record)
    {
        var before = _records.GetValueOrDefault(site);
        _records[site] = record;
        if (record.Operation is { Kind: PairOperationKind.Switchover, Step: PairStep.Lock } operation && before?.Operation?.Id != operation.Id)
        {
            if (ByHand) BegunByHand(site, record.PairEpoch, operation);
            else Begun(site, operation);
        }
        if (record.Outcome is { Kind: PairOutcomeKind.FailedOver, From: { } from } outcome && !outcome.IsAutomatic() && before?.PairEpoch != outcome.To && record.Role == PairRole.Primary) FailedOver(site, from);
        if (ByHand && before is not null && before.PairEpoch != record.PairEpoch)
        {
            if (record.Outcome is { Kind: PairOutcomeKind.Consumed } taken && record.Role == PairRole.Primary) ConsumedByHand(site, taken);
            if (_named.GetValueOrDefault(site).Value != site) _wished.Remove(site);
        }
        if (record.Outcome is { Kind: PairOutcomeKind.Overridden, From: { } doubted } && before?.PairEpoch != record.Outcome.To && record.Role == PairRole.Primary) Overridden(site, doubted);
    }

    private void Overridden(string site, PairEpoch from)
    {
        if (!_overrides.Contains((site, from.Number))) report("OverriddenUnasked", $"{site} has overridden the handover at {from}, and nobody has named that epoch there");
    }

    private void Begun(string site, PairOperation operation)
    {
        // Edited again since it was looked at, a manifest names something else: what it named is fresh all the same.
        var stale = _named.Where(n => n.Value is { IsFresh: false }).Select(n => n.Key).ToList();
        if (stale.Count > 0) report("SwitchedUnasked", $"{site} begins {operation.Kind} {operation.Id} to {operation.Target}, and nobody has changed the manifest of {string.Join(", ", stale)} since the last one");
        // Such an edit is a request of its own, which nothing has answered yet.
        foreach (var name in _named.Keys.ToList()) _named[name] = _named[name] with { IsFresh = _named[name].Value != operation.Target };
    }

    /// <summary>Nobody had locked the site for it: its own manifest had to name it at some time in the pair epoch that was handed over.</summary>
    private void ConsumedByHand(string site, PairOutcome outcome)
    {
        if (!_wished.Contains(site)) report("ConsumedUnasked", $"{site} has taken over at {outcome.To}, and its manifest did not name it in {outcome.From} [S15]");
    }

    private void BegunByHand(string site, PairEpoch epoch, PairOperation operation)
    {
        var begun = _begun[(site, epoch.Number)] = _begun.GetValueOrDefault((site, epoch.Number)) + 1;
        var words = _words.GetValueOrDefault((site, epoch.Number))?.Count ?? 0;
        if (begun > words) report("SwitchedUnasked", $"{site} begins {operation.Kind} {operation.Id} to {operation.Target} in pair epoch {epoch}, the {begun}. one there, and it was asked for {words} times [S15]");
    }

    private void FailedOver(string site, PairEpoch from)
    {
        if (!_failovers.Contains((site, from.Number))) report("FailedOverUnasked", $"{site} has ended pair epoch {from}, and nobody has named that epoch there");
    }
}

internal static class Outcomes
{
    /// <summary>The pair failed over by itself, by its arbiter's word: nobody had to ask.</summary>
    public static bool IsAutomatic(this PairOutcome outcome) => outcome.Message is { } said && said.StartsWith("automatic", StringComparison.Ordinal);
}
