using System.Text.Json.Nodes;
using Tandem.Cli;
using Tandem.Kubernetes.Client;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Tests.Support;

namespace Tandem.Tests.Cli;

[Collection(ApiServerCollection.Name), Requirement("A12", "E14")]
public sealed class SwitchoverVerbTests(ApiServerFixture server)
{
    [Fact]
    public async Task Asks_the_named_instance_in_the_epoch_of_the_record()
    {
        var world = await WorldAsync();
        await world.Terminal().DoneAsync("switchover", "orders", "--to", "orders-2");
        var asked = await RequestAsync(world);
        Assert.Equal("orders-2", asked["to"]!.GetValue<string>());
        Assert.Equal(7, asked["fromEpoch"]!.GetValue<long>());
        Assert.NotEmpty(asked["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Without_a_name_takes_the_standby_that_lacks_least()
    {
        var world = await WorldAsync();
        await world.Terminal().DoneAsync("switchover", "orders");
        Assert.Equal("orders-3", (await RequestAsync(world))["to"]!.GetValue<string>());
    }

    [Fact]
    public async Task Without_a_name_takes_a_higher_priority_first()
    {
        var world = await WorldAsync();
        await world.ChangeStatusAsync(status => status.Instances[1].Priority = 5);
        await world.Terminal().DoneAsync("switchover", "orders");
        Assert.Equal("orders-2", (await RequestAsync(world))["to"]!.GetValue<string>());
    }

    [Fact]
    public async Task Asked_twice_is_asked_once()
    {
        var world = await WorldAsync();
        await world.Terminal().DoneAsync("switchover", "orders", "--to", "orders-2");
        var first = await RequestAsync(world);
        await world.Terminal().DoneAsync("switchover", "orders", "--to", "orders-2");
        Assert.Equal(first.ToJsonString(), (await RequestAsync(world)).ToJsonString());
        Assert.Contains("orders-2 is under way", await world.Terminal().RefusedAsync(ExitCodes.Refused, "switchover", "orders", "--to", "orders-3"));
    }

    [Fact]
    public async Task A_request_of_an_older_epoch_is_replaced()
    {
        var world = await WorldAsync(cluster => cluster.Metadata.Annotations = new() { [Names.SwitchoverAnnotation] = """{"id":"old","to":"orders-3","fromEpoch":6}""" });
        await world.Terminal().DoneAsync("switchover", "orders", "--to", "orders-2");
        Assert.Equal(7, (await RequestAsync(world))["fromEpoch"]!.GetValue<long>());
    }

    [Fact]
    public async Task Goes_on_where_the_operator_wrote_in_between()
    {
        var world = await WorldAsync();
        var written = 0;
        using var client = new KubernetesClient(server.Configuration, handler: new BetweenRequests(async request =>
        {
            if (request.Method == HttpMethod.Patch && written++ == 0) await world.ChangeStatusAsync(status => status.Version = "17.4");
        }, new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true, ClientCertificates = server.Configuration.ClientCertificate } }));
        await world.Terminal(client: client).DoneAsync("switchover", "orders", "--to", "orders-2");
        Assert.Equal(2, written);
        Assert.Equal("orders-2", (await RequestAsync(world))["to"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("orders-1", "is the primary already")]
    [InlineData("orders-9", "is no instance of orders (standbys: orders-2, orders-3)")]
    [InlineData("orders-2", "cannot be promoted now: it is cloned anew")]
    public async Task Refuses_whom_it_cannot_be(string to, string why)
    {
        var world = await WorldAsync();
        await world.ChangeStatusAsync(status => (status.Instances[1].Promotable, status.Instances[1].Message) = (false, "it is cloned anew"));
        Assert.Contains(why, await world.Terminal().RefusedAsync(ExitCodes.Refused, "switchover", "orders", "--to", to));
        Assert.Null((await ReadAsync(world)).Metadata.Annotations?.GetValueOrDefault(Names.SwitchoverAnnotation));
    }

    [Fact]
    public async Task Refuses_where_nobody_can_be()
    {
        var world = await WorldAsync();
        await world.ChangeStatusAsync(status => status.Instances.ForEach(i => i.Promotable = false));
        Assert.Contains("no standby that can be promoted", await world.Terminal().RefusedAsync(ExitCodes.Refused, "switchover", "orders"));
    }

    [Fact]
    public async Task Waits_until_the_new_primary_takes_writes()
    {
        var world = await WorldAsync();
        var terminal = world.Terminal();
        var running = terminal.RunAsync("switchover", "orders", "--to", "orders-2", "--wait", "--timeout", "30");
        await Eventually.TrueAsync(async () => (await ReadAsync(world)).Metadata.Annotations?.ContainsKey(Names.SwitchoverAnnotation) == true);
        await world.ChangeStatusAsync(status => status.Conditions[0].Status = "False");
        await world.ChangeStatusAsync(status => (status.Epoch, status.Primary) = (new Epoch(8), "orders-2"));
        Assert.False(running.IsCompleted);
        await world.ChangeStatusAsync(status =>
        {
            status.Conditions[0].Status = "True";
            status.History = [new() { Epoch = new Epoch(8), From = "orders-1", To = "orders-2", Reason = "Switchover", SecondsUnavailable = 0.8 }];
        });
        Assert.Equal(ExitCodes.Done, await running.EndsAsync());
        Assert.Equal("orders-2 is primary since epoch 8, 0.8 s without writes\n", terminal.Out);
    }

    [Fact]
    public async Task Says_when_another_was_elected_instead()
    {
        var world = await WorldAsync();
        var terminal = world.Terminal();
        var running = terminal.RefusedAsync(ExitCodes.Refused, "switchover", "orders", "--to", "orders-2", "--wait", "--timeout", "30");
        await Eventually.TrueAsync(async () => (await ReadAsync(world)).Metadata.Annotations?.ContainsKey(Names.SwitchoverAnnotation) == true);
        await world.ChangeStatusAsync(status => (status.Epoch, status.Primary) = (new Epoch(8), "orders-3"));
        Assert.Contains("orders-3 holds the record since epoch 8, not orders-2", await running.EndsAsync());
    }

    [Fact]
    public async Task Does_not_wait_for_ever()
    {
        var world = await WorldAsync();
        Assert.Contains("orders-2 is not primary after 1 s", await world.Terminal().RefusedAsync(ExitCodes.TimedOut, "switchover", "orders", "--to", "orders-2", "--wait", "--timeout", "1"));
    }

    private async Task<CliWorld> WorldAsync(Action<DatabaseCluster>? change = null, [System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var world = await CliWorld.MakeAsync(server, await server.NamespaceAsync(test));
        await world.ClusterAsync(change);
        return world;
    }

    private static async Task<DatabaseCluster> ReadAsync(CliWorld world) => (await world.Client.GetAsync<DatabaseCluster>("orders", world.Namespace, CancellationToken.None))!;

    private static async Task<JsonNode> RequestAsync(CliWorld world) => JsonNode.Parse((await ReadAsync(world)).Metadata.Annotations![Names.SwitchoverAnnotation])!;
}
