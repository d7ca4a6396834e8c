namespace Tandem.Kubernetes.Models;

/// <summary>One aspect of an object's state, as metav1.Condition.</summary>
public sealed record V1Condition
{
    /// <summary>CamelCase, e.g. <c>Ready</c>.</summary>
    public required string Type { get; set; }

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public required string Status { get; set; }

    /// <summary>One CamelCase word for machines.</summary>
    public required string Reason { get; set; }

    /// <summary>One sentence for people.</summary>
    public string Message { get; set; } = "";

    /// <summary>When <see cref="Status"/> last changed.</summary>
    public DateTimeOffset LastTransitionTime { get; set; }

    /// <summary>The metadata.generation that this speaks of.</summary>
    public long? ObservedGeneration { get; set; }
}
