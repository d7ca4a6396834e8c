using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Nodes;

namespace Tandem.Kubernetes.Crds;

/// <summary>
/// Makes the CustomResourceDefinition of a class that bears <see cref="KubernetesEntityAttribute"/> and has the properties Spec and Status.
/// A tool of the build: it reads types by reflection and has no place in a trimmed program.
/// </summary>
[RequiresUnreferencedCode("reads properties and attributes of the resource's types")]
[RequiresDynamicCode("makes instances of the resource's types to read their defaults")]
public static class CrdGenerator
{
    public static JsonObject Generate(Type type)
    {
        var entity = type.GetCustomAttribute<KubernetesEntityAttribute>() ?? throw new ArgumentException($"{type} bears no [KubernetesEntity]", nameof(type));
        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = $"{entity.Plural}.{entity.Group}" },
            ["spec"] = new JsonObject
            {
                ["group"] = entity.Group,
                ["names"] = Names(type, entity),
                ["scope"] = entity.ClusterScoped ? "Cluster" : "Namespaced",
                ["versions"] = new JsonArray(Version(type, entity)),
            },
        };
    }

    /// <summary>The same as YAML text, with a comment in front that says how to make it anew.</summary>
    public static string GenerateYaml(Type type, string comment) => $"# {comment}\n" + YamlText.Write(Generate(type));

    private static JsonObject Names(Type type, KubernetesEntityAttribute entity)
    {
        var names = new JsonObject
        {
            ["kind"] = entity.Kind,
            ["listKind"] = entity.Kind + "List",
            ["plural"] = entity.Plural,
            ["singular"] = entity.Kind.ToLowerInvariant(),
        };
        if (type.GetCustomAttribute<KubernetesEntityShortNamesAttribute>() is { } shortNames) names["shortNames"] = SchemaGenerator.Strings(shortNames.ShortNames);
        if (type.GetCustomAttribute<KubernetesEntityCategoriesAttribute>() is { } categories) names["categories"] = SchemaGenerator.Strings(categories.Categories);
        return names;
    }

    private static JsonObject Version(Type type, KubernetesEntityAttribute entity) => new()
    {
        ["name"] = entity.ApiVersion,
        ["served"] = true,
        ["storage"] = true,
        ["subresources"] = new JsonObject { ["status"] = new JsonObject() },
        ["additionalPrinterColumns"] = new JsonArray([.. type.GetCustomAttributes<GenericAdditionalPrinterColumnAttribute>().Select(Column)]),
        ["schema"] = new JsonObject { ["openAPIV3Schema"] = SchemaGenerator.Root(type) },
    };

    private static JsonObject Column(GenericAdditionalPrinterColumnAttribute column)
    {
        var result = new JsonObject { ["name"] = column.Name, ["type"] = column.Type, ["jsonPath"] = column.JsonPath };
        if (column.Description is not null) result["description"] = column.Description;
        if (column.Priority != 0) result["priority"] = column.Priority;
        return result;
    }
}
