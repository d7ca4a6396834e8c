using System.Text.RegularExpressions;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Mutants;

/// <summary>A variant of the code that breaks one rule on purpose: the simulation must find it, or it would not find the same mistake made by accident.</summary>
/// <param name="Id">Rule and what is broken: <c>C3-…</c>.</param>
/// <param name="Rule">Of the protocol: <c>C3</c>; a word where the protocol has no number for it.</param>
/// <param name="Breaks">One sentence.</param>
/// <param name="Leaning">What the seeds lean to, so that the rule is needed often.</param>
/// <param name="Seeds">So many seeds at most, in the search from the table's one.</param>
/// <param name="BySettling">Found too where nothing is lost, but it never comes back; the other mutants must be found by something that was promised and not kept.</param>
internal sealed record Mutant(string Id, string Rule, string Breaks, Leaning Leaning, int Seeds, bool BySettling, IReadOnlyList<Edit> Edits);

/// <summary>What stands in one file, exactly once, and what stands there instead. The blanks between lines do not matter.</summary>
internal sealed record Edit(string File, string Original, string Instead)
{
    /// <summary>Stands for "this mutant runs", where what is new holds the original too: a pattern and its variables cannot stand in two branches.</summary>
    public const string Both = "MUTATED";

    /// <summary>Anything else is an expression.</summary>
    public bool IsStatement => Original[^1] == ';';

    /// <summary>What comes before the original, which stays as it is; null: it does not stay.</summary>
    public string? Inserted => IsStatement && Instead.EndsWith(Original, StringComparison.Ordinal) ? Instead[..^Original.Length] : null;

    /// <returns>First character and length.</returns>
    /// <exception cref="FormatException">Not there, or more than once.</exception>
    public (int Start, int Length) Find(string text, string id)
    {
        var pattern = string.Join(@"\s+", Original.Split('\n').Select(l => Regex.Escape(l.Trim())));
        var found = Regex.Matches(text, pattern, RegexOptions.CultureInvariant);
        return found.Count == 1
            ? (found[0].Index, found[0].Length)
            : throw new FormatException($"mutant {id} does not apply any more: in {File} there stands {found.Count} times: {Original}");
    }
}
