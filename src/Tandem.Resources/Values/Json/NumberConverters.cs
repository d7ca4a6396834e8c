using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Resources.Values.Json;

public sealed class EpochConverter : JsonConverter<Epoch>
{
    public override Epoch Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt64());
    public override void Write(Utf8JsonWriter writer, Epoch value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
}

public sealed class TimelineIdConverter : JsonConverter<TimelineId>
{
    public override TimelineId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetUInt32());
    public override void Write(Utf8JsonWriter writer, TimelineId value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
}
