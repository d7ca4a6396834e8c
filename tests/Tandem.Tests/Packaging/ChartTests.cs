using System.Text.Json.Nodes;
using System.Xml.Linq;
using Tandem.Sandbox.Host;
using Tandem.Tests.Support;

namespace Tandem.Tests.Packaging;

/// <summary>charts/tandem: what it makes of values, and which values it refuses.</summary>
public sealed class ChartTests
{
    [Fact]
    public async Task Passes_lint() => await Tools.TextAsync(Tools.HelmAsync("lint", "--strict", Chart.Folder, "--set", "site=east"));

    [Theory]
    [InlineData("/site")]
    [InlineData("/site", "site=")]
    [InlineData("/site", "site=East")]
    [InlineData("/site", "site=ost_1")]
    [InlineData("/site", "site=123456789012345678901234567890123")]
    [InlineData("/replicas", "site=east", "replicas=-1")]
    [InlineData("/replicas", "site=east", "replicas=two")]
    [InlineData("/image/pullPolicy", "site=east", "image.pullPolicy=Sometimes")]
    [InlineData("/image/digest", "site=east", "image.digest=sha256:abc")]
    [InlineData("/image/repository", "site=east", "image.repository=Tandem Image")]
    [InlineData("'tags'", "site=east", "image.tags=1")]
    [InlineData("/watchNamespaces/0", "site=east", "watchNamespaces={Shop}")]
    [InlineData("/watchNamespaces", "site=east", "watchNamespaces=shop")]
    [InlineData("/metrics/port", "site=east", "metrics.port=80")]
    [InlineData("/healthPort", "site=east", "healthPort=70000")]
    [InlineData("/nodeLossSeconds", "site=east", "nodeLossSeconds=-5")]
    [InlineData("/resources/limits/memory", "site=east", "resources.limits.memory=lots")]
    [InlineData("'sites'", "site=east", "sites=west")]
    public async Task Refuses_a_bad_value_and_names_it(string name, params string[] settings)
    {
        var outcome = await Chart.TemplateAsync(settings);
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains(name, outcome.Errors);
    }

    [Fact]
    public async Task Runs_the_operator_as_nobody_who_could_do_anything_else()
    {
        var pod = (await Chart.ObjectsAsync()).Only("Deployment")["spec"]!["template"]!["spec"]!;
        var context = pod["securityContext"]!;
        Assert.True(context["runAsNonRoot"]!.GetValue<bool>());
        Assert.Equal(65532, context["runAsUser"]!.GetValue<long>());
        Assert.Equal("RuntimeDefault", context["seccompProfile"]!["type"]!.GetValue<string>());
        Assert.Null(pod["hostNetwork"]);
        var container = Assert.Single(pod["containers"]!.AsArray())!["securityContext"]!;
        Assert.False(container["allowPrivilegeEscalation"]!.GetValue<bool>());
        Assert.True(container["readOnlyRootFilesystem"]!.GetValue<bool>());
        Assert.Equal(["ALL"], container["capabilities"]!["drop"].Texts());
    }

    [Fact]
    public async Task Tells_the_operator_its_site_its_namespaces_and_its_image()
    {
        var objects = await Chart.ObjectsAsync("watchNamespaces={shop,bank}", "image.repository=registry.example.com/tandem", "image.tag=1.2.3");
        var container = Container(objects);
        Assert.Equal("registry.example.com/tandem:1.2.3", container["image"]!.GetValue<string>());
        Assert.Equal(["/tandem/operator"], container["command"].Texts());
        Assert.Equal(["--site=east", "--namespace=shop", "--namespace=bank", "--agent-image=registry.example.com/tandem:1.2.3", "--metrics-port=8080", "--health-port=8081"], container["args"].Texts());
    }

    [Fact]
    public async Task Takes_an_image_by_digest_before_its_tag()
    {
        var digest = "sha256:" + new string('a', 64);
        Assert.Equal($"tandem.dev/tandem@{digest}", Container(await Chart.ObjectsAsync($"image.digest={digest}", "image.tag=1.2.3"))["image"]!.GetValue<string>());
    }

    [Fact]
    public async Task Version_is_the_programs_version()
    {
        var version = XDocument.Load(Path.Combine(SandboxPaths.Repository, "Directory.Build.props")).Descendants("Version").Single().Value;
        Assert.Equal($"tandem.dev/tandem:{version}", Container(await Chart.ObjectsAsync())["image"]!.GetValue<string>());
    }

    [Fact]
    public async Task Looks_after_all_namespaces_by_one_cluster_role()
    {
        var objects = await Chart.ObjectsAsync();
        Assert.DoesNotContain(objects, o => o["kind"]!.GetValue<string>() == "Role");
        Assert.True(Rules.Of(objects.Only("ClusterRole")).Allow("", "secrets", "create"));
    }

    [Fact]
    public async Task With_named_namespaces_has_no_power_over_others()
    {
        var objects = await Chart.ObjectsAsync("watchNamespaces={shop,bank}");
        var everywhere = Rules.Of(objects.Only("ClusterRole"));
        Assert.False(everywhere.Allow("", "secrets", "get"));
        Assert.False(everywhere.Allow("", "pods", "get"));
        Assert.False(everywhere.Allow("coordination.k8s.io", "leases", "get"));
        foreach (var shop in new[] { "shop", "bank" })
            Assert.Contains(objects, o => o["kind"]!.GetValue<string>() == "Role" && o["metadata"]!["namespace"]!.GetValue<string>() == shop && Rules.Of(o).Allow("", "secrets", "create"));
        Assert.Contains(objects, o => o["kind"]!.GetValue<string>() == "Role" && o["metadata"]!["namespace"]!.GetValue<string>() == Chart.Namespace && Rules.Of(o).Allow("coordination.k8s.io", "leases", "update"));
    }

    [Fact]
    public async Task Neither_escalates_nor_impersonates_nor_asks_for_everything()
    {
        foreach (var role in (await Chart.ObjectsAsync("watchNamespaces={shop}")).Concat(await Chart.ObjectsAsync()).Where(o => o["kind"]!.GetValue<string>() is "Role" or "ClusterRole"))
            foreach (var rule in role["rules"]!.AsArray())
            {
                Assert.DoesNotContain("*", rule!["apiGroups"].Texts().Concat(rule["resources"].Texts()).Concat(rule["verbs"].Texts()));
                Assert.Empty(rule["verbs"].Texts().Intersect(["escalate", "bind", "impersonate"]));
            }
    }

    [Fact]
    public async Task Leaves_a_lost_node_soon()
    {
        var tolerations = (await Chart.ObjectsAsync("nodeLossSeconds=7")).Only("Deployment")["spec"]!["template"]!["spec"]!["tolerations"]!.AsArray();
        Assert.All(tolerations, t => Assert.Equal(7, t!["tolerationSeconds"]!.GetValue<long>()));
        Assert.Equal(["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"], tolerations.Select(t => t!["key"]!.GetValue<string>()));
    }

    private static JsonNode Container(IEnumerable<JsonNode> objects) => objects.Only("Deployment")["spec"]!["template"]!["spec"]!["containers"]![0]!;
}
