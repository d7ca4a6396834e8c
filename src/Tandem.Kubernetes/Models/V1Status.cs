namespace Tandem.Kubernetes.Models;

/// <summary>What the API server answers when there is no object to answer with, above all errors.</summary>
public sealed record V1Status : ExtensibleObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ListMeta? Metadata { get; set; }
    public string? Status { get; set; }
    public string? Message { get; set; }
    public string? Reason { get; set; }
    public int? Code { get; set; }
    public V1StatusDetails? Details { get; set; }
}

public sealed record V1StatusDetails : ExtensibleObject
{
    public string? Name { get; set; }
    public string? Group { get; set; }
    public string? Kind { get; set; }
    public string? Uid { get; set; }
    public int? RetryAfterSeconds { get; set; }
    public List<V1StatusCause>? Causes { get; set; }
}

public sealed record V1StatusCause : ExtensibleObject
{
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public string? Field { get; set; }
}
