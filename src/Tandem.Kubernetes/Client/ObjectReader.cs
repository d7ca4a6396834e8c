using System.Text.Json;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Kubernetes.Client;

/// <summary>Reads one object of a list or a watch, so that one which this build cannot read does not hide all the others.</summary>
internal static class ObjectReader
{
    /// <returns>Null when it was read; else which object it was, and why not.</returns>
    public static UnreadableObject? TryRead<T>(JsonElement json, out T? value) where T : class, IKubernetesObject
    {
        value = null;
        try
        {
            value = json.Deserialize(KubernetesJson.TypeInfo<T>()) ?? throw new JsonException("null where an object was expected");
        }
        catch (JsonException e)
        {
            return new UnreadableObject(Metadata(json, "namespace"), Metadata(json, "name") ?? "", e.Message);
        }
        var entity = EntityMetadata.Of<T>();
        value.ApiVersion ??= entity.ApiVersion; // the server leaves both out in lists of its own kinds
        value.Kind ??= entity.Kind;
        return null;
    }

    private static string? Metadata(JsonElement json, string field) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty(field, out var text) ? text.GetString() : null;
}
