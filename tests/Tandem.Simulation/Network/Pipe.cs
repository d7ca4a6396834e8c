using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Network;

/// <summary>One direction of a TCP connection: everything arrives in order; in a cut it waits, and is sent again, for as long as neither end gives up.</summary>
public sealed class Pipe(Events events, Wires wires, string from, string to)
{
    private static readonly TimeSpan Retransmission = TimeSpan.FromMilliseconds(200);
    private readonly Queue<(TimeSpan At, Action Arrive)> _queue = new();
    private TimeSpan _last;
    private bool _delivering;

    public bool IsBroken { get; private set; }

    public void Send(Action arrive)
    {
        if (IsBroken) return;
        var at = events.Now + wires.Delay(from, to);
        _last = at > _last ? at : _last;
        _queue.Enqueue((_last, arrive));
        if (_delivering) return;
        _delivering = true;
        events.At(_last, Deliver);
    }

    /// <summary>Nothing arrives any more.</summary>
    public void Break()
    {
        IsBroken = true;
        _queue.Clear();
    }

    private void Deliver()
    {
        while (!IsBroken && _queue.TryPeek(out var head) && head.At <= events.Now)
        {
            if (!wires.IsOpen(from, to))
            {
                events.After(Retransmission, Deliver);
                return;
            }
            _queue.Dequeue();
            head.Arrive();
        }
        if (IsBroken || _queue.Count == 0) _delivering = false;
        else events.At(_queue.Peek().At, Deliver);
    }
}
