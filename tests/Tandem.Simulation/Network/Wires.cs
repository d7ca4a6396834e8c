using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Network;

/// <summary>
/// What lies between two places (machines, API servers, the arbiter, clients): delay, loss, and cuts, each in one direction. A message that meets a cut waits as TCP does: it arrives
/// after the cut is mended, perhaps long after its sender has given up, or never.
/// </summary>
public sealed class Wires(Events events, Chance chance, Func<string, string, bool> isFar)
{
    /// <summary>A connection that could not deliver for so long is over.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    /// <summary>Several such faults at once are not minutes of delay.</summary>
    private const double SlowestOfAll = 60;

    /// <summary>Nor does nothing at all arrive: that is a cut.</summary>
    private const double MostLost = 0.9;

    private static readonly TimeSpan Retransmission = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<(string From, string To), int> _cuts = [];
    private readonly Dictionary<(string From, string To), TimeSpan> _mendedAt = [];
    private readonly Dictionary<(string From, string To), List<(TimeSpan Since, Action Arrive)>> _stuck = [];

    /// <summary>Probability that a message has to be sent again, which delays it.</summary>
    public double Loss { get; set; }

    /// <summary>All delays times this.</summary>
    public double Slowness { get; set; } = 1;

    public bool IsOpen(string from, string to) => _cuts.GetValueOrDefault((from, to)) == 0;

    /// <summary>For how long it has been open in both directions; zero: it is not.</summary>
    public TimeSpan OpenFor(string one, string other) =>
        IsOpen(one, other) && IsOpen(other, one) ? events.Now - TimeSpan.FromTicks(Math.Max(_mendedAt.GetValueOrDefault((one, other)).Ticks, _mendedAt.GetValueOrDefault((other, one)).Ticks)) : TimeSpan.Zero;

    /// <summary>One direction. Cuts count: each is to be mended.</summary>
    public void Cut(string from, string to) => _cuts[(from, to)] = _cuts.GetValueOrDefault((from, to)) + 1;

    public void Mend(string from, string to)
    {
        if (!_cuts.TryGetValue((from, to), out var count)) return;
        if (count > 1)
        {
            _cuts[(from, to)] = count - 1;
            return;
        }
        _cuts.Remove((from, to));
        _mendedAt[(from, to)] = events.Now;
        if (!_stuck.Remove((from, to), out var stuck)) return;
        foreach (var (since, arrive) in stuck)
            if (events.Now - since < Patience * chance.NextDouble() * 2)
                events.After(Delay(from, to) + chance.Milliseconds(0, 400), arrive);
    }

    /// <summary>Has <paramref name="arrive"/> called when the message is there, or never.</summary>
    public void Send(string from, string to, Action arrive)
    {
        if (IsOpen(from, to))
        {
            // What was cut off under way is stuck too.
            events.After(Delay(from, to), () =>
            {
                if (IsOpen(from, to)) arrive();
                else Stick(from, to, arrive);
            });
        }
        else
        {
            Stick(from, to, arrive);
        }
    }

    private void Stick(string from, string to, Action arrive)
    {
        if (!_stuck.TryGetValue((from, to), out var stuck)) _stuck[(from, to)] = stuck = [];
        stuck.Add((events.Now, arrive));
    }

    public TimeSpan Delay(string from, string to)
    {
        if (from == to) return chance.Milliseconds(0.02, 0.1);
        var delay = (isFar(from, to) ? chance.Milliseconds(4, 15) : chance.Milliseconds(0.1, 0.8)) * Math.Min(Slowness, SlowestOfAll);
        while (chance.Happens(Math.Min(Loss, MostLost))) delay += Retransmission;
        return delay;
    }
}
