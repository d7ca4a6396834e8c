using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Running;

/// <summary>One seed, once: to look at it.</summary>
internal static class OneSeed
{
    public static int Run(ulong seed, int sites, IReadOnlyCollection<int> without, bool traced)
    {
        var outcome = new World(Setup.Of(seed, sites), traced ? Console.Out : null, without).Run();
        Console.WriteLine(outcome);
        return outcome.IsGood ? 0 : 1;
    }

    /// <summary>The command that repeats it, with all that was seen of it.</summary>
    public static string Command(ulong seed, int sites, IReadOnlyCollection<int> without) =>
        $"dotnet run --project tests/Tandem.Simulation -c Release -- seed {seed}{(sites > 1 ? " --pair" : "")}{(without.Count > 0 ? $" --without {string.Join(',', without)}" : "")} --trace";
}
