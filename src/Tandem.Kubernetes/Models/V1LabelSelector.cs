namespace Tandem.Kubernetes.Models;

public sealed record V1LabelSelector : ExtensibleObject
{
    public Dictionary<string, string>? MatchLabels { get; set; }
    public List<V1LabelSelectorRequirement>? MatchExpressions { get; set; }
}

public sealed record V1LabelSelectorRequirement : ExtensibleObject
{
    public string Key { get; set; } = "";
    public string Operator { get; set; } = "";
    public List<string>? Values { get; set; }
}
