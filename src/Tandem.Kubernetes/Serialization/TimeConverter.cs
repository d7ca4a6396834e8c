using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Kubernetes.Serialization;

/// <summary>Kubernetes' Time: UTC, whole seconds. Finer parts are cut off on writing, as the API server would.</summary>
public sealed class TimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}
