using Tandem.Operator.Pairs.Reporting;
using Tandem.Resources.Values;
using Tandem.Tests.Support;

namespace Tandem.Tests.Operator.Pairs;

[Requirement("B12")]
public sealed class RecoveryMeterTests
{
    private readonly RecoveryMeter _meter = new();

    private RecoveryEstimate Take(double second, ulong flushed, ulong standby, ulong replayed) =>
        _meter.Take(new StreamSample(TimeSpan.FromSeconds(second), new Lsn(flushed), new Lsn(standby), new Lsn(replayed)));

    [Fact]
    public void What_is_not_known_is_absent_and_never_zero()
    {
        Assert.Equal(new RecoveryEstimate(400, null, null), Take(0, 1000, 600, 500));
        // Nothing moves: what is missing takes nobody knows how long.
        Assert.Equal(new RecoveryEstimate(400, null, null), Take(1, 1000, 600, 500) with { PointSeconds = null });
    }

    [Fact]
    public void Nothing_missing_takes_no_time() => Assert.Equal(new RecoveryEstimate(0, 0, 0), Take(0, 1000, 1000, 1000));

    [Fact]
    public void Rates_are_the_first_reading_and_then_seven_eighths_of_what_was_known()
    {
        Take(0, 0, 0, 0);
        // Written 1000 a second, flushed 500, replayed 250: 500 to flush, 250 more to replay.
        Assert.Equal(new RecoveryEstimate(500, 0.5, 3), Take(1, 1000, 500, 250));
        // Written 3000 in the next second: 1000·7/8 + 3000/8 = 1250.
        Assert.Equal(3000 / 1250.0, Take(2, 4000, 1000, 500).PointSeconds!.Value, 9);
    }

    [Fact]
    public void Readings_close_together_do_not_make_rates_of_noise()
    {
        Take(0, 0, 0, 0);
        Assert.Null(Take(0.1, 1000, 500, 250).PointSeconds);
    }

    [Fact]
    public void A_stream_that_broke_off_begins_anew()
    {
        Take(0, 0, 0, 0);
        Take(1, 1000, 500, 250);
        _meter.Interrupt();
        Assert.Null(Take(2, 2000, 500, 250).PointSeconds);
    }
}
