using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Kubernetes.Models;

public sealed record V1ObjectMeta
{
    public string? Name { get; set; }
    public string? Namespace { get; set; }
    public string? GenerateName { get; set; }
    public string? Uid { get; set; }
    public string? ResourceVersion { get; set; }
    public long? Generation { get; set; }
    public DateTimeOffset? CreationTimestamp { get; set; }
    public DateTimeOffset? DeletionTimestamp { get; set; }
    public long? DeletionGracePeriodSeconds { get; set; }
    public Dictionary<string, string>? Labels { get; set; }
    public Dictionary<string, string>? Annotations { get; set; }
    public List<V1OwnerReference>? OwnerReferences { get; set; }
    public List<string>? Finalizers { get; set; }

    /// <summary>Fields of newer servers and those not modelled here (managedFields …): read, kept, sent back.</summary>
    [JsonExtensionData] public Dictionary<string, JsonElement>? Unmodelled { get; set; }

    /// <summary>Whether it is the same object, and nothing differs that a writer sets: not which version it is, nor who wrote which field.</summary>
    /// <param name="but">An annotation that is not compared.</param>
    public bool SaysTheSameAs(V1ObjectMeta other, string? but = null) =>
        Uid == other.Uid && Generation == other.Generation && DeletionTimestamp == other.DeletionTimestamp
        && SameEntries(Labels, other.Labels, null) && SameEntries(Annotations, other.Annotations, but)
        && (OwnerReferences ?? []).SequenceEqual(other.OwnerReferences ?? []) && (Finalizers ?? []).SequenceEqual(other.Finalizers ?? []);

    private static bool SameEntries(Dictionary<string, string>? one, Dictionary<string, string>? other, string? but) =>
        (one?.Count ?? 0) == (other?.Count ?? 0) && (one ?? []).All(e => other!.TryGetValue(e.Key, out var value) && (e.Key == but || e.Value == value));
}

public sealed record V1OwnerReference
{
    public required string ApiVersion { get; set; }
    public required string Kind { get; set; }
    public required string Name { get; set; }
    public required string Uid { get; set; }
    public bool? Controller { get; set; }
    public bool? BlockOwnerDeletion { get; set; }
}
