using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Sites;

/// <summary>Kubernetes namespaces of a site, not those of the network.</summary>
public static class SiteNamespaces
{
    // A kubelet that loses a call to its runtime, as when a probe is under way in a container that ends, tries again after two minutes.
    private static readonly TimeSpan RemovalDeadline = TimeSpan.FromMinutes(4);

    /// <summary>Deletes the namespace, if it is there, and waits until all that was in it has ended.</summary>
    /// <exception cref="TimeoutException">The deadline passed; its message has what is left, and why.</exception>
    public static async Task RemoveAsync(Site site, string name, CancellationToken cancellation = default)
    {
        await site.Kubectl.RunAsync(["delete", "namespace", name, "--ignore-not-found", "--wait=false"], cancellation);
        await Waiting.UntilAsync($"{site.Name}: removal of namespace {name}", RemovalDeadline, async token =>
        {
            if (await site.Api.GetAsync($"/api/v1/namespaces/{name}", token) is not { } left) return null;
            var pods = await site.Kubectl.RunAsync(["-n", name, "get", "pods,pvc", "-o", "wide"], token);
            return $"{left["status"]?.ToJsonString()}\n{pods}";
        }, cancellation, TimeSpan.FromMilliseconds(500));
    }
}
