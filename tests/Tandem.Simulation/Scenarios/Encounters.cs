namespace Tandem.Simulation.Scenarios;

/// <summary>Which rules acted in a world, and which kinds of faults each of them met.</summary>
public sealed class Encounters
{
    private readonly List<(string Rule, TimeSpan At)> _acts = [];
    private readonly List<(string Kind, TimeSpan From, TimeSpan To, TimeSpan Aftermath)> _faults = [];

    public void Acted(string rule, TimeSpan at) => _acts.Add((rule, at));

    /// <param name="aftermath">For how long what it has done goes on after it was mended.</param>
    public void Began(string kind, TimeSpan at, TimeSpan lasts, TimeSpan aftermath) => _faults.Add((kind, at, at + lasts + aftermath, aftermath));

    /// <summary>Counted from the first fault on until the aftermath of the last is over, or the world.</summary>
    /// <param name="mended">When everything was.</param>
    public Exposure Until(TimeSpan mended, TimeSpan over)
    {
        if (_faults.Count == 0) return Exposure.None;
        var end = mended + _faults.Max(f => f.Aftermath);
        if (end > over) end = over;
        var begin = _faults.Min(f => f.From);
        var acts = _acts.Where(a => a.At >= begin && a.At < end).ToList();
        var met = new Dictionary<(string, string), int>();
        var shares = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var kind in _faults.GroupBy(f => f.Kind, StringComparer.Ordinal))
        {
            var open = TimeSpan.Zero;
            var until = begin;
            // One of a kind may begin while another is open: together they are open once.
            foreach (var (_, from, to, _) in kind.OrderBy(f => f.From))
            {
                var (first, last) = (from > until ? from : until, to < end ? to : end);
                if (last <= first) continue;
                open += last - first;
                until = last;
                foreach (var (rule, at) in acts)
                    if (at >= first && at < last)
                        met[(rule, kind.Key)] = met.GetValueOrDefault((rule, kind.Key)) + 1;
            }
            shares[kind.Key] = open / (end - begin);
        }
        return new Exposure(acts.CountBy(a => a.Rule, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal), shares, met);
    }
}

/// <param name="Acts">How often each rule acted while things went wrong.</param>
/// <param name="Shares">For what part of that time each kind of fault was there.</param>
/// <param name="Met">How often each rule acted while a fault of each kind was there.</param>
public sealed record Exposure(IReadOnlyDictionary<string, int> Acts, IReadOnlyDictionary<string, double> Shares, IReadOnlyDictionary<(string Rule, string Kind), int> Met)
{
    public static readonly Exposure None = new(new Dictionary<string, int>(), new Dictionary<string, double>(), new Dictionary<(string, string), int>());
}
