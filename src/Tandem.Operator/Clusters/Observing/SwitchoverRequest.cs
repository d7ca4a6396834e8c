using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>What stands in the annotation <see cref="Names.SwitchoverAnnotation"/>.</summary>
public sealed record SwitchoverRequest(string Id, string To, long FromEpoch)
{
    /// <summary>The operator's own ids end in the time they were made at.</summary>
    public const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>When the operator made it; null where somebody else did.</summary>
    [JsonIgnore]
    public DateTimeOffset? At => DateTimeOffset.TryParseExact(Id[(Id.LastIndexOf('-') + 1)..], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    public string Text => JsonSerializer.Serialize(this, SwitchoverRequestJson.Default.SwitchoverRequest);

    /// <returns>Null where there is none, or none that can be read.</returns>
    public static SwitchoverRequest? Of(DatabaseCluster cluster)
    {
        if (cluster.Metadata.Annotations?.GetValueOrDefault(Names.SwitchoverAnnotation) is not { } text) return null;
        try
        {
            return JsonSerializer.Deserialize(text, SwitchoverRequestJson.Default.SwitchoverRequest) is { Id: not null, To: not null } request ? request : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(SwitchoverRequest))]
internal sealed partial class SwitchoverRequestJson : JsonSerializerContext;
