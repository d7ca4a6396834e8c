using System.Text;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Tests.Support;

namespace Tandem.Tests.Operator.Pairs;

/// <summary>The controllers of two sites on two real API servers; the clusters' agents are played by the test.</summary>
[Collection(TwoServersCollection.Name)]
public sealed class PairControllerTests(TwoServers servers)
{
    [Fact]
    [Requirement("B1", "B14", "B20")]
    public async Task An_edit_at_both_sites_moves_the_primary_and_nothing_else_does()
    {
        await using var sites = await servers.SitesAsync();
        await sites.East.Client.CreateAsync(new V1Secret { Metadata = new V1ObjectMeta { Name = Names.ApplicationSecret(PlayedCluster.Name), Namespace = sites.East.Namespace }, Data = new() { ["password"] = Encoding.UTF8.GetBytes("drawn at east") } }, CancellationToken.None);
        await sites.ApplyAsync("east");
        await sites.UntilReadyAsync("east", 1);
        Assert.Equal("drawn at east", sites.West.Cluster.CopiedPassword);
        var facts = (await sites.West.RecordAsync())!.Peer!;
        Assert.Equal(("192.0.2.1,192.0.2.2", 30432, "authority of east"), (facts.Host, facts.Port, facts.Facts!.Authority));

        // At one site alone: said, and nothing moves.
        await sites.East.ApplyAsync("west", null);
        await sites.UntilAsync("east says that nothing moves", async () => (await sites.East.ConditionAsync(ConditionTypes.Progressing))?.Reason == "PrimaryNotAsRequested");
        Assert.Equal(1, (await sites.East.RecordAsync())!.PairEpoch.Number);

        await sites.West.ApplyAsync("west", null);
        var took = await sites.UntilReadyAsync("west", 2);
        Assert.True(took < TimeSpan.FromSeconds(30), $"a switchover took {took}");
        var outcome = (await sites.West.RecordAsync())!.Outcome!;
        Assert.Equal(PairOutcomeKind.Consumed, outcome.Kind);
        Assert.Equal(outcome.Token!.End.Lsn, PairLeaseFloor(await sites.West.Client.GetAsync<V1Lease>(Names.Record(PlayedCluster.Name), sites.West.Namespace, CancellationToken.None)));
        var status = (await sites.West.PairAsync())!.Status!;
        Assert.Equal((PairPhase.Streaming, OperationOutcome.Completed, "Switchover"), (status.Phase, status.Operation!.Outcome, status.History[0].Reason));
        Assert.NotNull(status.RecoveryPoint);
        Assert.Null((await sites.East.PairAsync())!.Status!.RecoveryPoint);

        // The manifest of before, at one site, and the present one again at both.
        await sites.East.ApplyAsync("east", null);
        await sites.UntilAsync("east says that nothing moves", async () => (await sites.East.ConditionAsync(ConditionTypes.Progressing))?.Reason == "PrimaryNotAsRequested");
        await sites.ApplyAsync("west");
        await sites.UntilReadyAsync("west", 2);
    }

    [Fact]
    [Requirement("B15", "B21")]
    public async Task A_failover_needs_the_word_and_the_old_site_comes_back_as_standby()
    {
        await using var sites = await servers.SitesAsync();
        await sites.ApplyAsync("east");
        await sites.UntilReadyAsync("east", 1);
        await sites.UntilAsync("west remembers what east says of the recovery point", async () => (await sites.West.RecordAsync())!.Peer?.RecoveryPointBytes is not null);
        (sites.East.Line.Freeze, sites.West.Line.Freeze, sites.East.Cluster.Cut) = (true, true, true);
        await sites.UntilAsync("both say that the other cannot be read", async () =>
            (await sites.East.ConditionAsync(ConditionTypes.PeerReachable))?.Status == "False" && (await sites.West.ConditionAsync(ConditionTypes.Ready))?.Status == "False");

        await sites.West.ApplyAsync("west", 2);
        await sites.UntilAsync("another epoch's word moves nothing", async () => (await sites.West.ConditionAsync(ConditionTypes.Progressing))?.Reason == "PrimaryNotAsRequested", sites.West);
        Assert.False(sites.West.Cluster.Writable);

        sites.East.Cluster.LosePower();
        await sites.West.ApplyAsync("west", 1);
        var took = await sites.UntilAsync("west is writable", () => Task.FromResult(sites.West.Cluster.Writable), sites.West);
        Assert.True(took < TimeSpan.FromSeconds(10), $"a failover took {took} after the word");
        Assert.Equal((PairOutcomeKind.FailedOver, 2L), ((await sites.West.RecordAsync())!.Outcome!.Kind, (await sites.West.RecordAsync())!.PairEpoch.Number));
        Assert.Contains("last known recovery point", (await sites.West.RecordAsync())!.Outcome!.Message, StringComparison.Ordinal);

        // The old site gets its power back before its line: it is cold, and asks before it opens.
        await sites.UntilAsync("east is told that nothing is known", async () => await AnswerAsync(sites.East) is { Readable: false });
        Assert.False(sites.East.Cluster.Writable);
        (sites.East.Line.Freeze, sites.West.Line.Freeze, sites.East.Cluster.Cut) = (false, false, false);
        await sites.UntilReadyAsync("west", 2);
        Assert.Equal("Failover", (await sites.East.PairAsync())!.Status!.History[0].Reason);

        // The manifest of before the failover, at both sites: nothing moves.
        await sites.ApplyAsync("east");
        await sites.UntilAsync("both say that nothing moves", async () =>
            (await sites.East.ConditionAsync(ConditionTypes.Progressing))?.Reason == "PrimaryNotAsRequested" && (await sites.West.ConditionAsync(ConditionTypes.Progressing))?.Reason == "PrimaryNotAsRequested");
        await sites.UntilReadyAsync("west", 2);
    }

