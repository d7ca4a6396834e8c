namespace Tandem.Kubernetes.Models;

public sealed record V1ListMeta : ExtensibleObject
{
    public string? ResourceVersion { get; set; }
    public string? Continue { get; set; }
    public long? RemainingItemCount { get; set; }
}
