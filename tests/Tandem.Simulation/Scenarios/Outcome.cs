using System.Globalization;
using Tandem.Simulation.Invariants;

namespace Tandem.Simulation.Scenarios;

/// <summary>What came of one run.</summary>
/// <param name="Digest">Alike for two runs that went alike.</param>
/// <param name="SettledAfter">From the end of all trouble until all was well; null: never.</param>
/// <param name="PersonNeeded">Why it did not settle by itself, where the protocol says that a person must act.</param>
/// <param name="Kept">Rows that had to be in every later primary.</param>
/// <param name="Openings">How often a server began to take writes.</param>
/// <param name="Exposure">Which rules met which faults.</param>
public sealed record Outcome(ulong Seed, IReadOnlyList<Violation> Violations, ulong Digest, long Events, TimeSpan Simulated, TimeSpan? SettledAfter, string? PersonNeeded, int Kept, int Openings, Exposure Exposure)
{
    public bool IsGood => Violations.Count == 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"seed {Seed}: {(IsGood ? PersonNeeded is null ? $"settled after {SettledAfter?.TotalSeconds:0.0} s" : $"held for a person: {PersonNeeded}" : string.Join("; ", Violations))} ({Events} events, {Simulated.TotalSeconds:0.0} s, {Openings} primaries, {Kept} commits kept, digest {Digest:x16})");
}
