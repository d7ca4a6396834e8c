using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Kubernetes.Client;

/// <summary>Gathers the pages of one list; all pages are of one state, that of the first.</summary>
internal sealed class ListReader<T>(ILogger logger) where T : class, IKubernetesObject
{
    private readonly List<T> _items = [];
    private readonly List<UnreadableObject> _unreadable = [];
    private string _resourceVersion = "";

    /// <returns>The token of the next page, or null after the last.</returns>
    public string? Add(ApiAnswer answer)
    {
        using var document = Parse(answer);
        var root = document.RootElement;
        if (root.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in items.EnumerateArray()) Add(item);
        }
        var metadata = root.GetProperty("metadata").Deserialize(KubernetesJson.TypeInfo<V1ListMeta>())!;
        _resourceVersion = metadata.ResourceVersion ?? "";
        return metadata.Continue is { Length: > 0 } next ? next : null;
    }

    public KubernetesList<T> Build() => new(_items, _resourceVersion) { Unreadable = _unreadable };

    private void Add(JsonElement item)
    {
        var unreadable = ObjectReader.TryRead<T>(item, out var value);
        if (unreadable is null)
        {
            _items.Add(value!);
            return;
        }
        Log.ObjectUnreadable(logger, typeof(T).Name, unreadable.Namespace, unreadable.Name, unreadable.Message);
        _unreadable.Add(unreadable);
    }

    private static JsonDocument Parse(ApiAnswer answer)
    {
        try
        {
            var document = JsonDocument.Parse(answer.Body);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("metadata", out _)) return document;
            document.Dispose();
        }
        catch (JsonException)
        {
        }
        throw new KubernetesUnreachableException($"the answer is not a list of {typeof(T).Name}");
    }
}
