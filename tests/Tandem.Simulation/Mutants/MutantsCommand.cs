using System.Diagnostics;
using System.Globalization;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Mutants;

/// <summary>Builds the copy with the mutants, has its program search for them, and writes the table. In that program it is the search itself.</summary>
internal static class MutantsCommand
{
    /// <returns>0: all were found, and the code as it ships passes the seeds that found them.</returns>
    public static int Run(string[] arguments)
    {
        var root = PatchedCopy.Root;
        var mutants = Catalogue.Read(root);
        if (MutationSwitch.IsThere) return Searched(root, mutants, arguments);
        var program = PatchedCopy.Build(mutants, Console.WriteLine);
        using var search = Process.Start(new ProcessStartInfo("dotnet", [program, "mutants", .. arguments])) ?? throw new InvalidOperationException("dotnet does not start");
        search.WaitForExit();
        return search.ExitCode;
    }

    private static int Searched(string root, IReadOnlyList<Mutant> all, string[] arguments)
    {
        var named = arguments.Where((a, i) => !a.StartsWith("--", StringComparison.Ordinal) && (i == 0 || !TakesValue(arguments[i - 1]))).ToList();
        if (named.Except(all.Select(m => m.Id)).FirstOrDefault() is { } stranger) throw new ArgumentException($"there is no mutant {stranger}");
        IReadOnlyList<Mutant> mutants = named.Count == 0 ? all : [.. all.Where(m => named.Contains(m.Id))];
        if (Number(arguments, "--limit") is { } limit) mutants = [.. mutants.Select(m => m with { Seeds = Math.Min(m.Seeds, limit) })];
        if (Number(arguments, "--seed") is { } seed) return OneSeed(mutants.Single(), (ulong)seed, arguments.Contains("--shipped"));

        var checks = arguments.Contains("--check");
        var table = Table.Read(root);
        var unlisted = checks ? mutants.Where(m => !table.ContainsKey(m.Id)).ToList() : [];
        foreach (var mutant in unlisted) Console.WriteLine($"{mutant.Id} is not in docs/mutants.md");
        var from = (ulong)(Number(arguments, "--from") ?? 1);
        var clock = Stopwatch.StartNew();
        var findings = Search.ForAll([.. mutants.Except(unlisted).Select(m => (m, checks ? table[m.Id].Seed : from))], Number(arguments, "--threads") ?? Environment.ProcessorCount, Found);
        void Found(Finding finding)
        {
            Console.WriteLine(finding);
            // As they come: a search is long, and may be cut short.
            if (!checks && from == 1) Table.Write(root, all, finding);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{findings.Count(f => f.Seed is not null)} of {mutants.Count} mutants found in {clock.Elapsed.TotalSeconds:0} s, by {findings.Sum(f => f.Tried)} seeds; {findings.Sum(f => f.Defects.Count)} seeds break the code as it ships"));
        return unlisted.Count == 0 && findings.All(f => f.IsGood) ? 0 : 1;
    }

    /// <summary>To look at it: who did what.</summary>
    private static int OneSeed(Mutant mutant, ulong seed, bool shipped)
    {
        var outcome = MutationSwitch.With(shipped ? null : mutant.Id, () => new World(mutant.Leaning.Of(seed), Console.Out).Run());
        Console.WriteLine(outcome);
        return outcome.IsGood ? 0 : 1;
    }

    private static bool TakesValue(string option) => option is "--seed" or "--from" or "--threads" or "--limit";

    private static int? Number(string[] arguments, string option) =>
        Array.IndexOf(arguments, option) is >= 0 and var i && i + 1 < arguments.Length ? int.Parse(arguments[i + 1], CultureInfo.InvariantCulture) : null;
}
