using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Tandem.Kubernetes.Serialization;

/// <summary>
/// JSON as the API speaks it: camelCase, nulls left out, times in whole seconds of UTC (a field of kind MicroTime bears
/// <see cref="MicroTimeConverter"/>), every type known by source generation. An assembly with resources of its own registers its
/// <see cref="JsonSerializerContext"/> once before its first request; these settings hold for its types too, so that a context needs no options.
/// </summary>
public static class KubernetesJson
{
    private static readonly Lock Gate = new();
    private static readonly List<IJsonTypeInfoResolver> Resolvers = [KubernetesJsonContext.Default];
    private static volatile JsonSerializerOptions _options = Build();

    public static JsonSerializerOptions Options => _options;

    /// <summary>Makes the types of <paramref name="resolver"/> known. Registering one twice changes nothing.</summary>
    public static void Register(IJsonTypeInfoResolver resolver)
    {
        lock (Gate)
        {
            if (Resolvers.Contains(resolver)) return;
            Resolvers.Add(resolver);
            _options = Build(); // anew, since options that have been used remember which types they did not know
        }
    }

    public static JsonTypeInfo<T> TypeInfo<T>()
    {
        var options = _options;
        if (Known<T>.Last is { } known && ReferenceEquals(known.Options, options)) return known;
        return Known<T>.Last = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }

    /// <summary>To find a type's again takes longer than to write a small object.</summary>
    private static class Known<T>
    {
        public static JsonTypeInfo<T>? Last;
    }

    public static string Serialize<T>(T value) => JsonSerializer.Serialize(value, TypeInfo<T>());

    public static byte[] SerializeToUtf8Bytes<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, TypeInfo<T>());

    /// <exception cref="JsonException">Not JSON, or not of this type.</exception>
    public static T Deserialize<T>(string json) => JsonSerializer.Deserialize(json, TypeInfo<T>()) ?? throw new JsonException("null where an object was expected");

    /// <inheritdoc cref="Deserialize{T}(string)"/>
    public static T Deserialize<T>(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, TypeInfo<T>()) ?? throw new JsonException("null where an object was expected");

    /// <summary>A deep copy: objects out of a cache are shared, and whoever wants to change one changes a copy.</summary>
    public static T Clone<T>(T value) => Deserialize<T>(SerializeToUtf8Bytes(value));

    private static JsonSerializerOptions Build()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = JsonTypeInfoResolver.Combine([.. Resolvers]),
        };
        options.Converters.Add(new TimeConverter());
        options.MakeReadOnly();
        return options;
    }
}
