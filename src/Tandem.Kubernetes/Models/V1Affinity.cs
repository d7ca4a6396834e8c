namespace Tandem.Kubernetes.Models;

public sealed record V1Affinity : ExtensibleObject
{
    public V1NodeAffinity? NodeAffinity { get; set; }
    public V1PodAffinity? PodAffinity { get; set; }
    public V1PodAntiAffinity? PodAntiAffinity { get; set; }
}

public sealed record V1PodAffinity : ExtensibleObject
{
    public List<V1PodAffinityTerm>? RequiredDuringSchedulingIgnoredDuringExecution { get; set; }
    public List<V1WeightedPodAffinityTerm>? PreferredDuringSchedulingIgnoredDuringExecution { get; set; }
}

public sealed record V1PodAntiAffinity : ExtensibleObject
{
    public List<V1PodAffinityTerm>? RequiredDuringSchedulingIgnoredDuringExecution { get; set; }
    public List<V1WeightedPodAffinityTerm>? PreferredDuringSchedulingIgnoredDuringExecution { get; set; }
}

public sealed record V1PodAffinityTerm : ExtensibleObject
{
    public V1LabelSelector? LabelSelector { get; set; }
    public V1LabelSelector? NamespaceSelector { get; set; }
    public List<string>? Namespaces { get; set; }
    public string TopologyKey { get; set; } = "";
}

public sealed record V1WeightedPodAffinityTerm : ExtensibleObject
{
    public int? Weight { get; set; }
    public V1PodAffinityTerm? PodAffinityTerm { get; set; }
}

public sealed record V1NodeAffinity : ExtensibleObject
{
    public V1NodeSelector? RequiredDuringSchedulingIgnoredDuringExecution { get; set; }
    public List<V1PreferredSchedulingTerm>? PreferredDuringSchedulingIgnoredDuringExecution { get; set; }
}

public sealed record V1PreferredSchedulingTerm : ExtensibleObject
{
    public int? Weight { get; set; }
    public V1NodeSelectorTerm? Preference { get; set; }
}

public sealed record V1NodeSelector : ExtensibleObject
{
    public List<V1NodeSelectorTerm> NodeSelectorTerms { get; set; } = new();
}

public sealed record V1NodeSelectorTerm : ExtensibleObject
{
    public List<V1NodeSelectorRequirement>? MatchExpressions { get; set; }
    public List<V1NodeSelectorRequirement>? MatchFields { get; set; }
}

public sealed record V1NodeSelectorRequirement : ExtensibleObject
{
    public string Key { get; set; } = "";
    public string Operator { get; set; } = "";
    public List<string>? Values { get; set; }
}

public sealed record V1Toleration : ExtensibleObject
{
    public string? Key { get; set; }
    public string? Operator { get; set; }
    public string? Value { get; set; }
    public string? Effect { get; set; }
    public long? TolerationSeconds { get; set; }
}

public sealed record V1TopologySpreadConstraint : ExtensibleObject
{
    public int? MaxSkew { get; set; }
    public string TopologyKey { get; set; } = "";
    public string WhenUnsatisfiable { get; set; } = "";
    public V1LabelSelector? LabelSelector { get; set; }
    public int? MinDomains { get; set; }
    public List<string>? MatchLabelKeys { get; set; }
}
