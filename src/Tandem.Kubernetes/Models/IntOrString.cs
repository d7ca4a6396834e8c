using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Kubernetes.Models;

/// <summary>A number, or a name or percentage: a port by number or name, 1 or "50%".</summary>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString
{
    private IntOrString(int? number, string? text) => (Number, Text) = (number, text);

    public int? Number { get; }
    public string? Text { get; }

    public static implicit operator IntOrString(int number) => new(number, null);
    public static implicit operator IntOrString(string text) => new(null, text);

    public override string ToString() => Text ?? (Number ?? 0).ToString(CultureInfo.InvariantCulture);
}

public sealed class IntOrStringConverter : JsonConverter<IntOrString>
{
    public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number => reader.GetInt32(),
        JsonTokenType.String => reader.GetString()!,
        _ => throw new JsonException($"a number or a string was expected, not {reader.TokenType}"),
    };

    public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
    {
        if (value.Text is { } text) writer.WriteStringValue(text);
        else writer.WriteNumberValue(value.Number ?? 0);
    }
}
