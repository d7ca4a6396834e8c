using System.Diagnostics;
using Tandem.Simulation.Running;
using Tandem.Simulation.Scenarios;
using Xunit;
using Xunit.Abstractions;

namespace Tandem.Simulation;

/// <summary>The seeds of the test command: the same ones each time, so that a failure is the change's and not the day's. New ones are a soak's.</summary>
public sealed class SeedsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, 1000)]
    [InlineData(2, 1000)]
    public void Nothing_that_was_promised_is_lost_and_everything_comes_back(int sites, int count)
    {
        var totals = Soak.Seeds(1, (ulong)count, sites, output.WriteLine);
        output.WriteLine($"{totals.Coverage}{Environment.NewLine}{totals}");
        Console.WriteLine(totals);
        Assert.True(totals.Failed.Count == 0, string.Join(Environment.NewLine, totals.Failed.Select(o => $"{o}{Environment.NewLine}    {OneSeed.Command(o.Seed, sites, [])}")));
        // A generator that does nothing finds nothing.
        Assert.True(totals.Kept > count * 50 && totals.Openings > count * 3L / 2, totals.ToString());
        Assert.Empty(totals.Coverage.Missing);
    }

    /// <summary>Every seed that ever failed, with what it was.</summary>
    public static TheoryData<ulong, int, string> Regressions()
    {
        var data = new TheoryData<ulong, int, string>();
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Regressions", "seeds.txt")))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            var parts = line.Split(' ', 3);
            data.Add(ulong.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), parts[2]);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Regressions))]
    public void A_seed_that_failed_once_does_not_again(ulong seed, int sites, string what)
    {
        var outcome = OnThreadOfItsOwn(() => new World(Setup.Of(seed, sites)).Run());
        Assert.True(outcome.IsGood, $"{what}: {outcome}");
    }

    [Theory]
    [InlineData(11, 1)]
    [InlineData(12, 2)]
    public async Task The_same_seed_tells_the_same_story_byte_for_byte_in_two_processes(int seed, int sites)
    {
        string[] arguments = [typeof(SeedsTests).Assembly.Location, "seed", $"{seed}", .. sites > 1 ? ["--pair"] : Array.Empty<string>(), "--trace"];
        var stories = await Task.WhenAll(TellAsync(arguments), TellAsync(arguments));
        Assert.True(stories[0].Length > 5000, stories[0]);
        Assert.Equal(stories[0], stories[1]);
    }

    private static async Task<string> TellAsync(string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true }) ?? throw new InvalidOperationException("dotnet does not start");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            var story = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return story;
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    internal static T OnThreadOfItsOwn<T>(Func<T> work)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        }, maxStackSize: 16 << 20);
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException(failure.Message, failure);
    }
}
