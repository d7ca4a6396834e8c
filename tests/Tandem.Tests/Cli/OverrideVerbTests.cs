using Tandem.Cli;
using Tandem.Resources;
using Tandem.Tests.Support;

namespace Tandem.Tests.Cli;

[Collection(ApiServerCollection.Name), Requirement("B14")]
public sealed class OverrideVerbTests(ApiServerFixture server)
{
    [Fact]
    public async Task Names_the_present_pair_epoch_and_this_very_site()
    {
        var world = await WorldAsync(InDoubt());
        var terminal = world.Terminal();
        await terminal.DoneAsync("override", "orders", "--yes");
        Assert.Contains("if site west took over, every write", terminal.Errors);
        var spec = (await ReadAsync(world)).Spec;
        Assert.Equal(("east", 3L, (long?)null), (spec.PrimarySite, spec.Failover.OverrideFromEpoch, spec.Failover.FromEpoch));
    }

    [Fact]
    public async Task Another_answer_changes_nothing()
    {
        var world = await WorldAsync(InDoubt());
        Assert.Contains("nothing was changed", await world.Terminal(_ => "west").RefusedAsync(ExitCodes.Refused, "override", "orders"));
        Assert.Contains("--yes", await world.Terminal().RefusedAsync(ExitCodes.Refused, "override", "orders"));
        Assert.Null((await ReadAsync(world)).Spec.Failover.OverrideFromEpoch);
    }

    [Fact]
    public async Task Refuses_where_nothing_is_in_doubt()
    {
        var world = await WorldAsync(InDoubt() with { Phase = PairPhase.Streaming });
        Assert.Contains("only a handover in doubt can be overridden", await world.Terminal().RefusedAsync(ExitCodes.Refused, "override", "orders", "--yes"));
    }

    private static DisasterRecoveryPairStatus InDoubt() => new() { Site = "east", Role = ClusterRunMode.Standby, PrimarySite = "east", StandbySite = "west", Epoch = 3, Phase = PairPhase.HandoverInDoubt };

    private async Task<CliWorld> WorldAsync(DisasterRecoveryPairStatus status, [System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var world = await CliWorld.MakeAsync(server, await server.NamespaceAsync(test));
        await world.PairAsync(status);
        return world;
    }

    private static async Task<DisasterRecoveryPair> ReadAsync(CliWorld world) => (await world.Client.GetAsync<DisasterRecoveryPair>("orders", world.Namespace, CancellationToken.None))!;
}
