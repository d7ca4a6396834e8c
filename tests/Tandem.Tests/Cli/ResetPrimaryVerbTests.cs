using System.Text.Json.Nodes;
using Tandem.Cli;
using Tandem.Kubernetes.Models;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Tests.Support;

namespace Tandem.Tests.Cli;

[Collection(ApiServerCollection.Name), Requirement("E14")]
public sealed class ResetPrimaryVerbTests(ApiServerFixture server)
{
    [Fact]
    public async Task Names_what_the_instance_itself_has_obeyed_last()
    {
        var world = await HeldAsync();
        await world.Terminal().DoneAsync("reset-primary", "orders", "--to", "orders-2", "--yes");
        var request = JsonNode.Parse((await ReadAsync(world)).Metadata.Annotations![Names.ResetAnnotation])!;
        Assert.Equal(("orders-2", 7L, 3L), (request["to"]!.GetValue<string>(), request["fromEpoch"]!.GetValue<long>(), request["fromRevision"]!.GetValue<long>()));
    }

    [Fact]
    public async Task Says_what_it_may_lose_before_it_asks()
    {
        var world = await HeldAsync();
        var before = await world.SaidBeforeAskingAsync("orders-2", "reset-primary", "orders", "--to", "orders-2");
        Assert.Contains("missing: orders-1", before);
        Assert.Contains("every commit that the others have acknowledged and orders-2 has not received", before);
    }

    [Fact]
    public async Task Another_answer_changes_nothing()
    {
        var world = await HeldAsync();
        Assert.Contains("nothing was changed", await world.Terminal(_ => "yes").RefusedAsync(ExitCodes.Refused, "reset-primary", "orders", "--to", "orders-2"));
        Assert.Contains("--yes", await world.Terminal().RefusedAsync(ExitCodes.Refused, "reset-primary", "orders", "--to", "orders-2"));
        Assert.Null((await ReadAsync(world)).Metadata.Annotations?.GetValueOrDefault(Names.ResetAnnotation));
    }

    [Fact]
    public async Task Refuses_while_there_is_a_primary()
    {
        var world = await CliWorld.MakeAsync(server, await server.NamespaceAsync());
        await world.ClusterAsync();
        Assert.Contains("orders has a primary, orders-1", await world.Terminal().RefusedAsync(ExitCodes.Refused, "reset-primary", "orders", "--to", "orders-2", "--yes"));
    }

    [Theory]
    [InlineData("orders-9", "orders-9 is no instance of orders")]
    [InlineData("orders-1", "nothing is heard of orders-1")]
    public async Task Refuses_an_instance_that_could_not_act_on_it(string to, string why)
    {
        var world = await HeldAsync(to);
        Assert.Contains(why, await world.Terminal().RefusedAsync(ExitCodes.Refused, "reset-primary", "orders", "--to", to, "--yes"));
    }

    /// <summary>The record is older than what orders-2 and orders-3 remember, and orders-1 is not heard.</summary>
    private async Task<CliWorld> HeldAsync(string? name = null, [System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var world = await CliWorld.MakeAsync(server, await server.NamespaceAsync(test + name));
        await world.ClusterAsync();
        await world.ChangeStatusAsync(status =>
        {
            foreach (var instance in status.Instances.Where(i => i.Name != "orders-1")) (instance.Epoch, instance.Revision, instance.State) = (new Epoch(7), 3, InstanceState.Held);
            status.Conditions = [new V1Condition { Type = ConditionTypes.Ready, Status = "False", Reason = "RecordRegressed", Message = "missing: orders-1 (does not answer)", LastTransitionTime = DateTimeOffset.UnixEpoch }];
        });
        return world;
    }

    private static async Task<DatabaseCluster> ReadAsync(CliWorld world) => (await world.Client.GetAsync<DatabaseCluster>("orders", world.Namespace, CancellationToken.None))!;
}
