namespace Tandem.Kubernetes.Crds;

/// <summary>Names of an API type: its place in URLs, and what the client writes into apiVersion and kind.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class KubernetesEntityAttribute : Attribute
{
    /// <summary>Empty for the core group.</summary>
    public string Group { get; init; } = "";

    /// <summary>Version within the group, e.g. <c>v1alpha1</c>.</summary>
    public string ApiVersion { get; init; } = "v1";

    public string Kind { get; init; } = "";

    /// <summary>As in URLs, lower case; null: the kind in lower case with an s.</summary>
    public string? PluralName { get; init; }

    /// <summary>Whether objects live in no namespace.</summary>
    public bool ClusterScoped { get; init; }

    public string Plural => PluralName ?? Kind.ToLowerInvariant() + "s";
    public string GroupVersion => Group.Length == 0 ? ApiVersion : $"{Group}/{ApiVersion}";
}

/// <summary>Short names for kubectl.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class KubernetesEntityShortNamesAttribute(params string[] shortNames) : Attribute
{
    public IReadOnlyList<string> ShortNames { get; } = shortNames;
}

/// <summary>Groups that kubectl lists together, e.g. <c>all</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class KubernetesEntityCategoriesAttribute(params string[] categories) : Attribute
{
    public IReadOnlyList<string> Categories { get; } = categories;
}

/// <summary>What metadata.name must look like, beyond what Kubernetes demands: other objects bear names made of it.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NameRuleAttribute(string pattern, int maximumLength) : Attribute
{
    public string Pattern { get; } = pattern;
    public int MaximumLength { get; } = maximumLength;
}

/// <summary>A column of <c>kubectl get</c>. Columns of a priority above 0 are shown with <c>-o wide</c>.</summary>
/// <param name="jsonPath">Path with the dot in front: <c>.status.epoch</c>.</param>
/// <param name="name">Heading.</param>
/// <param name="type">integer, number, string, boolean or date.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class GenericAdditionalPrinterColumnAttribute(string jsonPath, string name, string type) : Attribute
{
    public string JsonPath { get; } = jsonPath;
    public string Name { get; } = name;
    public string Type { get; } = type;
    public string? Description { get; init; }
    public int Priority { get; init; }
}
