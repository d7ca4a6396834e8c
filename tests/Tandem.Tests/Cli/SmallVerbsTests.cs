using Tandem.Cli;
using Tandem.Cli.Output;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Tests.Support;

namespace Tandem.Tests.Cli;

[Collection(ApiServerCollection.Name), Requirement("E14")]
public sealed class SmallVerbsTests(ApiServerFixture server)
{
    [Fact]
    public async Task Primary_is_the_holder_of_the_record_even_where_the_status_is_older()
    {
        var world = await WorldAsync();
        await world.ChangeStatusAsync(status => status.Primary = "orders-3");
        Assert.Equal("orders-1\n", await world.Terminal().DoneAsync("primary", "orders"));
    }

    [Fact]
    public async Task Primary_complains_while_there_is_none()
    {
        var world = await WorldAsync();
        var record = (await world.Client.GetAsync<V1Lease>("orders", world.Namespace, CancellationToken.None))!;
        record.Spec!.HolderIdentity = null;
        CliWorld.Applied(await world.Client.SwapAsync(record, CancellationToken.None));
        Assert.Contains("an election is under way", await world.Terminal().RefusedAsync(ExitCodes.Refused, "primary", "orders"));
    }

    [Fact]
    public async Task Primary_does_not_name_a_main_standby()
    {
        var world = await WorldAsync();
        await world.ChangeStatusAsync(status => status.RunMode = ClusterRunMode.Standby);
        Assert.Contains("its main standby is orders-1", await world.Terminal().RefusedAsync(ExitCodes.Refused, "primary", "orders"));
    }

    [Fact]
    public async Task Pause_and_resume_set_the_spec_and_nothing_else()
    {
        var world = await WorldAsync();
        var before = await ReadAsync(world);
        Assert.Contains("orders is paused", await world.Terminal().DoneAsync("pause", "orders"));
        Assert.True((await ReadAsync(world)).Spec.Paused);
        Assert.Contains("already", await world.Terminal().DoneAsync("pause", "orders"));
        await world.Terminal().DoneAsync("resume", "orders");
        var after = await ReadAsync(world);
        Assert.False(after.Spec.Paused);
        Assert.Equal(before.Spec.Image, after.Spec.Image);
        Assert.Equal(before.Metadata.Generation + 2, after.Metadata.Generation);
    }

    [Fact]
    public async Task History_shows_each_reign()
    {
        var world = await WorldAsync();
        await world.ChangeStatusAsync(status => status.History =
        [
            new() { Epoch = new Epoch(7), From = "orders-2", To = "orders-1", Reason = "Failover", Message = "node lost", At = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), SecondsUnavailable = 2.6 },
            new() { Epoch = new Epoch(1), To = "orders-2", Reason = "Founded" },
        ]);
        var lines = (await world.Terminal().DoneAsync("history", "orders")).Split('\n');
        Assert.Equal(["EPOCH", "FROM", "TO", "AT", "WITHOUT", "WRITES", "REASON", "MESSAGE"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("7 orders-2 orders-1 2026-01-02 03:04:05Z 2.6 s Failover node lost".Split(' '), lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("1 - orders-2 - - Founded -".Split(' '), lines[2].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Status_shows_the_cluster_and_its_pair_by_the_name_of_either()
    {
        var world = await WorldAsync(cluster => cluster.Spec.Pair = "orders");
        Assert.Contains("Pair " + world.Namespace + "/orders does not exist", await world.Terminal().DoneAsync("status", "orders"));
        await world.PairAsync(new DisasterRecoveryPairStatus { Site = "east", PrimarySite = "east", StandbySite = "west", Phase = PairPhase.Streaming, Epoch = 3 });
        var text = await world.Terminal().DoneAsync("status", "orders");
        Assert.Contains($"Cluster {world.Namespace}/orders", text);
        Assert.Contains("orders-2", text);
        Assert.Contains($"Pair {world.Namespace}/orders   east → west   Streaming   pair epoch 3", text);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("switchover")]
    [InlineData("history")]
    [InlineData("primary")]
    [InlineData("pause")]
    [InlineData("resume")]
    public async Task A_name_that_is_not_there_is_told_with_the_way_to_the_right_one(string verb)
    {
        var world = await CliWorld.MakeAsync(server, await server.NamespaceAsync($"absent-{verb}"));
        var complaint = await world.Terminal().RefusedAsync(ExitCodes.Refused, verb, "order");
        Assert.Contains("order in namespace " + world.Namespace, complaint);
        Assert.Contains("kubectl get ", complaint);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_one_line()
    {
        var nowhere = new KubernetesClientConfiguration { Server = new Uri("https://127.0.0.1:1") };
        using var client = new KubernetesClient(nowhere, new KubernetesClientOptions { ReadRetries = 0 });
        Assert.Contains("the API server does not answer", await new Terminal(client, nowhere, "shop").RefusedAsync(ExitCodes.Refused, "status", "orders"));
    }

    [Theory]
    [InlineData("--timeout must be 1 to 86400 seconds", "switchover", "orders", "--timeout", "0")]
    [InlineData("cleanup", "cleanup", "orders")]
    [InlineData("--to", "failover", "orders")]
    public async Task A_wrong_command_line_is_told_without_the_help(string what, params string[] arguments)
    {
        var terminal = new Terminal(server.Client, server.Configuration, "shop");
        Assert.Equal(ExitCodes.Refused, await terminal.RunAsync(arguments));
        Assert.Contains(what, terminal.Errors);
        Assert.DoesNotContain("Usage:", terminal.Out + terminal.Errors);
    }

    [Fact]
    public void Verbs_that_are_not_built_are_not_listed()
    {
        var listed = CommandTree.Build((_, _, _) => throw new InvalidOperationException()).Subcommands.Select(c => c.Name).Order(StringComparer.Ordinal);
        Assert.Equal(["failover", "history", "letter", "link", "override", "pause", "primary", "reset-primary", "resume", "status", "switchover"], listed);
    }

    private async Task<CliWorld> WorldAsync(Action<DatabaseCluster>? change = null, [System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var world = await CliWorld.MakeAsync(server, await server.NamespaceAsync(test));
        await world.ClusterAsync(change);
        return world;
    }

    private static async Task<DatabaseCluster> ReadAsync(CliWorld world) => (await world.Client.GetAsync<DatabaseCluster>("orders", world.Namespace, CancellationToken.None))!;
}
