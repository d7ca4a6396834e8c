using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Tandem.Tests.Support;

/// <summary>Manifests in and out: YAML as JSON by the rules of Kubernetes (YAML 1.1 booleans left out, since JSON has none of them).</summary>
public static class Yaml
{
    public static IReadOnlyList<JsonNode> Read(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(d => ToJson(d.RootNode)!)];
    }

    public static string Write(IEnumerable<JsonNode> documents) => string.Join("---\n", documents.Select(d => Write(d, 0)));

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, ToJson(c.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(ToJson)]),
        YamlScalarNode scalar => ToJson(scalar),
        _ => throw new InvalidOperationException(),
    };

    private static JsonNode? ToJson(YamlScalarNode scalar)
    {
        var value = scalar.Value ?? "";
        if (scalar.Style is ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted or ScalarStyle.Literal or ScalarStyle.Folded) return value;
        if (value is "" or "null" or "~") return null;
        if (value is "true" or "false") return value == "true";
        if (long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && !value.EndsWith("Infinity", StringComparison.Ordinal) && value != "NaN") return number;
        return value;
    }

    private static string Write(JsonNode? node, int indent) => node switch
    {
        JsonObject { Count: > 0 } map => string.Concat(map.Select(p => Pad(indent) + Scalar(p.Key) + ":" + Child(p.Value, indent))),
        JsonArray { Count: > 0 } list => string.Concat(list.Select(item => Pad(indent) + "- " + Write(item, indent + 2).TrimStart())),
        JsonObject => Pad(indent) + "{}\n",
        JsonArray => Pad(indent) + "[]\n",
        _ => Pad(indent) + Scalar(node) + "\n",
    };

    private static string Child(JsonNode? node, int indent) => node is JsonObject { Count: > 0 } or JsonArray { Count: > 0 } ? "\n" + Write(node, indent + 2) : " " + Write(node, 0);

    private static string Scalar(JsonNode? node) => node is null ? "null" : node.GetValueKind() == JsonValueKind.String ? Scalar(node.GetValue<string>()) : node.ToJsonString();

    /// <summary>Plain where it would be read back as the same string, else in double quotes, which is JSON.</summary>
    private static string Scalar(string text)
    {
        var plain = text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '/' or '.' or ':')
            && !text.EndsWith(':') && !text.StartsWith('-') && ToJson(new YamlScalarNode(text) { Style = ScalarStyle.Plain })?.GetValueKind() == JsonValueKind.String;
        return plain ? text : JsonSerializer.Serialize(text);
    }

    private static string Pad(int indent) => new(' ', indent);
}
