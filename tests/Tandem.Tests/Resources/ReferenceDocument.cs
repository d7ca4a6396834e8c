using System.Text;
using System.Text.Json.Nodes;
using Tandem.Kubernetes.Crds;
using Tandem.Resources;
using Tandem.Resources.Validation;

namespace Tandem.Tests.Resources;

/// <summary>docs/reference.md: the fields of both resources as their classes say, and the settings that the protocol owns.</summary>
public static class ReferenceDocument
{
    public static string Write()
    {
        var text = new StringBuilder();
        text.Append("""
            # Reference

            This page is generated from the resources' classes; a test holds it equal to them. `kubectl explain databasecluster.spec` says the same.

            ## Who refuses a wrong manifest
            | what is wrong | who refuses it | how it shows |
            | --- | --- | --- |
            | a type, a word, a pattern, a bound: the columns *value* below | every API server, by the schema | `kubectl apply` fails with the field's name |
            | two fields that disagree, a field that cannot be changed (*rules* below) | API servers from 1.25 on; before, the operator | `kubectl apply` fails; before 1.25 as the next row |
            | what no schema can see: settings that the protocol owns, lines of `accessRules`, sizes, names of instances, volumes that shrink, what is not yet supported | the operator, before it does anything | condition `Ready` is False with a reason of the table at the end; message: field, value, way out |
            | what shows only when it is tried: a missing Secret, an unreadable kubeconfig, an image without a server | the operator or the agent | a condition with reason, field and value |

            A cluster whose spec is refused goes on as it is: nothing of the wrong spec is carried out, and the database is not touched.
            To install the CRDs on a server before 1.25: `kubectl apply --validate=false -k crds/` (kubectl does not know the rules there, and the server drops them).

            """);
        foreach (var type in new[] { typeof(DatabaseCluster), typeof(DisasterRecoveryPair) }) WriteKind(text, type);
        WriteParameters(text);
        return text.ToString();
    }

    private static void WriteKind(StringBuilder text, Type type)
    {
        var spec = CrdGenerator.Generate(type)["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!.AsObject();
        text.Append($"\n## {type.Name}\n| field of spec | value | default | meaning |\n| --- | --- | --- | --- |\n");
        foreach (var (path, field, required) in Fields("", spec))
        {
            var preset = required ? "(required)" : field["default"] is { } value and not JsonObject ? $"`{value}`" : "";
            text.Append($"| `{path}` | {Value(field)} | {preset} | {Cell(Meaning(field))} |\n");
        }

        text.Append("\nRules:\n");
        foreach (var message in Rules(spec).Distinct()) text.Append($"- {message}\n");
    }

    private static void WriteParameters(StringBuilder text)
    {
        text.Append("\n## Settings that the protocol owns\nRefused in `spec.parameters`, in whatever case they are written:\n\n| setting | why |\n| --- | --- |\n");
        foreach (var group in ProtocolParameters.Owned.GroupBy(p => p.Value))
            text.Append($"| {string.Join(", ", group.Select(p => $"`{p.Key}`"))} | {Cell(group.Key)} |\n");
        foreach (var name in new[] { "recovery_target", "ssl", "tandem." })
            text.Append($"| `{name}…` | {Cell(ProtocolParameters.WhyOwned(name)!)} |\n");
        text.Append("\nWithin bounds: `wal_level` is `replica` or `logical`; `synchronous_commit` is `on` or `remote_apply` (weaken it per transaction or role); `max_wal_senders` and `max_replication_slots` are at least `spec.instances` + 5; `max_connections` at least 10; `superuser_reserved_connections` at least 3.\n");
        text.Append("\n## Reasons\nOf conditions that tell of a wrong spec: ");
        text.Append(string.Join(", ", typeof(Reasons).GetFields().Select(f => $"`{f.Name}`"))).Append(".\n");
    }

    private static IEnumerable<(string Path, JsonObject Field, bool Required)> Fields(string path, JsonObject schema)
    {
        var required = schema["required"]?.AsArray().Select(r => r!.GetValue<string>()).ToHashSet() ?? [];
        foreach (var (name, value) in schema["properties"]!.AsObject())
        {
            var (field, at) = (value!.AsObject(), path + name);
            yield return (at, field, required.Contains(name));
            var inner = field["items"] as JsonObject ?? field;
            if (inner["properties"] is null) continue;
            foreach (var below in Fields(at + (field.ContainsKey("items") ? "[]." : "."), inner)) yield return below;
        }
    }

    private static string Value(JsonObject field)
    {
        if (field["enum"] is JsonArray words) return string.Join(", ", words.Select(w => $"`{w}`"));
        if (field["x-kubernetes-int-or-string"] is not null) return "quantity";
        if (field["items"] is JsonObject items) return $"list{Bounds(field, "Items")} of {Value(items)}";
        if (field["additionalProperties"] is JsonObject values) return $"map of {Value(values)}";
        var type = field["pattern"]?.GetValue<string>() == Tandem.Resources.Values.Duration.Expression ? "duration" : field["type"]!.GetValue<string>();
        return field["minimum"] is null && field["maximum"] is null ? type : $"{type}, {field["minimum"]} to {field["maximum"]?.ToString() ?? "…"}";
    }

    private static string Bounds(JsonObject field, string kind) => field["min" + kind] is { } minimum ? $" ({minimum} to {field["max" + kind]})" : "";

    /// <summary>The description without what other columns say.</summary>
    private static string Meaning(JsonObject field)
    {
        var text = field["description"]!.GetValue<string>();
        if (field["default"] is { } value and not JsonObject) text = text.Replace($" Default: {value}.", "", StringComparison.Ordinal);
        if (field["enum"] is JsonArray words) text = text.Replace($" One of {string.Join(", ", words.Select(w => w!.GetValue<string>()))}.", "", StringComparison.Ordinal);
        return text;
    }

    private static IEnumerable<string> Rules(JsonNode schema)
    {
        if (schema is JsonArray list) return list.SelectMany(i => i is null ? [] : Rules(i));
        if (schema is not JsonObject map) return [];
        var own = (map["x-kubernetes-validations"] as JsonArray ?? []).Select(r => r!["message"]!.GetValue<string>());
        return own.Concat(map.Where(p => p.Key != "x-kubernetes-validations" && p.Value is not null).SelectMany(p => Rules(p.Value!)));
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<name>", "&lt;name&gt;", StringComparison.Ordinal);
}
