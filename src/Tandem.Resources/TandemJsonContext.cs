using System.Text.Json.Serialization;

namespace Tandem.Resources;

/// <summary>JSON of the custom resources, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DatabaseCluster))]
[JsonSerializable(typeof(DisasterRecoveryPair))]
public sealed partial class TandemJsonContext : JsonSerializerContext;
