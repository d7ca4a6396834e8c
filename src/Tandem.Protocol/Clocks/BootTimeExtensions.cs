namespace Tandem.Protocol.Clocks;

public static class BootTimeExtensions
{
    /// <summary>Time since boot by a provider whose timestamps run on through suspend: what lasts is measured by it, since a clock on the wall is set back, and would have it last as much longer.</summary>
    public static TimeSpan BootTime(this TimeProvider time) => TimeSpan.FromSeconds((double)time.GetTimestamp() / time.TimestampFrequency);
}
