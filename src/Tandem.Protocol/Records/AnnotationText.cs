using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tandem.Protocol.Records;

/// <summary>What a request, or the answer to one, says that stands in an annotation, where anybody can write anything.</summary>
public static class AnnotationText
{
    /// <summary>Null where there is no text, or none that can be read: no question, no answer.</summary>
    public static T? Decode<T>(string? text, JsonTypeInfo<T> type) where T : class
    {
        if (string.IsNullOrEmpty(text)) return null;
        try
        {
            return JsonSerializer.Deserialize(text, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
