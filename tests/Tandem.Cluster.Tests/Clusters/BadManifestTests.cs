using System.Text.Json.Nodes;
using Tandem.Cluster.Tests.Sandbox;
using Tandem.Sandbox.Demo;
using Tandem.Sandbox.Host;
using Tandem.Tests.Support;

namespace Tandem.Cluster.Tests.Clusters;

/// <summary>What no schema and no validator can know to be wrong: the object is stored, and a condition names the field and its value; what runs is not touched.</summary>
[Collection(SandboxCollection.Name)]
public sealed class BadManifestTests(BadManifestNamespace place) : IClassFixture<BadManifestNamespace>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private DemoSite Site => place.Site;

    [Theory, MemberData(nameof(Clusters))]
    public async Task A_condition_names_field_and_value_of_a_cluster(string file) => await IsToldAsync("DatabaseCluster", file);

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_condition_names_field_and_value_of_a_pair(string file) => await IsToldAsync("DisasterRecoveryPair", file);

    [Fact]
    public async Task A_running_database_goes_on_with_the_parameters_that_it_has()
    {
        await ApplyAsync(Running(new JsonObject { ["work_mem"] = "5MB" }));
        await Waiting.UntilAsync("the database is Ready", Deadline, Site.UnsettledAsync, default);
        var server = await ServerAsync();

        await ApplyAsync(Running(new JsonObject { ["work_mem"] = "plenty", ["no_such_setting"] = "1", ["random_page_cost"] = "1.7" }));
        await SeesAsync("DatabaseCluster", "orders", "Ready", "spec.parameters.no_such_setting", "'1'");
        Assert.Equal("5MB 1.7", await SqlAsync("SELECT current_setting('work_mem') || ' ' || current_setting('random_page_cost')"));
        Assert.Equal(server, await ServerAsync());

        await ApplyAsync(Running(new JsonObject { ["work_mem"] = "6MB" }));
        await Waiting.UntilAsync("the database is Ready again", Deadline, Site.UnsettledAsync, default);
        Assert.Equal("6MB", await SqlAsync("SHOW work_mem"));
        Assert.Equal(server, await ServerAsync());

        static JsonObject Running(JsonObject parameters) => new()
        {
            ["apiVersion"] = "tandem.dev/v1alpha1", ["kind"] = "DatabaseCluster", ["metadata"] = new JsonObject { ["name"] = "orders" },
            ["spec"] = new JsonObject { ["image"] = DatabaseImage, ["instances"] = 1, ["storage"] = new JsonObject { ["size"] = "1Gi" }, ["parameters"] = parameters },
        };
    }

    public static TheoryData<string> Clusters => LeftToConditions("DatabaseCluster");
    public static TheoryData<string> Pairs => LeftToConditions("DisasterRecoveryPair");

    private const string DatabaseImage = "postgres:15";

    /// <summary>For each image of a manifest the one that this machine's nodes have, since no registry is asked: with a server for the one with, without for the one without.</summary>
    private static readonly Dictionary<string, string> Images = new() { ["postgres:17"] = DatabaseImage, ["busybox:1.36"] = "tandem.dev/tandem:0.1.0" };

    private async Task IsToldAsync(string kind, string file)
    {
        var bad = BadManifest.All(kind).Single(b => b.File == file);
        foreach (var other in bad.Others) await ApplyAsync(other);
        var message = bad.Message;
        if (bad.Manifest["spec"]!["image"]?.GetValue<string>() is { } image && Images.TryGetValue(image, out var present))
        {
            bad.Manifest["spec"]!["image"] = present;
            if (message == image) message = present;
        }

        // In one namespace, each under a name of its own.
        var name = $"bad-{file.Split('-')[0]}";
        bad.Manifest["metadata"]!["name"] = name;
        await ApplyAsync(bad.Manifest);
        await SeesAsync(kind, name, bad.Condition!, bad.Field, message);
        await Site.KubectlAsync(default, "delete", kind, name, "--wait=false");
    }

    private Task SeesAsync(string kind, string name, string type, string field, string message) => Waiting.UntilAsync($"{type} of {kind} {name} to say '{field}' and '{message}'", Deadline, async token =>
    {
        var found = JsonNode.Parse(await Site.KubectlAsync(token, "get", kind, name, "--output=json"));
        var condition = found?["status"]?["conditions"]?.AsArray().FirstOrDefault(c => c?["type"]?.GetValue<string>() == type);
        if (condition is null) return $"no condition {type} yet";
        var said = $"{condition["status"]}, {condition["reason"]}: {condition["message"]}";
        var told = condition["status"]?.GetValue<string>() != "True" && condition["message"]!.GetValue<string>() is var text && text.Contains($"{field}: ", StringComparison.Ordinal) && text.Contains(message, StringComparison.Ordinal);
        return told ? null : said;
    }, default, TimeSpan.FromMilliseconds(500));

    private Task ApplyAsync(JsonObject manifest)
    {
        manifest["metadata"]!["namespace"] = Site.Namespace;
        return Site.Site.Kubectl.ApplyAsync(manifest.ToJsonString());
    }

    private Task<string> SqlAsync(string sql) => Site.KubectlAsync(default, "exec", "orders-1", "--container=postgres", "--", "psql", "--host=/run/tandem/socket", "--username=postgres", "--no-align", "--tuples-only", "--command", sql);

    /// <summary>Since when the very server runs: another one after a restart.</summary>
    private Task<string> ServerAsync() => SqlAsync("SELECT pg_postmaster_start_time()");

    private static TheoryData<string> LeftToConditions(string kind) => new(BadManifest.All(kind).Where(b => b.RefusedBy == RefusedBy.Condition).Select(b => b.File));
}

/// <summary>A namespace with what the manifests take for granted: the operator, and the Secrets that name the sites.</summary>
public sealed class BadManifestNamespace(SandboxFixture fixture) : IAsyncLifetime
{
    private readonly Progress progress = new(Console.Out);

    public DemoSite Site => new(fixture.Sandbox.Sites[0], "bad-manifests", "orders");

    public async Task InitializeAsync()
    {
        await Installation.InstallAsync(fixture.Sandbox, progress, default);
        await DemoDatabase.RemoveAsync(fixture.Sandbox, [Site], progress, default);
        await Site.Site.Kubectl.RunAsync("create", "namespace", Site.Namespace);
        foreach (var site in fixture.Sandbox.Sites)
            await Site.KubectlAsync(default, "create", "secret", "generic", $"{site.Name}-access", $"--from-file=kubeconfig={site.KubeconfigPath}");
    }

    public Task DisposeAsync() => DemoDatabase.RemoveAsync(fixture.Sandbox, [Site], progress, default);
}
