namespace Tandem.Simulation.Kernel;

/// <summary>
/// The clocks of one machine. Its boot clock drifts and never jumps; its wall clock may jump. Both are wrong against the world's time and against each other's.
/// </summary>
public sealed class MachineClock(Events events, double drift, TimeSpan bootOffset, TimeSpan wallOffset)
{
    private static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far the wall clock is off now.</summary>
    public TimeSpan WallOffset { get; private set; } = wallOffset;

    public TimeSpan Boot => bootOffset + events.Now * (1 + drift);
    public DateTimeOffset Wall => Epoch + events.Now + WallOffset;

    public void JumpWall(TimeSpan by) => WallOffset += by;

    /// <summary>In the world's time, what this machine takes for so long.</summary>
    public TimeSpan ToWorld(TimeSpan here) => here / (1 + drift);
}
