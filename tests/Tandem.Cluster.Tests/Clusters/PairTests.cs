using System.Text.Json.Nodes;
using Tandem.Cluster.Tests.Sandbox;
using Tandem.Sandbox.Demo;
using Tandem.Sandbox.Demo.Faults;
using Tandem.Sandbox.Demo.Writing;
using Tandem.Sandbox.Faults;
using Tandem.Sandbox.Host;

namespace Tandem.Cluster.Tests.Clusters;

/// <summary>
/// The primary site changes, by request and by loss, under a writer. Each test begins with a pair in order, whichever site is primary by then.
/// How fast is the demo's to judge, on a machine that does nothing else.
/// </summary>
[Collection(SandboxCollection.Name)]
public sealed class PairTests(SandboxFixture fixture, PairDatabase database) : IClassFixture<PairDatabase>, IAsyncLifetime
{
    private static readonly TimeSpan WatchTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan VouchDeadline = TimeSpan.FromMinutes(2);
    private DemoStage? made;

    private DemoStage Stage => made ?? throw new InvalidOperationException("The pair is not there yet.");

    public async Task InitializeAsync()
    {
        made = await database.StageAsync(fixture.Sandbox);
        await Stage.SettledAsync(default);
    }

    public Task DisposeAsync() => NetworkFaults.MendAllAsync();

    [Fact]
    public async Task A_switchover_of_the_site_loses_nothing_and_the_old_site_follows_with_the_volumes_that_it_has()
    {
        var old = Stage.Primary;
        var volumes = await IncarnationsAsync(old);
        var result = await FaultRunner.RunAsync(Stage, new SiteSwitchover(), default);
        Assert.Equal(0, result.Lost);
        Assert.NotEqual(old, Stage.Primary);
        Assert.Equal("Standby", await ModeAsync(old));
        Assert.Equal(volumes, await IncarnationsAsync(old));
    }

    [Fact]
    public async Task A_pod_of_the_primary_is_lost_and_the_other_site_goes_on_following_with_the_volumes_that_it_has()
    {
        var volumes = await IncarnationsAsync(Stage.Standby);
        var result = await FaultRunner.RunAsync(Stage, new PodDeleted(), default);
        Assert.Equal(0, result.Lost);
        Assert.Equal(volumes, await IncarnationsAsync(Stage.Standby));
    }

    [Fact]
    public async Task A_lost_site_is_taken_over_on_the_word_alone_and_returns_as_standby_with_the_volumes_that_it_has()
    {
        var old = Stage.Primary;
        var volumes = await IncarnationsAsync(old);
        var failover = new SiteFailover();
        var result = await FaultRunner.RunAsync(Stage, failover, default);
        Assert.Null(failover.UnexpectedLoss(await Stage.Writer.ReadBackAsync(Fault.RecoveryDeadline, default)));
        Assert.True(result.Acknowledged > 0);

        // The old site comes back with a manifest that still calls it primary, and a GitOps tool applies that again and again.
        await NetworkFaults.MendSiteAsync(old.Site);
        await Stage.SettledAsync(default);
        Assert.Equal("Standby", await ModeAsync(old));
        Assert.Equal(volumes, await IncarnationsAsync(old));
        var before = await FingerprintAsync();
        await old.EditPairAsync(new JsonObject { ["primarySite"] = old.Name }, default);
        await StaysAsync(before, WatchTime);

        // Both sites ask for the old one, yet one of the manifests still bears the word of the failover: that word is used up, and no other is heard beside it.
        await Stage.Primary.EditPairAsync(new JsonObject { ["primarySite"] = old.Name }, default);
        await StaysAsync(before, WatchTime);
        Assert.Contains("remove spec.failover.fromEpoch", (await Stage.Primary.PairAsync(default))!["status"]!["conditions"]!.ToJsonString(), StringComparison.Ordinal);

        foreach (var site in Stage.Sites)
            await site.EditPairAsync(new JsonObject { ["primarySite"] = Stage.Primary.Name, ["failover"] = new JsonObject { ["fromEpoch"] = null } }, default);
        await Stage.SettledAsync(default);
    }

    /// <summary>Through the loss of a primary within its site, of the one at the other site that is counted, and of the whole site.</summary>
    [Fact]
    public async Task Commits_that_wait_for_the_other_site_survive_whatever_is_lost()
    {
        await SynchronizeAsync("Synchronous");
        try
        {
            await VouchedAsync(null);
            var within = await FaultRunner.RunAsync(Stage, new PodDeleted(), default);
            Assert.Equal(0, within.Lost);
            var named = await VouchedAsync(null);

            var (main, _) = await Stage.Standby.HolderAsync(default);
            Assert.StartsWith(main + "/", named, StringComparison.Ordinal);
            await Stage.Standby.KubectlAsync(default, "delete", "pvc", main, "--wait=false");
            await Stage.Standby.KubectlAsync(default, "delete", "pod", main, "--force", "--grace-period=0");
            await VouchedAsync(named);

            var old = Stage.Primary;
            var result = await FaultRunner.RunAsync(Stage, new SiteFailover(), default);
            Assert.True(result.Acknowledged > 0);
            Assert.Equal(0, result.Lost);
            Assert.Contains("nothing is lost", (await Stage.Primary.PairAsync(default))!["status"]!["history"]!.ToJsonString(), StringComparison.Ordinal);

            await NetworkFaults.MendSiteAsync(old.Site);
            foreach (var site in Stage.Sites)
                await site.EditPairAsync(new JsonObject { ["primarySite"] = Stage.Primary.Name, ["failover"] = new JsonObject { ["fromEpoch"] = null } }, default);
            await Stage.SettledAsync(default);
            await VouchedAsync(null);
        }
        finally
        {
            await SynchronizeAsync("Asynchronous");
        }
        await Stage.SettledAsync(default);
    }

