using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Tandem.Kubernetes.Events;
using Tandem.Kubernetes.Models;

namespace Tandem.Kubernetes.Serialization;

/// <summary>The kinds that come with Kubernetes. The rest of their types is found from them.</summary>
[JsonSerializable(typeof(CoreV1Event))]
[JsonSerializable(typeof(V1Beta1PodDisruptionBudget))]
[JsonSerializable(typeof(V1ClusterRole))]
[JsonSerializable(typeof(V1ClusterRoleBinding))]
[JsonSerializable(typeof(V1ConfigMap))]
[JsonSerializable(typeof(V1CustomResourceDefinition))]
[JsonSerializable(typeof(V1Endpoints))]
[JsonSerializable(typeof(V1Lease))]
[JsonSerializable(typeof(V1Namespace))]
[JsonSerializable(typeof(V1Node))]
[JsonSerializable(typeof(V1PersistentVolume))]
[JsonSerializable(typeof(V1PersistentVolumeClaim))]
[JsonSerializable(typeof(V1Pod))]
[JsonSerializable(typeof(V1PodDisruptionBudget))]
[JsonSerializable(typeof(V1Role))]
[JsonSerializable(typeof(V1RoleBinding))]
[JsonSerializable(typeof(V1Secret))]
[JsonSerializable(typeof(V1Service))]
[JsonSerializable(typeof(V1ServiceAccount))]
[JsonSerializable(typeof(V1StorageClass))]
[JsonSerializable(typeof(V1Status))]
[JsonSerializable(typeof(V1ListMeta))]
[JsonSerializable(typeof(V1Condition))]
[JsonSerializable(typeof(V1ObjectReference))]
[JsonSerializable(typeof(V1DeleteOptions))]
[JsonSerializable(typeof(VersionInfo))]
[JsonSerializable(typeof(EventPatch))]
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(JsonObject))]
public sealed partial class KubernetesJsonContext : JsonSerializerContext;
