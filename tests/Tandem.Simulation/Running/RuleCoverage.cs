using System.Globalization;
using System.Text;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Running;

/// <summary>
/// Which rules have met which kinds of faults, over many seeds. By chance alone a rule that acts so often in a seed, and a fault that is there for such a part of its time, meet so many times; where
/// that comes to many times over all seeds, and they have never met, it is not chance: the generator keeps them apart.
/// </summary>
internal sealed class RuleCoverage
{
    /// <summary>By chance so often: then it is not by chance that it is never. So many acts of a rule come in bursts that a lower number would tell of those.</summary>
    private const double Often = 10;

    private readonly SortedDictionary<string, int> _acts = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _kinds = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Rule, string Kind), double> _expected = [];
    private readonly Dictionary<(string Rule, string Kind), int> _met = [];

    public RuleCoverage(IEnumerable<Exposure> exposures)
    {
        foreach (var exposure in exposures)
        {
            foreach (var (rule, acts) in exposure.Acts) _acts[rule] = _acts.GetValueOrDefault(rule) + acts;
            foreach (var (kind, share) in exposure.Shares)
            {
                _kinds.Add(kind);
                foreach (var (rule, acts) in exposure.Acts) _expected[(rule, kind)] = _expected.GetValueOrDefault((rule, kind)) + acts * share;
            }
            foreach (var (pair, times) in exposure.Met) _met[pair] = _met.GetValueOrDefault(pair) + times;
        }
    }

    /// <summary>Pairs that have never met, though by chance they should have so many times.</summary>
    public IReadOnlyList<string> Missing =>
        [.. _expected.Where(e => e.Value >= Often && !_met.ContainsKey(e.Key)).OrderByDescending(e => e.Value).Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Key.Rule} and {e.Key.Kind} ({e.Value:0} times by chance)"))];

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
