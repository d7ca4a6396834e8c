using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Kubernetes.Client;

/// <summary>Addresses below the API server's root, without a leading slash.</summary>
internal static class ResourcePath
{
    /// <summary>All objects of a type, of one namespace or (null) of all, or of a type that lives in none.</summary>
    public static string Collection<T>(string? @namespace) where T : IKubernetesObject
    {
        var entity = EntityMetadata.Of<T>();
        var root = entity.Group.Length == 0 ? $"api/{entity.Version}" : $"apis/{entity.Group}/{entity.Version}";
        return @namespace is null ? $"{root}/{entity.PluralName}" : $"{root}/namespaces/{Segment(@namespace)}/{entity.PluralName}";
    }

    public static string Object<T>(string name, string? @namespace, string? subresource = null) where T : IKubernetesObject =>
        $"{Collection<T>(@namespace)}/{Segment(name)}{(subresource is null ? "" : "/" + subresource)}";

    public static string Query(params ReadOnlySpan<(string Key, string? Value)> parameters)
    {
        var query = "";
        foreach (var (key, value) in parameters)
        {
            if (value is null) continue;
            query += $"{(query.Length == 0 ? '?' : '&')}{key}={Uri.EscapeDataString(value)}";
        }
        return query;
    }

    /// <summary>A name out of a user's manifest must not lead to another object ("..", "a/b").</summary>
    private static string Segment(string name) =>
        name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny('/', '%', '\\')
            ? throw new ArgumentException($"'{name}' is not a name of an object")
            : Uri.EscapeDataString(name);
}
