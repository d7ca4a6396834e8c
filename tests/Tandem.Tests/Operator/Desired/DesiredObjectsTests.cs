using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Operator.Clusters.Desired;
using Tandem.Resources;
using Tandem.Tests.Support;

namespace Tandem.Tests.Operator.Desired;

/// <summary>One folder a case: cluster.yaml in, expected.yaml out. With TANDEM_WRITE_EXPECTED=1 the latter is written anew, to be read before it is committed.</summary>
public sealed class DesiredObjectsTests
{
    private static readonly PodSettings Settings = new("east", "tandem:test");

    static DesiredObjectsTests() => KubernetesJson.Register(TandemJsonContext.Default);

    public static TheoryData<string> Cases() => new(Directory.GetDirectories(Here()).Select(d => Path.GetFileName(d)!).Order());

    [Theory, MemberData(nameof(Cases))]
    public void Objects_are_as_expected(string @case)
    {
        var folder = Path.Combine(Here(), @case);
        var cluster = KubernetesJson.Deserialize<DatabaseCluster>(Yaml.Read(File.ReadAllText(Path.Combine(folder, "cluster.yaml"))).Single().ToJsonString());
        cluster.Metadata.Uid = "00000000-0000-0000-0000-00000000c1c1";

        var actual = Yaml.Write(Build(cluster));

        var expected = Path.Combine(folder, "expected.yaml");
        if (Environment.GetEnvironmentVariable("TANDEM_WRITE_EXPECTED") == "1") File.WriteAllText(expected, actual);
        Assert.Equal(File.ReadAllText(expected), actual);
    }

    [Fact]
    public void Nothing_that_belongs_to_the_agents_is_ever_written()
    {
        var cluster = KubernetesJson.Deserialize<DatabaseCluster>(Yaml.Read(File.ReadAllText(Path.Combine(Here(), "pair", "cluster.yaml"))).Single().ToJsonString());
        cluster.Metadata.Uid = "u";

        Assert.Null(ServiceBuilder.ReadWrite(cluster).Spec!.Selector);
        Assert.Null(ServiceBuilder.Replication(cluster).Spec!.Selector);
        Assert.DoesNotContain(PodBuilder.Build(cluster, "orders-1", "claim", Settings).Metadata.Labels!.Keys, k => k is Names.RoleLabel or Names.ReadableLabel);
    }

    [Fact]
    public void A_pod_of_another_template_bears_another_hash_and_of_the_same_the_same()
    {
        var cluster = KubernetesJson.Deserialize<DatabaseCluster>(Yaml.Read(File.ReadAllText(Path.Combine(Here(), "defaults", "cluster.yaml"))).Single().ToJsonString());
        cluster.Metadata.Uid = "u";
        string Hash() => PodBuilder.Build(cluster, "orders-1", "claim", Settings).Metadata.Annotations![PodBuilder.TemplateAnnotation];
        var before = Hash();

        Assert.Equal(before, Hash());
        cluster.Spec.Parameters["work_mem"] = "8MB"; // the agents' affair
        Assert.Equal(before, Hash());
        cluster.Spec.Image = "postgres:18";
        Assert.NotEqual(before, Hash());
    }

    private static IEnumerable<JsonNode> Build(DatabaseCluster cluster)
    {
        var instance = Names.Instance(cluster.Metadata.Name!, 1);
        yield return Json(AccountBuilder.Account(cluster));
        yield return Json(AccountBuilder.Role(cluster));
        yield return Json(AccountBuilder.Binding(cluster));
        yield return Json(ServiceBuilder.ReadWrite(cluster));
        yield return Json(ServiceBuilder.ReadOnly(cluster));
        yield return Json(ServiceBuilder.Read(cluster));
        yield return Json(ServiceBuilder.Replication(cluster));
        yield return Json(DisruptionBudgetBuilder.Build(cluster));
        yield return Json(ApplicationSecretBuilder.Build(cluster, "drawn-by-the-operator"));
        yield return Json(ClaimBuilder.Build(cluster, instance));
        yield return Json(PodBuilder.Build(cluster, instance, "00000000-0000-0000-0000-0000000c1a1a", Settings));
    }

    private static JsonNode Json<T>(T value) where T : class, IKubernetesObject
    {
        var node = JsonNode.Parse(KubernetesJson.Serialize(value))!.AsObject();
        node.Insert(0, "kind", ObjectKinds.Of<T>());
        return node;
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
