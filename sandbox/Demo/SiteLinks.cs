using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Demo;

/// <summary>Lets each site's operator reach the other site: `kubectl tandem link` at one, its output applied at the other.</summary>
public static class SiteLinks
{
    public static async Task MakeAsync(IReadOnlyList<DemoSite> sites, Progress progress, CancellationToken cancellation)
    {
        foreach (var site in sites)
        {
            var secret = await KubectlTandem.RunAsync(site, cancellation, "link", "--pair", site.Cluster, "--site", site.Name, "--secret", $"{site.Name}-access", "--server", site.Site.ApiUrl);
            foreach (var other in sites.Where(other => other != site))
            {
                await other.Site.Kubectl.ApplyAsync(secret, cancellation);
                progress.Step($"{other.Name} may reach {site.Name} (Secret {site.Name}-access)");
            }
        }
    }
}
