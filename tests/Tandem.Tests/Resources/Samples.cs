using System.Text.Json;
using System.Text.Json.Nodes;
using Tandem.Kubernetes.Serialization;
using Tandem.Resources;
using Tandem.Tests.Support;

namespace Tandem.Tests.Resources;

/// <summary>Manifests that are right: those of config/samples, and the smallest that there can be.</summary>
public static class Samples
{
    static Samples() => KubernetesJson.Register(TandemJsonContext.Default);

    public static IReadOnlyList<(string File, JsonObject Manifest)> All() =>
        [.. Directory.EnumerateFiles(Repository.PathOf("config", "samples"), "*.yaml").Order(StringComparer.Ordinal)
            .SelectMany(f => Yaml.Read(File.ReadAllText(f)).Select(d => (Path.GetFileName(f), d.AsObject())))
            .Where(s => s.Item2["apiVersion"]!.GetValue<string>() == "tandem.dev/v1alpha1")];

    public static JsonObject Smallest(string kind) => Yaml.Read(kind == "DatabaseCluster"
        ? """
          apiVersion: tandem.dev/v1alpha1
          kind: DatabaseCluster
          metadata: {name: smallest}
          spec: {image: "postgres:17", storage: {size: 1Gi}}
          """
        : """
          apiVersion: tandem.dev/v1alpha1
          kind: DisasterRecoveryPair
          metadata: {name: smallest}
          spec:
            cluster: smallest
            primarySite: east
            sites:
            - {name: east, kubernetes: {kubeconfigSecret: east}}
            - {name: west, kubernetes: {kubeconfigSecret: west}}
          """).Single().AsObject();

    /// <summary>The spec as the operator has it, written down again.</summary>
    public static JsonNode ReadSpec(string kind, JsonNode manifest) => JsonNode.Parse(kind == "DatabaseCluster"
        ? KubernetesJson.Serialize(KubernetesJson.Deserialize<DatabaseCluster>(manifest.ToJsonString()))
        : KubernetesJson.Serialize(KubernetesJson.Deserialize<DisasterRecoveryPair>(manifest.ToJsonString())))!["spec"]!;
}
