using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tandem.Kubernetes.Crds;

/// <summary>Writes JSON as block-style YAML. Whatever is not plainly a word is quoted as JSON quotes it, which YAML reads the same.</summary>
internal static partial class YamlText
{
    private static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase) { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };

    public static string Write(JsonNode node)
    {
        var text = new StringBuilder();
        Block(text, node, 0);
        return text.ToString();
    }

    private static void Block(StringBuilder text, JsonNode node, int indent)
    {
        if (node is JsonArray array)
            foreach (var item in array) Entry(text.Append(' ', indent).Append('-'), item, indent, inList: true);
        else
            foreach (var (key, value) in node.AsObject()) Entry(text.Append(' ', indent).Append(Scalar(key)).Append(':'), value, indent, inList: false);
    }

    private static void Entry(StringBuilder text, JsonNode? value, int indent, bool inList)
    {
        switch (value)
        {
            case JsonObject { Count: 0 }:
                text.Append(" {}\n");
                break;
            case JsonArray { Count: 0 }:
                text.Append(" []\n");
                break;
            case JsonObject item when inList:
                var block = new StringBuilder();
                Block(block, item, indent + 2);
                text.Append(' ').Append(block, indent + 2, block.Length - indent - 2);
                break;
            case JsonObject or JsonArray:
                text.Append('\n');
                Block(text, value, value is JsonArray ? indent : indent + 2);
                break;
            default:
                text.Append(' ').Append(Scalar(value)).Append('\n');
                break;
        }
    }

    private static string Scalar(JsonNode? value) => value is null ? "null" : value.GetValueKind() == JsonValueKind.String ? Scalar(value.GetValue<string>()) : value.ToJsonString();

    private static string Scalar(string text) => PlainWord().IsMatch(text) && !Reserved.Contains(text) ? text : $"\"{JsonEncodedText.Encode(text, Quoting.Encoder)}\"";

    [GeneratedRegex(@"^[A-Za-z]([A-Za-z0-9 _./()-]*[A-Za-z0-9_./()-])?$")]
    private static partial Regex PlainWord();
}
