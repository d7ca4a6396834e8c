using System.Globalization;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Running;

/// <summary>What came of many seeds. Sums, and of the failed ones all: hundreds of thousands are more than a collector of garbage likes to look through.</summary>
internal sealed class SoakTotals(int sites)
{
    private readonly Lock _gate = new();
    private readonly List<Outcome> _failed = [];
    private readonly List<float> _settledAfter = [];
    private TimeSpan _simulated;
    private long _events;
    private int _held;

    public int Seeds { get; private set; }
    public long Kept { get; private set; }
    public long Openings { get; private set; }
    public RuleCoverage Coverage { get; } = new();
    public TimeSpan Took { get; set; }

    /// <summary>By their numbers.</summary>
    public IReadOnlyList<Outcome> Failed
    {
        get
        {
            lock (_gate) return [.. _failed.OrderBy(o => o.Seed)];
        }
    }

    /// <summary>From any thread.</summary>
    public void Add(Outcome outcome)
    {
        lock (_gate)
        {
            Seeds++;
            Kept += outcome.Kept;
            Openings += outcome.Openings;
            _events += outcome.Events;
            _simulated += outcome.Simulated;
            if (outcome.PersonNeeded is not null) _held++;
            if (outcome.SettledAfter is { } settled) _settledAfter.Add((float)settled.TotalSeconds);
            if (!outcome.IsGood) _failed.Add(outcome);
            Coverage.Add(outcome.Exposure);
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Seeds} seeds over {sites} site(s) in {Took.TotalSeconds:0} s: {_failed.Count} failed; {_events} events, {_simulated.TotalHours:0.0} h simulated, {Kept} commits kept, {Openings} primaries, {_held} held for a person; settled after {Percentile(50):0.0} s (half), {Percentile(99):0.0} s (99 of 100)");

    private double Percentile(int percent)
    {
        var settled = _settledAfter.Order().ToList();
        return settled.Count == 0 ? 0 : settled[(settled.Count - 1) * percent / 100];
    }
}
