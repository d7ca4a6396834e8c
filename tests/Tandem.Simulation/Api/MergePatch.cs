using System.Text.Json.Nodes;

namespace Tandem.Simulation.Api;

/// <summary>RFC 7386.</summary>
internal static class MergePatch
{
    /// <param name="target">Is changed.</param>
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes) return patch?.DeepClone();
        var result = target as JsonObject ?? [];
        foreach (var (key, change) in changes)
        {
            if (change is null)
            {
                result.Remove(key);
                continue;
            }
            var merged = Apply(result[key], change);
            if (!ReferenceEquals(merged, result[key])) result[key] = merged;
        }
        return result;
    }
}
