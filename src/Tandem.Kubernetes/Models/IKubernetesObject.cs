namespace Tandem.Kubernetes.Models;

/// <summary>Anything that the API stores: kind, version and metadata.</summary>
public interface IKubernetesObject
{
    string? ApiVersion { get; set; }
    string? Kind { get; set; }
    V1ObjectMeta Metadata { get; set; }
}
