namespace Tandem.Postgres.Processes;

/// <summary>
/// Time by CLOCK_BOOTTIME: monotonic, and it runs on while the machine is suspended, which the guard of self-fencing needs (protocol, section 4).
/// Timers and the wall clock are those of <see cref="TimeProvider.System"/>.
/// </summary>
public sealed class BootClock : TimeProvider
{
    public static readonly BootClock Instance = new();

    public override long TimestampFrequency => 1_000_000_000;

    /// <summary>Nanoseconds since boot.</summary>
    public override long GetTimestamp()
    {
        if (Libc.ClockGetTime(Libc.ClockBoottime, out var now) != 0) throw new InvalidOperationException("CLOCK_BOOTTIME is not there");
        return now.Seconds * 1_000_000_000 + now.Nanoseconds;
    }
}
