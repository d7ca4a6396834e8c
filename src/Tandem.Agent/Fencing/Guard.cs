using Microsoft.Extensions.Logging;
using Tandem.Protocol.Clocks;
using Tandem.Resources.Values;

namespace Tandem.Agent.Fencing;

/// <summary>
/// The self-fence (protocol, section 4): kills the server at a deadline that only a renewal of the lease, or the members' word, puts off. By the boot clock, so that
/// no change of the wall clock can put it off. Somebody must look at it every <see cref="Tick"/>: <see cref="GuardThread"/>.
/// </summary>
public sealed class Guard(Action kill, TimeProvider time, ILogger logger)
{
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private (Epoch Epoch, TimeSpan Deadline)? _armed;
    private TimeSpan? _arbiter;

    /// <summary>Until when the server may run; null while no read-write server is guarded.</summary>
    public TimeSpan? Deadline { get { lock (_lock) return _armed is { } armed ? Earlier(armed.Deadline) : null; } }

    /// <summary>How often it has killed.</summary>
    public int Fired { get; private set; }

    /// <summary>Arms the guard, or puts its deadline off; never brings it forward within one epoch.</summary>
    /// <returns>False where the deadline has passed already: then nothing may be started.</returns>
    public bool Extend(Epoch epoch, TimeSpan deadline)
    {
        lock (_lock)
        {
            if (Earlier(deadline) <= time.BootTime()) return false;
            if (_armed is { } armed && armed.Epoch == epoch && armed.Deadline >= deadline) return true;
            _armed = (epoch, deadline);
            return true;
        }
    }

    /// <summary>
    /// From now on no server runs past <paramref name="deadline"/> without the arbiter's lease, whatever else vouches for it. Called before the first request for that lease is sent: however that
    /// ends, it may have landed, and the other site counts from there.
    /// </summary>
    public void Bind(TimeSpan deadline)
    {
        lock (_lock) _arbiter ??= deadline;
    }

    /// <summary>The lease was renewed.</summary>
    public void ExtendBinding(TimeSpan deadline)
    {
        lock (_lock)
            if (_arbiter is not { } bound || deadline > bound)
                _arbiter = deadline;
    }

    /// <summary>Only once the arbiter itself says that nobody holds the lease.</summary>
    public void Unbind()
    {
        lock (_lock) _arbiter = null;
    }

    /// <summary>Only once no read-write server runs.</summary>
    public void Disarm()
    {
        lock (_lock) _armed = null;
    }

    /// <summary>Kills the server if its deadline has passed. Returns when it is dead.</summary>
    public void Look()
    {
        Epoch epoch;
        lock (_lock)
        {
            if (_armed is not { } armed || time.BootTime() < Earlier(armed.Deadline)) return;
            epoch = armed.Epoch;
            _armed = null;
            // Killed under the lock: nobody can start a server on this grant in between.
            kill();
            Fired++;
        }
        Log.SelfFenced(logger, epoch);
    }

    private TimeSpan Earlier(TimeSpan deadline) => _arbiter is { } bound && bound < deadline ? bound : deadline;
}
