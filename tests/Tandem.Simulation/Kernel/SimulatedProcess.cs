using Microsoft.Extensions.Logging;

namespace Tandem.Simulation.Kernel;

/// <summary>
/// One process: a thread on which one thing runs after another, with the clocks of its machine. Real code runs in it, since every await comes back through
/// <see cref="SynchronizationContext"/>, and every wait goes through <see cref="Time"/>. It can be paused, and killed between any two continuations: what it awaited then never returns.
/// </summary>
public sealed class SimulatedProcess : SynchronizationContext
{
    private readonly Events _events;
    private readonly Trace _trace;
    private readonly List<(SendOrPostCallback Work, object? State)> _held = [];
    private int _pauses;

    public SimulatedProcess(string name, Events events, MachineClock clock, Chance chance, Trace trace)
    {
        (Name, _events, Clock, Chance, _trace) = (name, events, clock, chance, trace);
        BegunAt = events.Now;
        Time = new ProcessTime(this);
        Logger = new TraceLogger(name, trace);
    }

    public string Name { get; }

    /// <summary>In simulated time.</summary>
    public TimeSpan BegunAt { get; }
    public MachineClock Clock { get; }
    public Chance Chance { get; }
    public TimeProvider Time { get; }
    public ILogger Logger { get; }
    public bool IsDead { get; private set; }
    public bool IsPaused => _pauses > 0;

    /// <summary>When its last pause ended, in simulated time.</summary>
    public TimeSpan ResumedAt { get; private set; }

    /// <summary>What an exception that nobody caught says; the process is dead then, as a real one would be.</summary>
    public Exception? Crash { get; private set; }

    /// <summary>Raised once, when it has ended, in whatever way.</summary>
    public event Action? Ended;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!IsDead) _events.At(_events.Now, () => RunNow(d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("nobody waits for this thread by blocking");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Has this done by the process: soon, or when it is resumed.</summary>
    public void Run(Action work) => Post(Invoke, work);

    /// <summary>Has this done by the process after so long by the world's time.</summary>
    public Events.Planned After(TimeSpan delay, Action work) => _events.After(delay, () => RunNow(Invoke, work));

    /// <summary>As SIGSTOP, a stalled virtual machine or a blocked system call: nothing runs until as many <see cref="Resume"/>.</summary>
    public void Pause() => _pauses++;

    public void Resume()
    {
        if (_pauses == 0 || --_pauses > 0) return;
        ResumedAt = _events.Now;
        var held = _held.ToList();
        _held.Clear();
        foreach (var (work, state) in held) Post(work, state);
    }

    /// <summary>Blocks the thread for so long, from the end of what runs now.</summary>
    public void Stall(TimeSpan duration)
    {
        if (duration <= TimeSpan.Zero || IsDead) return;
        Pause();
        _events.After(duration, Resume);
    }

    public void Kill()
    {
        if (IsDead) return;
        IsDead = true;
        _held.Clear();
        Ended?.Invoke();
    }

    private static void Invoke(object? work) => ((Action)work!)();

    private void RunNow(SendOrPostCallback work, object? state)
    {
        if (IsDead) return;
        if (IsPaused)
        {
            _held.Add((work, state));
            return;
        }
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            work(state);
        }
        catch (Exception exception)
        {
            Crash = exception;
            if (_trace.IsOn) _trace.Write(Name, $"crashes: {exception}");
            Kill();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private sealed class ProcessTime(SimulatedProcess process) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override long GetTimestamp() => process.Clock.Boot.Ticks;
        public override DateTimeOffset GetUtcNow() => process.Clock.Wall;
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new ProcessTimer(process, callback, state);
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private sealed class ProcessTimer(SimulatedProcess process, TimerCallback callback, object? state) : ITimer
    {
        private Events.Planned? _planned;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _planned?.Cancel();
            _planned = dueTime == Timeout.InfiniteTimeSpan ? null : process._events.After(process.Clock.ToWorld(dueTime), () => Fire(period));
            return true;
        }

        public void Dispose() => _planned?.Cancel();

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(TimeSpan period)
        {
            _planned = null;
            if (process.IsDead) return;
            if (period > TimeSpan.Zero) _planned = process._events.After(process.Clock.ToWorld(period), () => Fire(period));
            process.RunNow(_ => callback(state), null);
        }
    }
}
