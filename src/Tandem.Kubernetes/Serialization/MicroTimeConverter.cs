using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Kubernetes.Serialization;

/// <summary>Kubernetes' MicroTime: the API server accepts exactly six digits after the second, no more and no fewer.</summary>
public sealed class MicroTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
}
