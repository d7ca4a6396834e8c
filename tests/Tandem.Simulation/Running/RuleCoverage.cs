using System.Globalization;
using System.Text;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Running;

/// <summary>
/// Which rules have met which kinds of faults, over many seeds. In a seed where a rule acts, and a fault is there for some part of the time, they miss each other by chance as often as the rest of the time
/// says: once, however often the rule acts, since its acts come in bursts. Where missing each other in all seeds is as unlikely as that, it is not chance: the generator keeps them apart.
/// </summary>
internal sealed class RuleCoverage
{
    /// <summary>Less likely than this is not by chance: of the thousands of pairs few are as likely to be missed at all.</summary>
    private const double Unlikely = 1e-4;

    private readonly SortedDictionary<string, int> _acts = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _kinds = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Rule, string Kind), double> _missed = [];
    private readonly Dictionary<(string Rule, string Kind), int> _met = [];

    /// <summary>What came together in one more seed.</summary>
    public void Add(Exposure exposure)
    {
        foreach (var (rule, acts) in exposure.Acts) _acts[rule] = _acts.GetValueOrDefault(rule) + acts;
        foreach (var (kind, share) in exposure.Shares)
        {
            _kinds.Add(kind);
            foreach (var rule in exposure.Acts.Keys) _missed[(rule, kind)] = _missed.GetValueOrDefault((rule, kind), 1) * (1 - share);
        }
        foreach (var (pair, times) in exposure.Met) _met[pair] = _met.GetValueOrDefault(pair) + times;
    }

    /// <summary>Pairs that have never met, and how likely that was.</summary>
    public IReadOnlyList<string> Missing =>
        [.. _missed.Where(m => m.Value < Unlikely && !_met.ContainsKey(m.Key)).OrderBy(m => m.Value).Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Key.Rule} and {m.Key.Kind} (by chance {m.Value:0e+0})"))];

    /// <summary>A line for each rule: how often it acted while things went wrong, how many kinds of faults it met then, and which it met least.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{_acts.Count} rules, {_kinds.Count} kinds of faults; {_met.Count} of {_acts.Count * _kinds.Count} pairs were exercised");
        text.AppendLine(CultureInfo.InvariantCulture, $"{"rule",-28} {"acted",8} {"faults met",11}  least often");
        foreach (var (rule, acts) in _acts)
        {
            var times = _kinds.Select(k => (Kind: k, Times: _met.GetValueOrDefault((rule, k)))).OrderBy(k => k.Times).ToList();
            text.AppendLine(CultureInfo.InvariantCulture, $"{rule,-28} {acts,8} {times.Count(t => t.Times > 0),8}/{times.Count}  {string.Join(", ", times.Take(3).Select(t => $"{t.Kind} {t.Times}"))}");
        }
        text.Append(CultureInfo.InvariantCulture, $"never together, and not by chance: {(Missing.Count == 0 ? "none" : string.Join(", ", Missing))}");
        return text.ToString();
    }
}
