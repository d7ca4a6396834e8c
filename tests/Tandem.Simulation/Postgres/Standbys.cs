namespace Tandem.Simulation.Postgres;

/// <summary>`synchronous_standby_names`, as far as it is used here: `ANY k (a, b)`, or empty.</summary>
public sealed record Standbys(int Acknowledgements, IReadOnlyList<string> Names)
{
    public static readonly Standbys None = new(0, []);

    public bool IsDefined => Names.Count > 0;

    public static Standbys Parse(string text)
    {
        if (text.Length == 0) return None;
        var open = text.IndexOf('(');
        if (!text.StartsWith("ANY ", StringComparison.Ordinal) || open < 0 || text[^1] != ')') throw new FormatException($"'{text}' is not of the form ANY k (names)");
        return new Standbys(int.Parse(text.AsSpan(4, open - 4), System.Globalization.CultureInfo.InvariantCulture), text[(open + 1)..^1].Split(", "));
    }
}
