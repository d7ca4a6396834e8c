namespace Tandem.Kubernetes.Models;

/// <summary>The answer of <c>/version</c>.</summary>
public sealed record VersionInfo
{
    public string? Major { get; set; }
    public string? Minor { get; set; }
}
