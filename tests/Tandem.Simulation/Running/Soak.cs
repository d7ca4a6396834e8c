using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Running;

/// <summary>Many seeds, on all cores: each world is one thread's own.</summary>
internal static class Soak
{
    private static readonly TimeSpan Tell = TimeSpan.FromSeconds(10);

    public static int Run(ulong first, ulong count, int sites)
    {
        var totals = Seeds(first, count, sites, Console.WriteLine);
        Console.WriteLine(totals.Coverage);
        Console.WriteLine(totals);
        return totals.Failed.Count == 0 ? 0 : 1;
    }

    public static SoakTotals Seeds(ulong first, ulong count, int sites, Action<string> say)
    {
        var outcomes = new ConcurrentBag<Outcome>();
        var failed = new ConcurrentBag<Outcome>();
        var clock = Stopwatch.StartNew();
        var next = first;
        var told = TimeSpan.Zero;
        void Work()
        {
            while (true)
            {
                var seed = Interlocked.Increment(ref next) - 1;
                if (seed >= first + count) return;
                var outcome = new World(Setup.Of(seed, sites)).Run();
                outcomes.Add(outcome);
                if (outcome.IsGood) continue;
                failed.Add(outcome);
                say($"{outcome}{Environment.NewLine}    {OneSeed.Command(seed, sites, [])}");
            }
        }

        // Threads of their own: a world checks that nothing leaves its thread.
        var workers = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work, maxStackSize: 16 << 20)).ToList();
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers)
            while (!worker.Join(TimeSpan.FromSeconds(1)))
            {
                if (clock.Elapsed - told < Tell) continue;
                told = clock.Elapsed;
                say(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds,6:0} s  {outcomes.Count} of {count} seeds, {failed.Count} failed"));
            }
        return new SoakTotals(sites, [.. outcomes.OrderBy(o => o.Seed)], [.. failed.OrderBy(o => o.Seed)], clock.Elapsed);
    }
}

/// <summary>What came of many seeds.</summary>
internal sealed record SoakTotals(int Sites, IReadOnlyList<Outcome> Outcomes, IReadOnlyList<Outcome> Failed, TimeSpan Took)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Outcomes.Count} seeds over {Sites} site(s) in {Took.TotalSeconds:0} s: {Failed.Count} failed; {Outcomes.Sum(o => o.Events)} events, {Outcomes.Sum(o => o.Simulated.TotalHours):0.0} h simulated, {Outcomes.Sum(o => (long)o.Kept)} commits kept, {Outcomes.Sum(o => (long)o.Openings)} primaries, {Outcomes.Count(o => o.PersonNeeded is not null)} held for a person; settled after {Percentile(50):0.0} s (half), {Percentile(99):0.0} s (99 of 100)");

    public RuleCoverage Coverage { get; } = new(Outcomes.Select(o => o.Exposure));

    private double Percentile(int percent)
    {
        var settled = Outcomes.Where(o => o.SettledAfter is not null).Select(o => o.SettledAfter!.Value.TotalSeconds).Order().ToList();
        return settled.Count == 0 ? 0 : settled[(settled.Count - 1) * percent / 100];
    }
}
