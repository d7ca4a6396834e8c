using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Tests.Kubernetes.Client;

/// <summary>A custom resource whose definition nobody has installed.</summary>
[KubernetesEntity(Group = "tests.tandem.dev", ApiVersion = "v1", Kind = "NotServed", PluralName = "notserved")]
public sealed record NotServed : CustomKubernetesEntity<NotServed.NotServedSpec>
{
    public sealed record NotServedSpec : ExtensibleObject;
}

[JsonSerializable(typeof(NotServed))]
public sealed partial class NotServedContext : JsonSerializerContext
{
    [ModuleInitializer]
    internal static void Register() => KubernetesJson.Register(Default);
}
