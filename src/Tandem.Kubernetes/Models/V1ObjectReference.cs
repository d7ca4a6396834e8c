namespace Tandem.Kubernetes.Models;

public sealed record V1ObjectReference : ExtensibleObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public string? Namespace { get; set; }
    public string? Name { get; set; }
    public string? Uid { get; set; }
    public string? ResourceVersion { get; set; }
    public string? FieldPath { get; set; }
}

public sealed record V1LocalObjectReference : ExtensibleObject
{
    public string? Name { get; set; }
}
