using System.Reflection;
using Tandem.Kubernetes.Crds;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>The kind of an API type, as manifests and people say it.</summary>
public static class ObjectKinds
{
    public static string Of<T>() => OfType<T>.Kind;

    /// <summary>Looked up once for each type.</summary>
    private static class OfType<T>
    {
        public static readonly string Kind = typeof(T).GetCustomAttribute<KubernetesEntityAttribute>()?.Kind ?? throw new InvalidOperationException($"{typeof(T).Name} is no API type");
    }
}
