using System.Text.Json.Serialization;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>The request for a planned switchover as it stands on the DatabaseCluster.</summary>
internal static class SwitchoverAnnotation
{
    /// <returns>Null where it is not of our making: a request must name its epoch to be one.</returns>
    public static SwitchoverRequest? Read(string? text) =>
        AnnotationText.Decode(text, SwitchoverJson.Default.SwitchoverDocument) is { FromEpoch: > 0 } document
            ? new SwitchoverRequest(document.Id ?? "", string.IsNullOrEmpty(document.To) ? null : document.To, new Epoch(document.FromEpoch))
            : null;
}

internal sealed record SwitchoverDocument(string? Id, string? To, long FromEpoch);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SwitchoverDocument))]
internal sealed partial class SwitchoverJson : JsonSerializerContext;
