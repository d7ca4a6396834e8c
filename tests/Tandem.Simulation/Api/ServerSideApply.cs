using System.Text.Json.Nodes;

namespace Tandem.Simulation.Api;

/// <summary>
/// Server-side apply as far as one manager needs it that forces: maps merge, lists with keys merge by key, other lists are replaced, and what the manager applied the last
/// time and applies no longer goes. Conflicts between managers are not kept.
/// </summary>
internal static class ServerSideApply
{
    /// <summary>Which fields make two items of a list the same one, by the list's name, as in the schemas of the types that we apply.</summary>
    private static readonly Dictionary<string, string[]> Keys = new(StringComparer.Ordinal)
    {
        ["ownerReferences"] = ["uid"],
        ["conditions"] = ["type"],
        ["containers"] = ["name"],
        ["initContainers"] = ["name"],
        ["volumes"] = ["name"],
        ["env"] = ["name"],
        ["imagePullSecrets"] = ["name"],
        ["secrets"] = ["name"],
        ["volumeMounts"] = ["mountPath"],
        ["ports"] = ["port", "containerPort", "protocol"],
        ["podIPs"] = ["ip"],
    };

    /// <param name="live">Is changed.</param>
    /// <param name="before">What the manager applied the last time.</param>
    public static JsonObject Merge(JsonObject live, JsonObject wanted, JsonObject? before)
    {
        foreach (var (key, owned) in before ?? [])
            if (!wanted.ContainsKey(key)) Remove(live, key, owned);
        foreach (var (key, value) in wanted) Set(live, key, value, before?[key]);
        return live;
    }

    /// <summary>Only what the manager had: others may have put theirs beside it.</summary>
    private static void Remove(JsonObject live, string key, JsonNode? owned)
    {
        switch (owned, live[key])
        {
            case (JsonObject mine, JsonObject there):
                Merge(there, [], mine);
                if (there.Count == 0) live.Remove(key);
                break;
            case (JsonArray mine, JsonArray there) when Keys.TryGetValue(key, out var fields):
                MergeList(there, [], mine, fields);
                if (there.Count == 0) live.Remove(key);
                break;
            default:
                live.Remove(key);
                break;
        }
    }

    private static void Set(JsonObject live, string key, JsonNode? value, JsonNode? before)
    {
        switch (value, live[key])
        {
            case (JsonObject wanted, JsonObject there):
                Merge(there, wanted, before as JsonObject);
                break;
            case (JsonArray wanted, JsonArray there) when Keys.TryGetValue(key, out var fields):
                MergeList(there, wanted, before as JsonArray, fields);
                break;
            default:
                live[key] = value?.DeepClone();
                break;
        }
    }

    private static void MergeList(JsonArray live, JsonArray wanted, JsonArray? before, string[] fields)
    {
        foreach (var item in before?.OfType<JsonObject>() ?? [])
            if (Find(wanted, item, fields) is null && Find(live, item, fields) is { } gone) live.Remove(gone);
        foreach (var item in wanted.OfType<JsonObject>())
        {
            if (Find(live, item, fields) is { } there) Merge(there, item, before is null ? null : Find(before, item, fields));
            else live.Add(item.DeepClone());
        }
    }

    private static JsonObject? Find(JsonArray list, JsonObject item, string[] fields) =>
        list.OfType<JsonObject>().FirstOrDefault(o => fields.All(f => JsonNode.DeepEquals(o[f], item[f])));
}
