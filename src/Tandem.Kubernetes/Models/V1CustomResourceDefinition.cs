using System.Text.Json.Nodes;
using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

[KubernetesEntity(Group = "apiextensions.k8s.io", ApiVersion = "v1", Kind = "CustomResourceDefinition", PluralName = "customresourcedefinitions")]
public sealed record V1CustomResourceDefinition : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public V1CustomResourceDefinitionSpec? Spec { get; set; }
    public V1CustomResourceDefinitionStatus? Status { get; set; }
}

public sealed record V1CustomResourceDefinitionSpec : ExtensibleObject
{
    public string Group { get; set; } = "";
    public V1CustomResourceDefinitionNames Names { get; set; } = new();
    public string Scope { get; set; } = "";
    public List<V1CustomResourceDefinitionVersion> Versions { get; set; } = new();
    public bool? PreserveUnknownFields { get; set; }
}

public sealed record V1CustomResourceDefinitionNames : ExtensibleObject
{
    public string Plural { get; set; } = "";
    public string? Singular { get; set; }
    public string Kind { get; set; } = "";
    public string? ListKind { get; set; }
    public List<string>? ShortNames { get; set; }
    public List<string>? Categories { get; set; }
}

public sealed record V1CustomResourceDefinitionVersion : ExtensibleObject
{
    public string Name { get; set; } = "";
    public bool? Served { get; set; }
    public bool? Storage { get; set; }
    public bool? Deprecated { get; set; }
    public V1CustomResourceValidation? Schema { get; set; }
    public V1CustomResourceSubresources? Subresources { get; set; }
    public List<V1CustomResourceColumnDefinition>? AdditionalPrinterColumns { get; set; }
}

public sealed record V1CustomResourceValidation : ExtensibleObject
{
    /// <summary>The schema as JSON, as it is written.</summary>
    public JsonNode? OpenAPIV3Schema { get; set; }
}

public sealed record V1CustomResourceSubresources : ExtensibleObject
{
    /// <summary>Present, and empty, where there is a status subresource.</summary>
    public JsonNode? Status { get; set; }
    public JsonNode? Scale { get; set; }
}

public sealed record V1CustomResourceColumnDefinition : ExtensibleObject
{
    public string Name { get; set; } = "";
    public string Type { get; set; } = "";
    public string JsonPath { get; set; } = "";
    public string? Description { get; set; }
    public string? Format { get; set; }
    public int? Priority { get; set; }
}

public sealed record V1CustomResourceDefinitionStatus : ExtensibleObject
{
    public List<V1CustomResourceDefinitionCondition>? Conditions { get; set; }
    public List<string>? StoredVersions { get; set; }
}

public sealed record V1CustomResourceDefinitionCondition : ExtensibleObject
{
    public string Type { get; set; } = "";
    public string Status { get; set; } = "";
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public DateTimeOffset? LastTransitionTime { get; set; }
}
