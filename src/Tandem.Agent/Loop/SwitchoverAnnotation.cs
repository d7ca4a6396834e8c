using System.Text.Json;
using System.Text.Json.Serialization;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>The request for a planned switchover as it stands on the DatabaseCluster.</summary>
internal static class SwitchoverAnnotation
{
    public static SwitchoverRequest? Read(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        try
        {
            var document = JsonSerializer.Deserialize(text, SwitchoverJson.Default.SwitchoverDocument);
            return document is { FromEpoch: > 0 } ? new SwitchoverRequest(document.Id ?? "", string.IsNullOrEmpty(document.To) ? null : document.To, new Epoch(document.FromEpoch)) : null;
        }
        catch (JsonException)
        {
            return null; // not of our making: a request must name its epoch to be one
        }
    }
}

internal sealed record SwitchoverDocument(string? Id, string? To, long FromEpoch);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SwitchoverDocument))]
internal sealed partial class SwitchoverJson : JsonSerializerContext;
