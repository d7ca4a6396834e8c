using Tandem.Kubernetes.Models;

namespace Tandem.Simulation.Api;

/// <summary>Which objects a list or a watch is about: a namespace (null: all), labels (<c>a=b,c!=d,e,!f</c>) and <c>metadata.name=…</c>.</summary>
internal sealed class Selector
{
    private readonly string? _namespace;
    private readonly string? _name;
    private readonly List<(string Key, string? Value, bool IsWanted)> _labels = [];

    /// <exception cref="NotSupportedException">A form that none of our code uses.</exception>
    public Selector(string? @namespace, string? labels, string? fields)
    {
        _namespace = @namespace;
        foreach (var term in Terms(labels)) _labels.Add(Label(term));
        foreach (var term in Terms(fields))
        {
            if (!term.StartsWith("metadata.name=", StringComparison.Ordinal)) throw new NotSupportedException($"field selector {term}");
            _name = term["metadata.name=".Length..];
        }
    }

    public bool Matches(V1ObjectMeta metadata)
    {
        if (_namespace is not null && metadata.Namespace != _namespace) return false;
        if (_name is not null && metadata.Name != _name) return false;
        foreach (var (key, value, isWanted) in _labels)
        {
            var found = metadata.Labels?.GetValueOrDefault(key);
            if ((value is null ? found is not null : found == value) != isWanted) return false;
        }
        return true;
    }

    private static string[] Terms(string? text) => text is { Length: > 0 } ? text.Split(',', StringSplitOptions.TrimEntries) : [];

    private static (string Key, string? Value, bool IsWanted) Label(string term)
    {
        if (term.Contains('(')) throw new NotSupportedException($"label selector {term}");
        var not = term.IndexOf("!=", StringComparison.Ordinal);
        if (not > 0) return (term[..not], term[(not + 2)..], false);
        var equals = term.IndexOf('=');
        if (equals > 0) return (term[..equals], term[(equals + 1)..].TrimStart('='), true);
        return term[0] == '!' ? (term[1..], null, false) : (term, null, true);
    }
}
