namespace Tandem.Protocol.Arbitration;

/// <summary>How long the arbiter's record has stood still, by one's own clock. The first sight of it counts as a change, whatever times it bears; what others wrote beside it does not.</summary>
public sealed class Standstill
{
    private (ArbiterRecord Record, TimeSpan Since)? _seen;

    /// <param name="now">By a clock that runs on through suspends and knows no jumps.</param>
    public TimeSpan Observe(ArbiterRecord record, TimeSpan now)
    {
        record = record with { SettledBy = null };
        if (_seen is not { } seen || seen.Record != record) _seen = (record, now);
        return now - _seen.Value.Since;
    }
}
