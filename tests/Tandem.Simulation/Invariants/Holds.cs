using Tandem.Resources.Values;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Invariants;

/// <summary>Whether members keep the holds that they give (protocol, section 4): nothing above its epoch is promised before one ends, whatever happens to whoever gave it [C10b].</summary>
public sealed class Holds(Events events, Action<string, string> report)
{
    /// <summary>What a drifting clock may make of a hold.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<string, List<(Epoch Epoch, TimeSpan Until)>> _given = new(StringComparer.Ordinal);

    /// <param name="claim">Of the volume: a hold binds whoever runs on it.</param>
    /// <param name="until">For as long as the one who asked for it may count on it.</param>
    public void Given(string claim, Epoch epoch, TimeSpan until)
    {
        if (!_given.TryGetValue(claim, out var holds)) _given[claim] = holds = [];
        holds.RemoveAll(h => h.Until <= events.Now);
        if (until - Slack > events.Now) holds.Add((epoch, until - Slack));
    }

    public void Promised(string claim, Epoch epoch, string who)
    {
        foreach (var (held, until) in _given.GetValueOrDefault(claim) ?? [])
            if (held < epoch && until > events.Now)
            {
                report("HoldBroken", $"{who} promises epoch {epoch}, and has given its word for {held} until {until.TotalSeconds:0.000} s");
                return;
            }
    }
}
