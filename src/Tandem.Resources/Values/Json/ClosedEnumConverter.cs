using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Resources.Values.Json;

/// <summary>
/// An enum written as its member's name. A word that is not a member reads as a value that is none (<see cref="Enum.IsDefined{T}(T)"/> is false) instead of an
/// exception: one object with a word of a newer version must not make the list of all objects unreadable. Validation names the field.
/// </summary>
public sealed class ClosedEnumConverter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] T> : JsonConverter<T> where T : struct, Enum
{
    private static readonly T None = (T)Enum.ToObject(typeof(T), -1);
    private readonly Dictionary<string, T> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<T, string> _words = [];

    public ClosedEnumConverter()
    {
        foreach (var field in typeof(T).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            var value = Enum.Parse<T>(field.Name);
            var word = field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? field.Name;
            _values.Add(word, value);
            _words.Add(value, word);
        }
    }

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && _values.TryGetValue(reader.GetString()!, out var value) ? value
        : reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? throw new JsonException($"a word of {typeof(T).Name} was expected")
        : None;

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(_words.GetValueOrDefault(value, "Unknown"));
}
