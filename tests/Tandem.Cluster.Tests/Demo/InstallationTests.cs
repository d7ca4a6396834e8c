using Tandem.Sandbox;
using Tandem.Sandbox.Demo;
using Tandem.Sandbox.Host;

namespace Tandem.Cluster.Tests.Demo;

/// <summary>The chart, by real helm, into a real API server: what it makes there, and that a second time changes only what is another.</summary>
public sealed class InstallationTests
{
    [Fact]
    public async Task The_chart_is_installed_and_taken_up_again_and_another_image_is_rolled_out()
    {
        await using var server = await LoopbackApiServer.StartAsync();
        var kubectl = new Kubectl(server.KubeconfigPath);

        await Installation.ApplyAsync(kubectl, "east", "tandem-one", default);
        Assert.Equal("databaseclusters.tandem.dev disasterrecoverypairs.tandem.dev", await kubectl.RunAsync("get", "crd", "-o", "jsonpath={.items[*].metadata.name}"));
        Assert.Contains("--site=east", await DeploymentAsync(kubectl, "{.spec.template.spec.containers[0].args}"), StringComparison.Ordinal);
        var first = await DeploymentAsync(kubectl, "{.metadata.generation}");

        await Installation.ApplyAsync(kubectl, "east", "tandem-one", default);
        Assert.Equal(first, await DeploymentAsync(kubectl, "{.metadata.generation}"));

        await Installation.ApplyAsync(kubectl, "east", "tandem-two", default);
        Assert.NotEqual(first, await DeploymentAsync(kubectl, "{.metadata.generation}"));
        Assert.Equal("tandem-two", await DeploymentAsync(kubectl, "{.spec.template.metadata.annotations.sandbox-image}"));
    }

    private static Task<string> DeploymentAsync(Kubectl kubectl, string path) =>
        kubectl.RunAsync("--namespace", Installation.Namespace, "get", "deployment", Installation.Release, "-o", $"jsonpath={path}");
}
