using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Running;

/// <summary>Many seeds, on all cores: each world is one thread's own.</summary>
internal static class Soak
{
    private static readonly TimeSpan Tell = TimeSpan.FromSeconds(10);

    /// <summary>A seed takes less than a second: one that runs for so long may never end.</summary>
    private static readonly TimeSpan Endless = TimeSpan.FromSeconds(60);

    public static int Run(ulong first, ulong count, int sites)
    {
        var totals = Seeds(first, count, sites, Console.WriteLine);
        Console.WriteLine(totals.Coverage);
        Console.WriteLine(totals);
        return totals.Failed.Count == 0 ? 0 : 1;
    }

    public static SoakTotals Seeds(ulong first, ulong count, int sites, Action<string> say)
    {
        var totals = new SoakTotals(sites);
        var running = new ConcurrentDictionary<ulong, TimeSpan>();
        var clock = Stopwatch.StartNew();
        var next = first;
        var told = TimeSpan.Zero;
        void Work()
        {
            while (true)
            {
                var seed = Interlocked.Increment(ref next) - 1;
                if (seed >= first + count) return;
                running[seed] = clock.Elapsed;
                var outcome = new World(Setup.Of(seed, sites)).Run();
                running.TryRemove(seed, out _);
                totals.Add(outcome);
                if (!outcome.IsGood) say($"{outcome}{Environment.NewLine}    {OneSeed.Command(seed, sites, [])}");
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
                say(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds,6:0} s  {totals.Seeds} of {count} seeds, {totals.Failed.Count} failed{string.Concat(running.Where(r => clock.Elapsed - r.Value > Endless).Select(r => $"; seed {r.Key} does not end"))}"));
            }
        totals.Took = clock.Elapsed;
        return totals;
    }
}
