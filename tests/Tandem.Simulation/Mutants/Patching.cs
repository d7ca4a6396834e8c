using System.Text;

namespace Tandem.Simulation.Mutants;

/// <summary>
/// All mutants of a file in one text, each behind a switch: expressions as <c>(Mutation.Is("…") ? mutated : original)</c>, statements as <c>if … else …</c>. So one build serves them all.
/// </summary>
internal static class Patching
{
    /// <exception cref="FormatException">A mutant does not apply, or two overlap in part.</exception>
    public static string Apply(string text, IEnumerable<(string Id, Edit Edit)> edits)
    {
        // Several mutants may break one line in the same way.
        var places = edits.GroupBy(e => e.Edit).Select(g => new Place([.. g.Select(e => e.Id)], g.Key, g.Key.Find(text, g.First().Id))).OrderBy(p => p.Start).ThenByDescending(p => p.End).ToList();
        foreach (var (a, b) in places.SelectMany((a, i) => places.Skip(i + 1).Select(b => (a, b))))
            if (b.Start < a.End && b.End > a.End)
                throw new FormatException($"mutants {string.Join(", ", a.Ids)} and {string.Join(", ", b.Ids)} overlap in {a.Edit.File}");
        return Render(text, 0, text.Length, places);
    }

    private static string Render(string text, int start, int end, IReadOnlyList<Place> places)
    {
        var result = new StringBuilder();
        var at = start;
        for (var i = 0; i < places.Count;)
        {
            var outer = places[i];
            var inside = places.Skip(i + 1).TakeWhile(p => p.Start < outer.End).ToList();
            result.Append(text, at, outer.Start - at).Append(outer.Switch(Render(text, outer.Start, outer.End, inside)));
            at = outer.End;
            i += 1 + inside.Count;
        }
        return result.Append(text, at, end - at).ToString();
    }

    private sealed record Place(IReadOnlyList<string> Ids, Edit Edit, int Start, int End)
    {
        public Place(IReadOnlyList<string> ids, Edit edit, (int Start, int Length) found) : this(ids, edit, found.Start, found.Start + found.Length) { }

        private string Runs => string.Join(" || ", Ids.Select(i => $"global::Tandem.Mutation.Is(\"{i}\")"));

        public string Switch(string original) => Edit.Instead.Contains(Edit.Both, StringComparison.Ordinal)
            ? Edit.Instead.Replace(Edit.Both, $"({Runs})", StringComparison.Ordinal)
            : Edit.Inserted is { } inserted
            ? $"if ({Runs}) {{ {inserted} }} {original}"
            : Edit.IsStatement
            ? $"if ({Runs}) {{ {Edit.Instead} }} else {{ {original} }}"
            : $"({Runs} ? {Edit.Instead} : {original})";
    }
}
