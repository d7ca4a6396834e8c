using System.Text.Json.Nodes;

namespace Tandem.Tests.Support;

/// <summary>Who refuses a wrong manifest.</summary>
public enum RefusedBy
{
    /// <summary>Every API server, by the schema.</summary>
    Schema,

    /// <summary>API servers that know rules between fields (1.25 and later); on every server the operator's validator.</summary>
    Rule,

    /// <summary>The operator's validator: the object is stored, and a condition tells.</summary>
    Validator,

    /// <summary>Nobody before it is tried: a condition tells. For tests on a whole cluster.</summary>
    Condition,
}

/// <summary>
/// A wrong manifest of tests/Tandem.Tests/Resources/BadManifests, with what must be said of it. The head is a comment: a sentence, then
/// <c>expect</c>, <c>field</c>, <c>message</c> (a part of it), and where it matters <c>reason</c> and <c>condition</c>.
/// Two documents of its kind are a change: the first is right and stands, the second is the wrong update. Documents of other kinds are applied before.
/// </summary>
public sealed record BadManifest
{
    public required string File { get; init; }
    public required string Why { get; init; }
    public required RefusedBy RefusedBy { get; init; }
    public required string Field { get; init; }
    public required string Message { get; init; }
    public string? Reason { get; init; }

    /// <summary>Type of the condition that must not be True.</summary>
    public string? Condition { get; init; }

    /// <summary>What stands before; null where the wrong manifest is the first.</summary>
    public JsonObject? Before { get; init; }

    public required JsonObject Manifest { get; init; }
    public IReadOnlyList<JsonObject> Others { get; init; } = [];

    public override string ToString() => File;

    /// <param name="kind"><c>DatabaseCluster</c> or <c>DisasterRecoveryPair</c>.</param>
    public static IReadOnlyList<BadManifest> All(string kind)
    {
        var folder = Repository.PathOf("tests", "Tandem.Tests", "Resources", "BadManifests", kind.ToLowerInvariant());
        return [.. Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal).Select(file => Load(file, kind))];
    }

    /// <exception cref="FormatException">The file's head is not complete.</exception>
    public static BadManifest Load(string path, string kind)
    {
        var text = System.IO.File.ReadAllText(path);
        var comments = text.Split('\n').TakeWhile(l => l.StartsWith("# ", StringComparison.Ordinal)).Select(l => l[2..]).ToList();
        var head = comments.Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1]);
        string Need(string key) => head.TryGetValue(key, out var value) ? value : throw new FormatException($"{path}: no '# {key}:' in its head");
        var documents = Yaml.Read(text).Select(d => d.AsObject()).ToList();
        var own = documents.Where(d => d["kind"]?.GetValue<string>() == kind).ToList();
        return new BadManifest
        {
            File = Path.GetFileName(path),
            Why = comments[0],
            RefusedBy = Enum.Parse<RefusedBy>(Need("expect"), ignoreCase: true),
            Field = Need("field"),
            Message = Need("message"),
            Reason = head.GetValueOrDefault("reason"),
            Condition = head.GetValueOrDefault("condition"),
            Before = own.Count > 1 ? own[0] : null,
            Manifest = own[^1],
            Others = [.. documents.Except(own)],
        };
    }
}
