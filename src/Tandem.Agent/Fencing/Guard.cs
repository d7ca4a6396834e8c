using Microsoft.Extensions.Logging;
using Tandem.Resources.Values;

namespace Tandem.Agent.Fencing;

/// <summary>
/// The self-fence (protocol, section 4): kills the server at a deadline that only a renewal of the lease, or the members' word, puts off. It runs on a thread
/// of its own and by the boot clock, so that neither a blocked loop, nor a starved thread pool, nor a change of the wall clock can put it off.
/// A pause of the whole machine can outlast it by the pause's end to its next tick: only a hardware watchdog closes that.
/// </summary>
public sealed class Guard : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private readonly Action _kill;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ManualResetEventSlim _ended = new(false);
    private readonly Lock _lock = new();
    private (Epoch Epoch, TimeSpan Deadline)? _armed;

    public Guard(Action kill, TimeProvider time, ILogger logger)
    {
        (_kill, _time, _logger) = (kill, time, logger);
        new Thread(Watch) { IsBackground = true, Name = "guard", Priority = ThreadPriority.Highest }.Start();
    }

    /// <summary>Until when the server may run; null while no read-write server is guarded.</summary>
    public TimeSpan? Deadline { get { lock (_lock) return _armed?.Deadline; } }

    /// <summary>How often it has killed.</summary>
    public int Fired { get; private set; }

    /// <summary>Arms the guard, or puts its deadline off; never brings it forward within one epoch.</summary>
    /// <returns>False where the deadline has passed already: then nothing may be started.</returns>
    public bool Extend(Epoch epoch, TimeSpan deadline)
    {
        lock (_lock)
        {
            if (deadline <= _time.BootTime()) return false;
            if (_armed is { } armed && armed.Epoch == epoch && armed.Deadline >= deadline) return true;
            _armed = (epoch, deadline);
            return true;
        }
    }

    /// <summary>Only once no read-write server runs.</summary>
    public void Disarm()
    {
        lock (_lock) _armed = null;
    }

    public void Dispose() => _ended.Set();

    private void Watch()
    {
        while (!_ended.Wait(Tick))
        {
            Epoch epoch;
            lock (_lock)
            {
                if (_armed is not { } armed || _time.BootTime() < armed.Deadline) continue;
                epoch = armed.Epoch;
                _armed = null;
                // Killed under the lock: nobody can start a server on this grant in between.
                _kill();
                Fired++;
            }
            Log.SelfFenced(_logger, epoch);
        }
    }
}

public static class BootTimeExtensions
{
    /// <summary>Time since boot by a provider whose timestamps run on through suspend.</summary>
    public static TimeSpan BootTime(this TimeProvider time) => TimeSpan.FromSeconds((double)time.GetTimestamp() / time.TimestampFrequency);
}
