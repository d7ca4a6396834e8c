using System.Text.Json.Nodes;
using Tandem.Sandbox;
using Tandem.Sandbox.Host;

namespace Tandem.Cluster.Tests.Sandbox;

public sealed class LoopbackApiServerTests
{
    [Fact]
    public async Task Serves_keeps_what_was_written_over_a_restart_and_leaves_nothing()
    {
        string folder;
        await using (var server = await LoopbackApiServer.StartAsync())
        {
            folder = server.Folder;
            await RunAsync(server, "create", "configmap", "kept", "--from-literal=answer=42");
            Assert.Equal("yes", await RunAsync(server, "auth", "can-i", "create", "leases.coordination.k8s.io"));
            Assert.Equal("no", (await TryAsync(server, "auth", "can-i", "create", "leases.coordination.k8s.io", "--as=nobody")).Output);

            await server.StopApiServerAsync();
            var refused = await TryAsync(server, "get", "configmap", "kept");
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("refused", refused.Errors, StringComparison.Ordinal);

            await server.StartApiServerAsync();
            var map = JsonNode.Parse(await RunAsync(server, "get", "configmap", "kept", "-o", "json"));
            Assert.Equal("42", map?["data"]?["answer"]?.GetValue<string>());
        }

        Assert.False(Directory.Exists(folder));
        Assert.DoesNotContain(HostProcess.All(), process => process.CommandLine().Contains(folder, StringComparison.Ordinal));
    }

    private static async Task<string> RunAsync(LoopbackApiServer server, params string[] arguments) =>
        await new Kubectl(server.KubeconfigPath).RunAsync(arguments);

    private static async Task<CommandResult> TryAsync(LoopbackApiServer server, params string[] arguments) =>
        await new Kubectl(server.KubeconfigPath).TryAsync(arguments);
}
