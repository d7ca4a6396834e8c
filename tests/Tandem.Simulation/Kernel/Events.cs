using System.Diagnostics.CodeAnalysis;

namespace Tandem.Simulation.Kernel;

/// <summary>
/// What is going to happen, in order of simulated time; of two things at one instant the one that was planned first comes first. One thread, one heap: so a seed repeats itself.
/// </summary>
public sealed class Events
{
    private readonly PriorityQueue<Planned, (long At, long Sequence)> _heap = new();

    /// <summary>Most of what is planned is to happen at once, after all that was planned for now before it: no heap is needed for that.</summary>
    private readonly Queue<(Planned Planned, long Sequence)> _now = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _sequence;

    /// <summary>Since the beginning of the simulation.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>The simulation has ended: whatever is still planned never happens.</summary>
    public bool IsOver { get; private set; }

    public void End()
    {
        IsOver = true;
        _heap.Clear();
        _now.Clear();
    }

    /// <summary>How many events have happened.</summary>
    public long Count { get; private set; }

    /// <summary>A figure over all that has happened so far, and when: two runs that differ in anything differ here.</summary>
    public ulong Digest { get; private set; } = 14695981039346656037;

    /// <exception cref="InvalidOperationException">Called on another thread: something in the simulated code has left the simulation, and nothing would repeat itself any more.</exception>
    public Planned At(TimeSpan when, Action happening)
    {
        if (IsOver) return new Planned(happening);
        if (Environment.CurrentManagedThreadId != _thread) throw new InvalidOperationException("simulated code runs on another thread");
        var planned = new Planned(happening);
        if (when <= Now) _now.Enqueue((planned, _sequence++));
        else _heap.Enqueue(planned, (when.Ticks, _sequence++));
        return planned;
    }

    public Planned After(TimeSpan delay, Action happening) => At(Now + delay, happening);

    /// <summary>Lets the next thing happen.</summary>
    /// <returns>False where nothing is planned any more, or nothing before <paramref name="end"/>; then it is that time.</returns>
    public bool Step(TimeSpan end)
    {
        while (Next(end.Ticks, out var planned, out var key))
        {
            if (planned.Take() is not { } happening) continue;
            Now = new TimeSpan(key.At);
            Count++;
            Note(key.At);
            Note(key.Sequence);
            happening();
            return true;
        }
        if (Now < end) Now = end;
        return false;
    }

    private bool Next(long end, [MaybeNullWhen(false)] out Planned planned, out (long At, long Sequence) key)
    {
        var isPlanned = _heap.TryPeek(out planned, out key);
        if (_now.TryPeek(out var first) && !(isPlanned && key.CompareTo((Now.Ticks, first.Sequence)) < 0))
        {
            (planned, key) = (first.Planned, (Now.Ticks, first.Sequence));
            _now.Dequeue();
            return true;
        }
        if (!isPlanned || key.At > end) return false;
        planned = _heap.Dequeue();
        return true;
    }

    /// <summary>Mixes something into <see cref="Digest"/> (FNV-1a).</summary>
    public void Note(long value) => Digest = (Digest ^ (ulong)value) * 1099511628211;

    /// <summary>Something that is planned, until it has happened or is called off.</summary>
    public sealed class Planned(Action happening)
    {
        private Action? _happening = happening;

        public void Cancel() => _happening = null;

        internal Action? Take()
        {
            var taken = _happening;
            _happening = null;
            return taken;
        }
    }
}
