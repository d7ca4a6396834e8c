using System.Collections.Concurrent;
using System.Reflection;
using Tandem.Kubernetes.Crds;

namespace Tandem.Kubernetes.Serialization;

/// <summary>What <see cref="KubernetesEntityAttribute"/> says of a type.</summary>
public sealed record EntityMetadata(string Group, string Version, string Kind, string PluralName)
{
    private static readonly ConcurrentDictionary<Type, EntityMetadata> Known = new();

    /// <summary>As in an object's <c>apiVersion</c>: <c>v1</c>, <c>apps/v1</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <exception cref="InvalidOperationException">The type has no <see cref="KubernetesEntityAttribute"/>.</exception>
    public static EntityMetadata Of<T>() => Of(typeof(T));

    /// <inheritdoc cref="Of{T}"/>
    public static EntityMetadata Of(Type type) => Known.GetOrAdd(type, Read);

    private static EntityMetadata Read(Type type)
    {
        var attribute = type.GetCustomAttribute<KubernetesEntityAttribute>(inherit: false)
            ?? throw new InvalidOperationException($"{type.Name} has no [KubernetesEntity]");
        return new EntityMetadata(attribute.Group, attribute.ApiVersion, attribute.Kind, attribute.Plural);
    }
}
