using System.Globalization;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Mutants;

/// <summary>
/// Reads the mutants from their files, in <c>Catalogue/</c>. Each is a head (<c>mutant</c>, <c>rule</c>, <c>breaks</c>, and if need be <c>seeds</c> with what they lean to and <c>found by settling</c>) and its edits: <c>in FILE</c>,
/// then lines with <c>-</c> for what stands there and with <c>+</c> for what stands there instead.
/// </summary>
internal static class Catalogue
{
    private const int SeedsOfOneSite = 400;
    private const int SeedsOfPairs = 120;

    public static IReadOnlyList<Mutant> Read(string root)
    {
        var mutants = Directory.EnumerateFiles(Path.Combine(root, "tests", "Tandem.Simulation", "Mutants", "Catalogue"), "*.txt").Order(StringComparer.Ordinal).SelectMany(f => Parse(File.ReadAllLines(f))).ToList();
        return mutants.GroupBy(m => m.Id).FirstOrDefault(g => g.Count() > 1) is { } twice ? throw new FormatException($"two mutants are called {twice.Key}") : mutants;
    }

    private static IEnumerable<Mutant> Parse(IReadOnlyList<string> lines)
    {
        var starts = Enumerable.Range(0, lines.Count).Where(i => lines[i].StartsWith("mutant ", StringComparison.Ordinal)).ToList();
        for (var i = 0; i < starts.Count; i++)
            yield return ParseOne([.. lines.Skip(starts[i]).Take((i + 1 < starts.Count ? starts[i + 1] : lines.Count) - starts[i])]);
    }

    private static Mutant ParseOne(IReadOnlyList<string> lines)
    {
        var head = new Dictionary<string, string>(StringComparer.Ordinal);
        var edits = new List<Edit>();
        string? file = null;
        List<string> original = [], instead = [];
        void Close()
        {
            if (original.Count > 0) edits.Add(new Edit(file ?? throw new FormatException($"{lines[0]}: of no file"), string.Join('\n', original), string.Join('\n', instead)));
            (original, instead) = ([], []);
        }

        foreach (var line in lines)
        {
            var (word, rest) = line.Split(' ', 2) is [var first, var second] ? (first, second.Trim()) : (line.Trim(), "");
            switch (word)
            {
                case "" or "#":
                    break;
                case "-":
                    if (instead.Count > 0) Close();
                    original.Add(rest);
                    break;
                case "+":
                    instead.Add(rest);
                    break;
                case "in":
                    Close();
                    file = rest;
                    break;
                case "mutant" or "rule" or "breaks" or "seeds" or "found":
                    head.Add(word, rest);
                    break;
                default:
                    throw new FormatException($"{lines[0]}: what is \"{line}\"?");
            }
        }
        Close();
        if (edits.Count == 0 || edits.Any(e => e.Instead.Length == 0)) throw new FormatException($"{lines[0]}: an edit is not whole");
        var (leaning, seeds) = Lean(head.GetValueOrDefault("seeds") ?? "");
        return new Mutant(head["mutant"], head["rule"], head["breaks"], leaning, seeds ?? (leaning.Sites > 1 ? SeedsOfPairs : SeedsOfOneSite), head.GetValueOrDefault("found") == "by settling", edits);
    }

    /// <param name="text">As <c>of pairs, by hand, up to 40, mode Asynchronous, faults MachineCut AgentPaused</c>.</param>
    private static (Leaning Leaning, int? Seeds) Lean(string text)
    {
        var leaning = new Leaning();
        int? seeds = null;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int Number() => int.Parse(words[^1], CultureInfo.InvariantCulture);
            switch (words[0])
            {
                case "of":
                    leaning = leaning with { Sites = 2 };
                    break;
                case "up":
                    seeds = Number();
                    break;
                case "mode":
                    leaning = leaning with { Mode = Enum.Parse<Resources.SynchronizationMode>(words[1]) };
                    break;
                case "durability":
                    leaning = leaning with { Durability = Enum.Parse<Resources.Durability>(words[1]) };
                    break;
                case "instances":
                    leaning = leaning with { Instances = Number() };
                    break;
                case "k":
                    leaning = leaning with { Acknowledgements = Number() };
                    break;
                case "clients":
                    leaning = leaning with { Clients = Number() };
                    break;
                case "pace":
                    leaning = leaning with { Pace = TimeSpan.FromMilliseconds(Number()) };
                    break;
                case "trouble":
                    leaning = leaning with { Trouble = TimeSpan.FromMilliseconds(Number()) };
                    break;
                case "lasts":
                    leaning = leaning with { Lasts = TimeSpan.FromMilliseconds(Number()) };
                    break;
                case "late":
                    leaning = leaning with { PublishesLate = true };
                    break;
                case "synchronous":
                    leaning = leaning with { PairSynchrony = Enum.Parse<Protocol.Handover.PairSynchrony>(words[1]) };
                    break;
                case "operator":
                    leaning = leaning with { HasOperator = words is not [_, "none"] };
                    break;
                case "arbiter":
                    leaning = leaning with { HasArbiter = true };
                    break;
                case "by":
                    leaning = leaning with { HasLink = false };
                    break;
                case "faults":
                    leaning = leaning with { Faults = words[1..] };
                    break;
                default:
                    throw new FormatException($"what is \"{part}\"?");
            }
        }
        return (leaning, seeds);
    }
}
