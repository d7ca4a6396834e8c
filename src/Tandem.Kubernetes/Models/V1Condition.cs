using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Models;

/// <summary>One aspect of an object's state, as metav1.Condition.</summary>
public sealed record V1Condition
{
    /// <summary>CamelCase, e.g. <c>Ready</c>.</summary>
    [Description("Which aspect.")]
    public required string Type { get; set; }

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    [Description("True, False or Unknown.")]
    public required string Status { get; set; }

    /// <summary>One CamelCase word for machines.</summary>
    [Description("Why, one CamelCase word.")]
    public required string Reason { get; set; }

    /// <summary>One sentence for people.</summary>
    [Description("Why, in a sentence.")]
    public string Message { get; set; } = "";

    /// <summary>When <see cref="Status"/> last changed.</summary>
    [Description("When the status last changed.")]
    public DateTimeOffset LastTransitionTime { get; set; }

    /// <summary>The metadata.generation that this speaks of.</summary>
    [Description("The generation of the spec that this speaks of.")]
    public long? ObservedGeneration { get; set; }
}
