using Tandem.Kubernetes.Models;

namespace Tandem.Kubernetes.Events;

/// <summary>What changes in an event that happens again.</summary>
public sealed record EventPatch
{
    public int Count { get; set; }
    public DateTimeOffset LastTimestamp { get; set; }
    public string? Message { get; set; }
    public CoreV1EventSeries? Series { get; set; }
}
