using System.Text.Json;
using System.Text.Json.Serialization;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>The request of kubectl tandem reset-primary as it stands on the DatabaseCluster.</summary>
internal static class ResetAnnotation
{
    public static ResetRequest? Read(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        try
        {
            var document = JsonSerializer.Deserialize(text, ResetJson.Default.ResetDocument);
            return document is { To: { Length: > 0 } to, FromEpoch: > 0 } ? new ResetRequest(document.Id ?? "", to, new Epoch(document.FromEpoch), document.FromRevision) : null;
        }
        catch (JsonException)
        {
            return null; // not of our making: a request must name its epoch to be one
        }
    }
}

internal sealed record ResetDocument(string? Id, string? To, long FromEpoch, long FromRevision);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ResetDocument))]
internal sealed partial class ResetJson : JsonSerializerContext;
