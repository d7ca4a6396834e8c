using Tandem.Sandbox.Demo.Writing;

namespace Tandem.Cluster.Tests.Demo;

/// <summary>The demo's verdict leans on these.</summary>
public sealed class WriteLogTests
{
    private static long At(double seconds) => (long)(seconds * TimeProvider.System.TimestampFrequency);

    private static WriteLog Of(params double[] seconds)
    {
        var log = new WriteLog();
        foreach (var (second, index) in seconds.Select((second, index) => (second, index))) log.Acknowledge(new Acknowledged(index + 1, At(second), (ulong)(100 * (index + 1))));
        return log;
    }

    [Theory]
    [InlineData(1.5, 9, 4)] // between two rows of the window
    [InlineData(2.5, 9, 3.5)] // from the window's begin to its first row
    [InlineData(6, 20, 10)] // from the last row to the window's end: writes that never come back count
    [InlineData(7, 7.5, 0.5)] // no row at all in it
    public void The_longest_gap_is_found_wherever_it_is(double from, double to, double gap) =>
        Assert.Equal(gap, Of(1, 2, 6, 8, 9, 10).LongestGap(At(from), At(to)).TotalSeconds, 3);

    [Fact]
    public void A_row_that_was_acknowledged_and_is_not_stored_is_lost_once()
    {
        var log = Of(1, 2, 3, 4);
        var lost = log.Missing(log.Snapshot(), new HashSet<long> { 1, 2, 4 });
        Assert.Equal([3], lost.Select(row => row.Number));
        Assert.Equal(100u, new ReadBack(log.Snapshot(), lost).LostBytes);
        log.GiveUp(lost);
        Assert.Empty(log.Missing(log.Snapshot(), new HashSet<long> { 1, 2, 4 }));
        Assert.Equal([4], log.Missing(log.Snapshot(), new HashSet<long> { 1, 2 }).Select(row => row.Number));
    }

    [Fact]
    public void Writes_are_back_only_after_they_have_broken_off()
    {
        var log = new WriteLog();
        var since = WriteLog.Now();
        log.Acknowledge(new Acknowledged(1, WriteLog.Now(), 1));
        Assert.Equal("the writer's connection has not broken", log.Unrecovered(since, TimeSpan.Zero));
        log.Break("connection reset");
        Assert.Contains("connection reset", log.Unrecovered(since, TimeSpan.Zero), StringComparison.Ordinal);
        log.Acknowledge(new Acknowledged(2, WriteLog.Now(), 2));
        Assert.Null(log.Unrecovered(since, TimeSpan.Zero));
    }
}