    [Fact]
    public async Task The_same_manifest_at_one_site_alone_moves_nothing()
    {
        var before = await FingerprintAsync();
        var from = WriteLog.Now();
        var site = Stage.Primary;
        await site.EditPairAsync(new JsonObject { ["primarySite"] = Stage.Standby.Name }, default);
        await StaysAsync(before, WatchTime);
        await site.EditPairAsync(new JsonObject { ["primarySite"] = site.Name }, default);
        Assert.Equal("the writer's connection has not broken", Stage.Writer.Log.Unrecovered(from, TimeSpan.Zero));
    }

    [Fact]
    public async Task What_the_Secrets_hold_stands_in_no_log_no_object_and_no_command_line()
    {
        foreach (var site in Stage.Sites)
        {
            var (found, secrets, logs) = await Secrecy.SearchAsync(site);
            Assert.True(found.Count == 0, string.Join("; ", found));
            Assert.InRange(secrets, 10, int.MaxValue); // the password, a token, the lines of a key for each instance
            Assert.InRange(logs, 4, int.MaxValue); // three agents and the operator
        }
    }

    [Fact]
    public void Operators_and_agents_stay_under_90_MB()
    {
        var all = HostProcess.All()
            .Select(p => (Program: p.CommandLine().Split(' ')[0], Process: p.Id, Bytes: p.ResidentBytes(), Kinds: p.ResidentKinds()))
            .Where(p => p is { Program: "/tandem-bin/agent" or "/tandem/operator", Bytes: > 0 }).ToList();
        Assert.InRange(all.Count(p => p.Program.EndsWith("agent", StringComparison.Ordinal)), 6, 100);
        Assert.Equal(2, all.Count(p => p.Program.EndsWith("operator", StringComparison.Ordinal)));
        Assert.All(all, p => Assert.InRange(p.Bytes, 1, 90_000_000));
    }

    private async Task SynchronizeAsync(string mode)
    {
        foreach (var site in Stage.Sites) await site.EditPairAsync(new JsonObject { ["synchronization"] = new JsonObject { ["mode"] = mode } }, default);
    }

    /// <summary>Until both sites say that everything acknowledged is at both, by another one than before; and until status says what the record does.</summary>
    /// <returns>The incarnation that has everything.</returns>
    private async Task<string> VouchedAsync(string? before)
    {
        string? named = null;
        await Waiting.UntilAsync("both sites Synchronized", VouchDeadline, async cancellation =>
        {
            foreach (var site in Stage.Sites)
            {
                var said = (await site.PairAsync(cancellation))?["status"]?["conditions"]?.AsArray().FirstOrDefault(c => c?["type"]?.GetValue<string>() == "Synchronized");
                if (said?["reason"]?.GetValue<string>() != "Synchronous" || said["status"]?.GetValue<string>() != "True") return $"{site.Name}: {said?["reason"]}: {said?["message"]}";
            }
            var lease = await Stage.Standby.Site.Api.GetAsync($"/apis/coordination.k8s.io/v1/namespaces/{Stage.Standby.Namespace}/leases/{Stage.Standby.Cluster}-dr", cancellation);
            named = JsonNode.Parse(lease!["metadata"]!["annotations"]!["tandem.dev/pair-record"]!.GetValue<string>())!["mark"]?["incarnation"]?.GetValue<string>();
            return named is not null && named != before ? null : $"the record of {Stage.Standby.Name} names {named ?? "nobody"}";
        }, default);
        return named!;
    }

    /// <summary>Instance, UUID in the volume and claim of every member: another one after a base backup, the same after a rewind or a plain follow.</summary>
    private static async Task<string> IncarnationsAsync(DemoSite site)
    {
        var lease = await site.Site.Api.GetAsync($"/apis/coordination.k8s.io/v1/namespaces/{site.Namespace}/leases/{site.Cluster}", default);
        var record = JsonNode.Parse(lease!["metadata"]!["annotations"]!["tandem.dev/record"]!.GetValue<string>())!;
        return string.Join(' ', record["members"]!.AsArray().Select(member => member!.GetValue<string>()).Order(StringComparer.Ordinal));
    }

    private static async Task<string?> ModeAsync(DemoSite site) => (await site.ClusterAsync(default))?["status"]?["runMode"]?.GetValue<string>();

    /// <summary>What would differ if anything had moved: at each site the holder and its epoch, and the pair epoch.</summary>
    private async Task<string> FingerprintAsync()
    {
        var parts = new List<string>();
        foreach (var site in Stage.Sites) parts.Add($"{site.Name} {await site.HolderAsync(default)} {await ModeAsync(site)} {(await site.PairAsync(default))?["status"]?["epoch"]}");
        return string.Join("; ", parts);
    }

    private async Task StaysAsync(string wanted, TimeSpan time)
    {
        for (var began = WriteLog.Now(); WriteLog.Elapsed(began, WriteLog.Now()) < time; await Task.Delay(TimeSpan.FromMilliseconds(200)))
            Assert.Equal(wanted, await FingerprintAsync());
    }
}
