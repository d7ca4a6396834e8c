namespace Tandem.Tests.Postgres.Support;

internal static class Eventually
{
    /// <summary>Looks until <paramref name="look"/> gives something that fits, and fails with the last thing seen.</summary>
    public static async Task<T> SeesAsync<T>(Func<Task<T>> look, Func<T, bool> fits, string what, double seconds = 60)
    {
        var until = TimeProvider.System.GetTimestamp() + (long)(seconds * TimeProvider.System.TimestampFrequency);
        while (true)
        {
            var seen = await look();
            if (fits(seen)) return seen;
            Assert.True(TimeProvider.System.GetTimestamp() < until, $"{what}: not within {seconds} s, last seen: {seen}");
            await Task.Delay(10);
        }
    }
}
