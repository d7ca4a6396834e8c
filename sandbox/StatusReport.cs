using Tandem.Sandbox.Faults;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox;

/// <summary>What `status` prints.</summary>
public static class StatusReport
{
    public static async Task WriteAsync(TextWriter writer, CancellationToken cancellation)
    {
        if (RunningSandbox.Open() is not { } sandbox)
        {
            await writer.WriteLineAsync("no sandbox");
            return;
        }

        await writer.WriteLineAsync($"Kubernetes {sandbox.KubernetesVersion}, state in {SandboxPaths.Home}");
        foreach (var site in sandbox.Sites)
        {
            await writer.WriteLineAsync($"{site.Name}  {site.ApiUrl}  KUBECONFIG={site.KubeconfigPath}");
            var plane = sandbox.ControlPlane(site);
            foreach (var part in (Daemon[])[plane.Etcd, plane.ApiServer, plane.ControllerManager, plane.Scheduler])
                await writer.WriteLineAsync($"  {part.Part,-32} {(part.Process is { } process ? $"running ({process.Id})" : "not running")}");
            foreach (var node in site.Nodes)
                await writer.WriteLineAsync($"  {node.Name,-32} {node.Address,-12} {await SayAsync(sandbox, node, cancellation)}");
        }

        var cuts = await NetworkFaults.ListAsync(cancellation);
        await writer.WriteLineAsync(cuts.Count == 0 ? "nothing is cut" : $"cut: {string.Join("; ", cuts)}");
    }

    private static async Task<string> SayAsync(RunningSandbox sandbox, Sites.SiteNode node, CancellationToken cancellation)
    {
        try
        {
            return await SandboxLifecycle.UnreadinessAsync(sandbox, node, cancellation) ?? "Ready";
        }
        catch (Exception problem) when (problem is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return $"unknown: {problem.Message}";
        }
    }
}