    [Fact]
    public async Task A_failover_that_can_read_the_other_site_stops_it_first_and_loses_nothing()
    {
        await using var sites = await servers.SitesAsync();
        await sites.ApplyAsync("east");
        await sites.UntilReadyAsync("east", 1);
        await sites.West.ApplyAsync("west", 1);
        await sites.UntilReadyAsync("west", 2);
        Assert.Equal(PairOutcomeKind.Consumed, (await sites.West.RecordAsync())!.Outcome!.Kind);
    }

    [Fact]
    public async Task A_pair_that_is_deleted_at_both_sites_is_dissolved()
    {
        await using var sites = await servers.SitesAsync();
        await sites.ApplyAsync("east");
        await sites.UntilReadyAsync("east", 1);
        foreach (var site in new[] { sites.East, sites.West }) await site.DeleteWithFinalizerAsync();
        await sites.UntilAsync("both records are dissolved", async () => (await sites.East.RecordAsync())!.State == PairRecordState.Dissolved && (await sites.West.RecordAsync())!.State == PairRecordState.Dissolved);
        Assert.Equal(1, (await sites.East.RecordAsync())!.PairEpoch.Number);
    }

    [Fact]
    public async Task An_agent_s_question_is_answered_from_a_live_read()
    {
        await using var sites = await servers.SitesAsync();
        await sites.ApplyAsync("east");
        await sites.UntilReadyAsync("east", 1);
        await AskAsync(sites.East, "n1");
        await sites.UntilAsync("the question is answered", async () => await AnswerAsync(sites.East) is { Nonce: "n1", Readable: true, PairEpoch: "1@east" });
        sites.East.Line.Freeze = true;
        await AskAsync(sites.East, "n2");
        await sites.UntilAsync("it is said that nothing is known", async () => await AnswerAsync(sites.East) is { Nonce: "n2", Readable: false });
        sites.East.Line.Freeze = false;
        await sites.UntilAsync("and then what is", async () => await AnswerAsync(sites.East) is { Nonce: "n2", Readable: true });
    }

    private static async Task AskAsync(SiteUnderTest site, string nonce) =>
        Assert.IsType<SwapResult<V1Lease>.Applied>(await site.Client.PatchAsync<V1Lease>(Names.PairRecord(TwoSites.Pair), site.Namespace,
            new System.Text.Json.Nodes.JsonObject { ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["annotations"] = new System.Text.Json.Nodes.JsonObject { [PeerCheckRequest.Annotation] = new PeerCheckRequest(nonce, "me").Encode() } } }.ToJsonString(), CancellationToken.None));

    private static async Task<PeerCheckAnswer?> AnswerAsync(SiteUnderTest site) =>
        PeerCheckAnswer.Decode((await site.Client.GetAsync<V1Lease>(Names.PairRecord(TwoSites.Pair), site.Namespace, CancellationToken.None))?.Metadata.Annotations?.GetValueOrDefault(PeerCheckAnswer.Annotation));

    private static Tandem.Resources.Values.Lsn? PairLeaseFloor(V1Lease? lease) => Tandem.Operator.Pairs.Observing.PairRecordLease.ReadCluster(lease)?.Floor?.Lsn;
}
