namespace Tandem.Tests.Agent.Fencing;

/// <summary>A boot clock that the test turns by hand.</summary>
internal sealed class TurnedClock : TimeProvider
{
    public TimeSpan Now { get; set; }
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp() => Now.Ticks;
}
