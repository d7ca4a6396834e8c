using System.Text.Json.Serialization;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>The request of kubectl tandem reset-primary as it stands on the DatabaseCluster.</summary>
internal static class ResetAnnotation
{
    /// <returns>Null where it is not of our making: a request must name its epoch to be one.</returns>
    public static ResetRequest? Read(string? text) =>
        AnnotationText.Decode(text, ResetJson.Default.ResetDocument) is { To: { Length: > 0 } to, FromEpoch: > 0 } document
            ? new ResetRequest(document.Id ?? "", to, new Epoch(document.FromEpoch), document.FromRevision)
            : null;
}

internal sealed record ResetDocument(string? Id, string? To, long FromEpoch, long FromRevision);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ResetDocument))]
internal sealed partial class ResetJson : JsonSerializerContext;
