using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Tandem.Sandbox.Demo.Writing;
using Tandem.Sandbox.Host;
using Tandem.Sandbox.Sites;

namespace Tandem.Sandbox.Demo;

/// <summary>A site as its user sees it: the cluster and the pair in one namespace, through kubectl and the API.</summary>
public sealed class DemoSite(Site site, string @namespace, string cluster)
{
    public Site Site => site;
    public string Name => site.Name;
    public string Namespace => @namespace;
    public string Cluster => cluster;

    private string Resources => $"/apis/tandem.dev/v1alpha1/namespaces/{@namespace}";

    public Task<string> KubectlAsync(CancellationToken cancellation, params string[] arguments) =>
        site.Kubectl.RunAsync(["--namespace", @namespace, "--request-timeout=30s", .. arguments], cancellation);

    /// <summary>An edit of the pair's spec, as a user makes it.</summary>
    public Task<string> EditPairAsync(JsonObject spec, CancellationToken cancellation) =>
        KubectlAsync(cancellation, "patch", "disasterrecoverypair", cluster, "--type=merge", "--patch", new JsonObject { ["spec"] = spec }.ToJsonString());

    public Task<JsonNode?> ClusterAsync(CancellationToken cancellation) => site.Api.GetAsync($"{Resources}/databaseclusters/{cluster}", cancellation);

    public Task<JsonNode?> PairAsync(CancellationToken cancellation) => site.Api.GetAsync($"{Resources}/disasterrecoverypairs/{cluster}", cancellation);

    /// <summary>The holder of the primary record itself, which is never behind.</summary>
    public async Task<(string Instance, long Epoch)> HolderAsync(CancellationToken cancellation)
    {
        var record = await site.Api.GetAsync($"/apis/coordination.k8s.io/v1/namespaces/{@namespace}/leases/{cluster}", cancellation);
        var holder = record?["spec"]?["holderIdentity"]?.GetValue<string>() is { Length: > 0 } identity ? identity.Split('/')[0] : throw new InvalidOperationException($"{Name}: {cluster} has no holder now");
        return (holder, record["spec"]!["leaseTransitions"]!.GetValue<long>());
    }

    public async Task<JsonNode> PodAsync(string name, CancellationToken cancellation) =>
        await site.Api.GetAsync($"/api/v1/namespaces/{@namespace}/pods/{name}", cancellation) ?? throw new InvalidOperationException($"{Name}: no pod {name}");

    /// <summary>An instance that can take over now, as the cluster's status says; null where none can.</summary>
    public async Task<string?> PromotableAsync(CancellationToken cancellation) =>
        (await ClusterAsync(cancellation))?["status"]?["instances"]?.AsArray().FirstOrDefault(instance => instance?["promotable"]?.GetValue<bool>() == true)?["name"]?.GetValue<string>();

    /// <summary>Each node's port of the `-rw` Service, with what the application's Secret says.</summary>
    public async Task<IReadOnlyList<Endpoint>> EndpointsAsync(CancellationToken cancellation)
    {
        var service = await site.Api.GetAsync($"/api/v1/namespaces/{@namespace}/services/{cluster}-rw", cancellation) ?? throw new InvalidOperationException($"{Name}: no Service {cluster}-rw");
        var port = service["spec"]!["ports"]![0]!["nodePort"]?.GetValue<int>() ?? throw new InvalidOperationException($"{Name}: {cluster}-rw has no port on the nodes");
        var secret = await site.Api.GetAsync($"/api/v1/namespaces/{@namespace}/secrets/{cluster}-app", cancellation) ?? throw new InvalidOperationException($"{Name}: no Secret {cluster}-app");
        string Of(string key) => Encoding.UTF8.GetString(Convert.FromBase64String(secret["data"]![key]!.GetValue<string>()));
        return [.. site.Nodes.Select(node => new Endpoint(Name, node.Address, port, Of("dbname"), Of("user"), Of("password")))];
    }

    /// <returns>Null when the cluster is Ready with all its instances, and its status speaks of the present spec and record; else what is seen instead.</returns>
    public async Task<string?> UnsettledAsync(CancellationToken cancellation)
    {
        if (await ClusterAsync(cancellation) is not { } found) return $"{Name}: no DatabaseCluster {cluster}";
        var status = found["status"];
        var wanted = found["spec"]!["instances"]!.GetValue<int>().ToString(CultureInfo.InvariantCulture);
        if (Problem(found, "Ready") is { } problem) return $"{Name}: {problem}";
        if (status?["instancesText"]?.GetValue<string>() is var instances && instances != $"{wanted}/{wanted}") return $"{Name}: {instances} instances";
        var (holder, epoch) = await HolderAsync(cancellation);
        var told = (status?["primary"]?.GetValue<string>(), status?["epoch"]?.GetValue<long>());
        return told == (holder, epoch) ? null : $"{Name}: status tells of {told.Item1} in epoch {told.Item2}, the record of {holder} in {epoch}";
    }

    /// <returns>Null when the pair is Ready here with the given primary site; else what is seen instead.</returns>
    public async Task<string?> UnsettledPairAsync(string primarySite, CancellationToken cancellation)
    {
        if (await PairAsync(cancellation) is not { } found) return $"{Name}: no DisasterRecoveryPair {cluster}";
        if (found["status"]?["primarySite"]?.GetValue<string>() is var primary && primary != primarySite) return $"{Name}: the pair's primary site is {primary ?? "unknown"}, {found["status"]?["phase"]}; {Problem(found, "Ready")}";
        return Problem(found, "Ready") is { } problem ? $"{Name}: pair {problem}" : null;
    }

    /// <summary>Both resources as the user's kubectl prints them.</summary>
    public async Task<string> TableAsync(bool pair, CancellationToken cancellation)
    {
        var kinds = pair ? "databasecluster,disasterrecoverypair" : "databasecluster";
        var said = await site.Kubectl.TryAsync("--namespace", @namespace, "--request-timeout=5s", "get", kinds);
        return said.ExitCode == 0 ? said.Output : said.Errors.Split('\n')[^1];
    }

    private static string? Problem(JsonNode found, string type)
    {
        var condition = found["status"]?["conditions"]?.AsArray().FirstOrDefault(entry => entry?["type"]?.GetValue<string>() == type);
        if (condition is null) return $"no condition {type} yet";
        var generation = found["metadata"]!["generation"]!.GetValue<long>();
        if (condition["observedGeneration"]?.GetValue<long>() != generation) return $"{type} is of an older spec";
        return condition["status"]?.GetValue<string>() == "True" ? null : $"{type} is {condition["status"]}, {condition["reason"]}: {condition["message"]}";
    }
}
