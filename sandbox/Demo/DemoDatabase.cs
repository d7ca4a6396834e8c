using Tandem.Sandbox.Demo.Writing;
using Tandem.Sandbox.Host;
using Tandem.Sandbox.Sites;

namespace Tandem.Sandbox.Demo;

/// <summary>Makes the database that a demo or a test plays on, from manifests, in a namespace of its own; and removes it with its volumes.</summary>
public static class DemoDatabase
{
    private static readonly TimeSpan BuildDeadline = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan WriterDeadline = TimeSpan.FromMinutes(1);

    /// <summary>Anything of an earlier run is removed; everything is Ready and is being written to when this returns.</summary>
    /// <param name="sites">Where the manifests are applied; with more than one, as a pair whose primary site is the first.</param>
    public static async Task<DemoStage> MakeAsync(RunningSandbox sandbox, IReadOnlyList<DemoSite> sites, string manifests, Progress progress, CancellationToken cancellation)
    {
        await RemoveAsync(sandbox, sites, progress, cancellation);
        var pair = sites.Count > 1;
        foreach (var site in sites) await site.Site.Kubectl.RunAsync(["create", "namespace", site.Namespace], cancellation);
        if (pair) await SiteLinks.MakeAsync(sites, progress, cancellation);
        foreach (var site in sites)
        {
            await site.Site.Kubectl.ApplyAsync(manifests, cancellation);
            progress.Step($"{site.Name}: manifests applied");
        }
        foreach (var site in sites)
        {
            await Waiting.UntilAsync($"{site.Cluster} Ready at {site.Name}", BuildDeadline, site.UnsettledAsync, cancellation, TimeSpan.FromMilliseconds(500));
            if (pair) await Waiting.UntilAsync($"pair {site.Cluster} Ready at {site.Name}", BuildDeadline, token => site.UnsettledPairAsync(sites[0].Name, token), cancellation, TimeSpan.FromMilliseconds(500));
            progress.Step($"{site.Name}: Ready");
        }
        List<Endpoint> endpoints = [];
        foreach (var site in sites) endpoints.AddRange(await site.EndpointsAsync(cancellation));
        var writer = await Writer.StartAsync(Alternating(endpoints), WriterDeadline, cancellation);
        progress.Step("the writer writes");
        return new DemoStage(sandbox, sites, pair, writer, progress);
    }

    public static async Task RemoveAsync(RunningSandbox sandbox, IReadOnlyList<DemoSite> sites, Progress progress, CancellationToken cancellation)
    {
        // At all sites at once: a pair goes only when both sites have let go of it.
        await Task.WhenAll(sites.Select(async site =>
        {
            if (await site.Site.Api.GetAsync($"/api/v1/namespaces/{site.Namespace}", cancellation) is null) return;
            progress.Step($"{site.Name}: removing namespace {site.Namespace}");
            await SiteNamespaces.RemoveAsync(site.Site, site.Namespace, cancellation);
        }));
        await sandbox.RecycleVolumesAsync(cancellation);
    }

    /// <summary>A node of each site in turn: where a whole site is silent, every second address is of the other one.</summary>
    private static IReadOnlyList<Endpoint> Alternating(IEnumerable<Endpoint> endpoints) =>
        [.. endpoints.GroupBy(endpoint => endpoint.Site).SelectMany(site => site.Select((endpoint, index) => (endpoint, index))).OrderBy(entry => entry.index).Select(entry => entry.endpoint)];
}
