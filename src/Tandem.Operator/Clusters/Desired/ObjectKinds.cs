using System.Reflection;
using Tandem.Kubernetes.Crds;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>The kind of an API type, as manifests and people say it.</summary>
public static class ObjectKinds
{
    public static string Of<T>() => typeof(T).GetCustomAttribute<KubernetesEntityAttribute>()?.Kind ?? throw new InvalidOperationException($"{typeof(T).Name} is no API type");
}
