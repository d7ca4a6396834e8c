using System.Diagnostics;
using System.Globalization;
using Tandem.Simulation.Invariants;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Mutants;

/// <summary>What came of the search for one mutant.</summary>
/// <param name="From">First seed that was tried.</param>
/// <param name="Seed">The one that found it; null: none did.</param>
/// <param name="By">What it broke there.</param>
/// <param name="Defects">Seeds that break something in the code as it ships: they convict nobody, and are worth more than any mutant.</param>
internal sealed record Finding(Mutant Mutant, ulong From, ulong? Seed, Violation? By, IReadOnlyList<string> Defects, int Tried, TimeSpan Took)
{
    public bool IsGood => Seed is not null && Defects.Count == 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Mutant.Id}: {(Seed is { } seed ? $"found at seed {seed} ({Tried} tried from {From}) by {By}" : $"NOT FOUND by {Tried} seeds from {From}")} ({Took.TotalSeconds:0.0} s){string.Concat(Defects.Select(d => $"{Environment.NewLine}    WITHOUT ANY MUTANT: {d}"))}");
}

/// <summary>Seed after seed, until one finds the mutant that does not also find fault with the code as it ships.</summary>
internal static class Search
{
    private const string NotSettled = "NotSettled";

    /// <summary>A mutant that is to break a promise has done so by then; many of them never settle.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static Finding For(Mutant mutant, ulong from)
    {
        var clock = Stopwatch.StartNew();
        var defects = new List<string>();
        for (var seed = from; seed < from + (ulong)mutant.Seeds; seed++)
        {
            if (Violation(mutant, seed) is not { } violation) continue;
            var shipped = MutationSwitch.With(null, () => new World(mutant.Leaning.Of(seed)).Run());
            if (shipped.IsGood) return new Finding(mutant, from, seed, violation, defects, (int)(seed - from) + 1, clock.Elapsed);
            defects.Add(shipped.ToString());
        }
        return new Finding(mutant, from, null, null, defects, mutant.Seeds, clock.Elapsed);
    }

    /// <summary>A world of its own for each, on threads of their own: a world checks that nothing leaves its thread.</summary>
    /// <param name="mutants">With the first seed to try.</param>
    /// <param name="found">Told of each as it comes, one after the other.</param>
    public static IReadOnlyList<Finding> ForAll(IReadOnlyList<(Mutant Mutant, ulong From)> mutants, int threads, Action<Finding> found)
    {
        var findings = new Finding[mutants.Count];
        var next = -1;
        void Work()
        {
            for (var i = Interlocked.Increment(ref next); i < mutants.Count; i = Interlocked.Increment(ref next))
            {
                findings[i] = For(mutants[i].Mutant, mutants[i].From);
                lock (findings) found(findings[i]);
            }
        }

        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(Work, maxStackSize: 16 << 20)).ToList();
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();
        return findings;
    }

    private static Violation? Violation(Mutant mutant, ulong seed)
    {
        try
        {
            var setup = mutant.Leaning.Of(seed);
            if (!mutant.BySettling) setup = setup with { SettleLimit = Patience };
            return MutationSwitch.With(mutant.Id, () => new World(setup).Run()).Violations.FirstOrDefault(v => mutant.BySettling || v.Rule != NotSettled);
        }
        catch (InvalidOperationException exception) when (mutant.BySettling)
        {
            return new Violation("Crash", TimeSpan.Zero, exception.Message);
        }
    }
}
