using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

/// <summary>A Secret. Its printed form never shows values, so that none gets into a log by accident.</summary>
[KubernetesEntity(ApiVersion = "v1", Kind = "Secret", PluralName = "secrets")]
public sealed record V1Secret : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public string? Type { get; set; }
    public bool? Immutable { get; set; }
    public Dictionary<string, byte[]>? Data { get; set; }

    /// <summary>Write-only: the server moves it into <see cref="Data"/>.</summary>
    public Dictionary<string, string>? StringData { get; set; }

    public override string ToString() => $"V1Secret {Metadata.Namespace}/{Metadata.Name} ({Type}; keys: {string.Join(", ", Data?.Keys.Order() ?? Enumerable.Empty<string>())})";
}
