using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Kubernetes.Models;

[KubernetesEntity(ApiVersion = "v1", Kind = "Event", PluralName = "events")]
public sealed record CoreV1Event : ExtensibleObject, IKubernetesObject
{
    public string? ApiVersion { get; set; }
    public string? Kind { get; set; }
    public V1ObjectMeta Metadata { get; set; } = new();
    public V1ObjectReference InvolvedObject { get; set; } = new();
    /// <summary>Normal or Warning.</summary>
    public string? Type { get; set; }
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public V1EventSource? Source { get; set; }
    public int? Count { get; set; }
    public DateTimeOffset? FirstTimestamp { get; set; }
    public DateTimeOffset? LastTimestamp { get; set; }
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? EventTime { get; set; }
    public CoreV1EventSeries? Series { get; set; }
    public string? Action { get; set; }
    public V1ObjectReference? Related { get; set; }
    public string? ReportingComponent { get; set; }
    public string? ReportingInstance { get; set; }
}

public sealed record V1EventSource : ExtensibleObject
{
    public string? Component { get; set; }
    public string? Host { get; set; }
}

public sealed record CoreV1EventSeries : ExtensibleObject
{
    public int? Count { get; set; }
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? LastObservedTime { get; set; }
}
