using Tandem.Cli;
using Tandem.Resources;
using Tandem.Tests.Support;

namespace Tandem.Tests.Cli;

[Collection(ApiServerCollection.Name), Requirement("B2", "B15")]
public sealed class FailoverVerbTests(ApiServerFixture server)
{
    [Fact]
    public async Task Names_the_present_pair_epoch_and_the_site()
    {
        var world = await WorldAsync(AtWest());
        await world.Terminal().DoneAsync("failover", "orders", "--to", "west", "--yes");
        var spec = (await ReadAsync(world)).Spec;
        Assert.Equal("west", spec.PrimarySite);
        Assert.Equal(3, spec.Failover.FromEpoch);
        Assert.Equal(PairFailoverMode.Manual, spec.Failover.Mode);
    }

    [Fact]
    public async Task Says_what_it_may_lose_before_it_asks()
    {
        var world = await WorldAsync(AtWest());
        var before = await world.SaidBeforeAskingAsync("west", "failover", "orders", "--to", "west");
        Assert.Contains("Site east was last seen 5 min ago", before);
        Assert.Contains("What may be lost: not known", before);
        Assert.Equal("west", (await ReadAsync(world)).Spec.PrimarySite);
    }

    [Fact]
    public async Task Tells_that_a_site_that_can_be_read_could_switch_over_without_loss()
    {
        var world = await WorldAsync(AtWest() with { Peer = new() { Site = "east", Reachable = true, LastSeen = DateTimeOffset.UtcNow } });
        var terminal = world.Terminal();
        await terminal.DoneAsync("failover", "orders", "--to", "west", "--yes");
        Assert.Contains("a switchover loses nothing", terminal.Errors);
    }

    [Fact]
    public async Task The_stronger_word_names_the_same_epoch_and_says_what_it_costs()
    {
        var world = await WorldAsync(AtWest() with { Peer = new() { Site = "east", Reachable = true, LastSeen = DateTimeOffset.UtcNow } });
        var terminal = world.Terminal();
        await terminal.DoneAsync("failover", "orders", "--to", "west", "--abandon-peer", "--yes");
        Assert.Contains("both sites take writes until", terminal.Errors);
        var failover = (await ReadAsync(world)).Spec.Failover;
        Assert.Equal((3, 3), (failover.FromEpoch, failover.AbandonPeerFromEpoch));
    }

    [Fact]
    public async Task Another_answer_changes_nothing()
    {
        var world = await WorldAsync(AtWest());
        Assert.Contains("nothing was changed", await world.Terminal(_ => "yes").RefusedAsync(ExitCodes.Refused, "failover", "orders", "--to", "west"));
        Assert.Contains("--yes", await world.Terminal().RefusedAsync(ExitCodes.Refused, "failover", "orders", "--to", "west"));
        Assert.Equal("east", (await ReadAsync(world)).Spec.PrimarySite);
    }

    [Theory]
    [InlineData("north", "has no site north (sites: east, west)")]
    [InlineData("east", "site east is primary already")]
    public async Task Refuses_a_site_that_cannot_take_over(string to, string why)
    {
        var world = await WorldAsync(AtWest());
        Assert.Contains(why, await world.Terminal().RefusedAsync(ExitCodes.Refused, "failover", "orders", "--to", to, "--yes"));
    }

    [Fact]
    public async Task Refuses_at_the_wrong_site()
    {
        var world = await WorldAsync(AtWest() with { Site = "east" });
        Assert.Contains("this is the API server of site east", await world.Terminal().RefusedAsync(ExitCodes.Refused, "failover", "orders", "--to", "west", "--yes"));
    }

    [Fact]
    public async Task Refuses_a_pair_that_is_not_yet_one()
    {
        var world = await WorldAsync(null);
        Assert.Contains("no pair epoch yet", await world.Terminal().RefusedAsync(ExitCodes.Refused, "failover", "orders", "--to", "west", "--yes"));
    }

    private static DisasterRecoveryPairStatus AtWest() => new()
    {
        Site = "west",
        Role = ClusterRunMode.Standby,
        PrimarySite = "east",
        StandbySite = "west",
        Epoch = 3,
        Peer = new() { Site = "east", Reachable = false, LastSeen = DateTimeOffset.UtcNow.AddMinutes(-5) },
    };

    private async Task<CliWorld> WorldAsync(DisasterRecoveryPairStatus? status, [System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var world = await CliWorld.MakeAsync(server, await server.NamespaceAsync(test));
        await world.PairAsync(status);
        return world;
    }

    private static async Task<DisasterRecoveryPair> ReadAsync(CliWorld world) => (await world.Client.GetAsync<DisasterRecoveryPair>("orders", world.Namespace, CancellationToken.None))!;
}
