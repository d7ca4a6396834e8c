using System.Globalization;
using System.Text.RegularExpressions;

namespace Tandem.Simulation.Mutants;

/// <summary>The committed table: how many seeds each mutant took, from the first one on, and what it broke. The test begins where the table says that it was found.</summary>
internal static partial class Table
{
    private const string Head = """
        # Mutants

        Each rule of the protocol once broken on purpose, and how many seeds the simulation takes to find that: counted from seed 1, with the faults and the set-up that the mutant names
        (`tests/Tandem.Simulation/Mutants/Catalogue`). A seed counts only where the code as it ships passes it. Many a rule is needed only after four things in their order, each within a moment: such a story is a
        play (`tests/Tandem.Simulation/Plays`), of which the seed draws the cluster, who it falls on, and how long each act lasts.

        Not among them are second lines, whose loss alone breaks no promise, since another rule stands behind or before them: that a
        switchover begins at the present epoch and over settled swaps only (the gate reads the pair's record), that a rewind waits for the holder's checkpoint (where the log ends is judged anew after it), that
        whoever has more than the winner waits for its confirmation (nobody is admitted before that), that a promoted volume remembers its reign before that is confirmed (a log on a timeline that nobody names
        is asked whose it is, and else copied anew).

        ```
        dotnet run --project tests/Tandem.Simulation -c Release -- mutants [ID…]              # search from seed 1, and write this table
        dotnet run --project tests/Tandem.Simulation -c Release -- mutants --check [ID…]      # what the test does: search from the seed below
        dotnet run --project tests/Tandem.Simulation -c Release -- mutants ID --seed 7        # one seed, with its trace
        ```

        | rule | mutant | what is broken | seeds | found by |
        |---|---|---|---|---|

        """;

    private static string PathIn(string root) => Path.Combine(root, "docs", "mutants.md");

    /// <returns>Seed and what was broken, by mutant.</returns>
    public static IReadOnlyDictionary<string, (ulong Seed, string By)> Read(string root)
    {
        if (!File.Exists(PathIn(root))) return new Dictionary<string, (ulong, string)>();
        return File.ReadLines(PathIn(root)).Select(l => Row().Match(l)).Where(m => m.Success)
            .ToDictionary(m => m.Groups[1].Value, m => (ulong.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture), m.Groups[3].Value), StringComparer.Ordinal);
    }

    /// <param name="finding">What was searched now; the rows of the others stay.</param>
    public static void Write(string root, IReadOnlyList<Mutant> mutants, Finding finding)
    {
        var rows = new Dictionary<string, (ulong Seed, string By)>(Read(root), StringComparer.Ordinal);
        if (finding.Seed is { } seed) rows[finding.Mutant.Id] = (seed, finding.By!.Rule);
        else rows.Remove(finding.Mutant.Id);
        File.WriteAllText(PathIn(root), Head + string.Concat(mutants.Select(m => rows.TryGetValue(m.Id, out var row)
            ? string.Create(CultureInfo.InvariantCulture, $"| {m.Rule} | `{m.Id}` | {m.Breaks} | {row.Seed} | {row.By} |\n")
            : $"| {m.Rule} | `{m.Id}` | {m.Breaks} | not found | |\n")));
    }

    [GeneratedRegex(@"^\| [^|]* \| `([^`]+)` \| .* \| ([0-9]+) \| (\w+) \|$")]
    private static partial Regex Row();
}
