using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Tandem.Kubernetes.Crds;

/// <summary>
/// The structural schema (OpenAPI v3) of a resource's types. A field's default is its property's initializer. In status there are no defaults, and words are
/// not closed sets: what an operator of a newer version reports must not be refused by an older CRD.
/// </summary>
[RequiresUnreferencedCode("reads properties and attributes of the resource's types")]
[RequiresDynamicCode("makes instances of the resource's types to read their defaults")]
internal static class SchemaGenerator
{
    public static JsonObject Root(Type type)
    {
        var name = new JsonObject { ["type"] = "string" };
        if (type.GetCustomAttribute<NameRuleAttribute>() is { } rule) (name["pattern"], name["maxLength"]) = (rule.Pattern, rule.MaximumLength);
        var schema = new JsonObject
        {
            ["description"] = Description(type),
            ["type"] = "object",
            ["required"] = new JsonArray("spec"),
            ["properties"] = new JsonObject
            {
                ["apiVersion"] = new JsonObject { ["type"] = "string" },
                ["kind"] = new JsonObject { ["type"] = "string" },
                ["metadata"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["name"] = name } },
                ["spec"] = Part(type, "Spec", closed: true),
                ["status"] = Part(type, "Status", closed: false),
            },
        };
        return schema;
    }

    internal static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode)v)]);

    private static JsonObject Part(Type type, string name, bool closed)
    {
        var property = type.GetProperty(name) ?? throw new ArgumentException($"{type} has no property {name}", nameof(type));
        return Object(property.PropertyType, closed);
    }

    private static JsonObject Object(Type type, bool closed)
    {
        var schema = new JsonObject();
        if (Description(type) is { } description) schema["description"] = description;
        schema["type"] = "object";
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p is { CanRead: true, CanWrite: true } && p.GetCustomAttribute<JsonIgnoreAttribute>() is null).ToList();
        var required = properties.Where(IsRequired).Select(JsonName).ToList();
        if (required.Count > 0) schema["required"] = Strings(required);
        schema["properties"] = new JsonObject(properties.Select(p => KeyValuePair.Create<string, JsonNode?>(JsonName(p), Property(p, closed))));
        AddRules(schema, type);
        return schema;
    }

    private static JsonObject Property(PropertyInfo property, bool closed)
    {
        var schema = Value(Unwrap(property.PropertyType), closed);
        var text = Description(property) ?? throw new InvalidOperationException($"{property.DeclaringType}.{property.Name} has no [Description]: kubectl explain would say nothing of it");
        var value = closed ? Default(property) : null;
        if (Words(schema) is { } words) text += $" One of {words}.";
        if (value is not null and not JsonObject) text += $" Default: {Plain(value)}.";
        schema["description"] = text;
        if (value is not null) schema["default"] = value;
        AddConstraints(schema, property);
        AddRules(schema, property);
        return schema;
    }

    private static JsonObject Value(Type type, bool closed)
    {
        if (type == typeof(string)) return new JsonObject { ["type"] = "string" };
        if (type == typeof(bool)) return new JsonObject { ["type"] = "boolean" };
        if (type == typeof(int)) return new JsonObject { ["type"] = "integer", ["format"] = "int32" };
        if (type == typeof(long)) return new JsonObject { ["type"] = "integer", ["format"] = "int64" };
        if (type == typeof(double)) return new JsonObject { ["type"] = "number", ["format"] = "double" };
        if (type == typeof(DateTimeOffset)) return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        if (type == typeof(JsonElement)) return new JsonObject { ["type"] = "object" };
        if (type.IsEnum) return closed ? new JsonObject { ["type"] = "string", ["enum"] = Strings(Members(type)) } : new JsonObject { ["type"] = "string" };
        if (type.GetCustomAttribute<SchemaTypeAttribute>() is { } scalar) return Scalar(type, scalar);
        if (Argument(type, typeof(List<>), 0) is { } item) return new JsonObject { ["type"] = "array", ["items"] = Value(item, closed) };
        if (Argument(type, typeof(Dictionary<,>), 1) is { } entry) return new JsonObject { ["type"] = "object", ["additionalProperties"] = Value(entry, closed) };
        if (type.IsClass) return Object(type, closed);
        throw new InvalidOperationException($"no schema for {type}");
    }

    private static JsonObject Scalar(Type type, SchemaTypeAttribute scalar)
    {
        var schema = scalar.Type == "int-or-string"
            ? new JsonObject
            {
                ["x-kubernetes-int-or-string"] = true,
                ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, new JsonObject { ["type"] = "string" }),
                ["minimum"] = 0,
            }
            : new JsonObject { ["type"] = scalar.Type };
        if (scalar.Format is not null) schema["format"] = scalar.Format;
        if (type.GetCustomAttribute<PatternAttribute>() is { } pattern) schema["pattern"] = pattern.Expression;
        if (type.GetCustomAttribute<LengthAttribute>() is { } length) (schema["minLength"], schema["maxLength"]) = (length.Minimum, length.Maximum);
        return schema;
    }

    private static void AddConstraints(JsonObject schema, PropertyInfo property)
    {
        // On lists and maps, what constrains a value constrains each of theirs.
        var value = schema["items"] as JsonObject ?? schema["additionalProperties"] as JsonObject ?? schema;
        if (property.GetCustomAttribute<PatternAttribute>() is { } pattern) value["pattern"] = pattern.Expression;
        if (property.GetCustomAttribute<LengthAttribute>() is { } length) (value["minLength"], value["maxLength"]) = (length.Minimum, length.Maximum);
        if (property.GetCustomAttribute<RangeMinimumAttribute>() is { } minimum) value["minimum"] = Number(minimum.Minimum);
        if (property.GetCustomAttribute<RangeMaximumAttribute>() is { } maximum) value["maximum"] = Number(maximum.Maximum);
        if (property.GetCustomAttribute<ItemsAttribute>() is { } items)
        {
            var kind = schema.ContainsKey("items") ? "Items" : "Properties";
            if (items.Minimum > 0) schema["min" + kind] = items.Minimum;
            schema["max" + kind] = items.Maximum;
        }

        if (property.GetCustomAttribute<ListMapKeysAttribute>() is { } keys) (schema["x-kubernetes-list-type"], schema["x-kubernetes-list-map-keys"]) = ("map", Strings(keys.Keys));
        if (property.GetCustomAttribute<ListSetAttribute>() is not null) schema["x-kubernetes-list-type"] = "set";
        if (property.GetCustomAttribute<PreserveUnknownFieldsAttribute>() is not null) schema["x-kubernetes-preserve-unknown-fields"] = true;
    }

    private static void AddRules(JsonObject schema, MemberInfo member)
    {
        foreach (var rule in member.GetCustomAttributes<ValidationRuleAttribute>())
        {
            if (schema["x-kubernetes-validations"] is not JsonArray rules) schema["x-kubernetes-validations"] = rules = [];
            rules.Add(new JsonObject { ["rule"] = rule.Rule, ["message"] = rule.Message });
        }
    }

    /// <summary>Null where there is none. An object whose fields have defaults has the default <c>{}</c>: without it they would not be filled in.</summary>
    private static JsonNode? Default(PropertyInfo property)
    {
        if (IsRequired(property)) return null;
        var value = property.GetValue(Activator.CreateInstance(property.DeclaringType!));
        return value switch
        {
            null or JsonElement => null,
            string text => text.Length == 0 ? null : text,
            bool flag => flag,
            int number => number,
            long number => number,
            Enum word => word.ToString(),
            ICollection { Count: 0 } => null,
            ValueType scalar when scalar.GetType().GetCustomAttribute<SchemaTypeAttribute>() is not null => scalar.ToString(),
            _ when value.GetType().IsClass && value is not IEnumerable => HasDefaults(value.GetType()) ? new JsonObject() : null,
            _ => throw new InvalidOperationException($"no default can be written for {property.DeclaringType}.{property.Name}"),
        };
    }

    private static bool HasDefaults(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Any(p => p is { CanRead: true, CanWrite: true } && Default(p) is not null);

    private static bool IsRequired(PropertyInfo property) =>
        property.GetCustomAttribute<RequiredAttribute>() is not null || property.GetCustomAttribute<RequiredMemberAttribute>() is not null;

    private static string JsonName(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private static IEnumerable<string> Members(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => f.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? f.Name);

    private static string? Words(JsonObject schema) => schema["enum"] is JsonArray words ? string.Join(", ", words.Select(w => w!.GetValue<string>())) : null;
    private static string Plain(JsonNode value) => value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
    private static string? Description(MemberInfo member) => member.GetCustomAttribute<DescriptionAttribute>()?.Text;
    private static Type Unwrap(Type type) => Nullable.GetUnderlyingType(type) ?? type;
    private static Type? Argument(Type type, Type definition, int index) => type.IsGenericType && type.GetGenericTypeDefinition() == definition ? type.GetGenericArguments()[index] : null;
    private static JsonNode Number(double value) => value == Math.Floor(value) ? JsonValue.Create((long)value) : JsonValue.Create(value);
}
