using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Running;

/// <summary>
/// Makes a failing seed short: leaves out planned faults, many at a time and then fewer (delta debugging, Zeller 1999), for as long as the same rule is broken. What is left happens at the
/// times at which it always happened.
/// </summary>
internal static class Shrinking
{
    public static int Run(ulong seed, int sites)
    {
        if (Try(seed, sites, []) is not { } rule)
        {
            Console.WriteLine($"seed {seed} breaks nothing");
            return 0;
        }
        var without = Shrink(seed, sites, rule, Console.WriteLine);
        Console.WriteLine(OneSeed.Command(seed, sites, without));
        return 1;
    }

    /// <returns>Numbers of the faults that do not matter.</returns>
    public static IReadOnlyCollection<int> Shrink(ulong seed, int sites, string rule, Action<string> say)
    {
        var kept = Enumerable.Range(0, new World(Setup.Of(seed, sites)).Plan.Count).ToList();
        var all = kept.ToList();
        for (var size = Math.Max(1, kept.Count / 2); ; size = Math.Max(1, size / 2))
        {
            var shrunk = false;
            for (var i = 0; i < kept.Count;)
            {
                var fewer = kept.Where((_, place) => place < i || place >= i + size).ToList();
                if (Try(seed, sites, [.. all.Except(fewer)]) == rule)
                {
                    kept = fewer;
                    shrunk = true;
                    say($"{rule} with {kept.Count} of {all.Count} faults");
                }
                else
                {
                    i += size;
                }
            }
            if (size == 1 && !shrunk) return [.. all.Except(kept)];
        }
    }

    private static string? Try(ulong seed, int sites, IReadOnlyCollection<int> without) => new World(Setup.Of(seed, sites), null, without).Run().Violations.FirstOrDefault()?.Rule;
}
