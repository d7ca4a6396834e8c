namespace Tandem.Kubernetes.Models;

/// <summary>The answer of <c>/version</c>.</summary>
public sealed record VersionInfo
{
    public string? Major { get; set; }
    public string? Minor { get; set; }

    /// <summary>For example <c>v1.20.2</c>.</summary>
    public string? GitVersion { get; set; }
}
