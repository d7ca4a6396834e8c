using Tandem.Sandbox.ContainerImages;
using Tandem.Sandbox.Host;
using Tandem.Sandbox.Sites;

namespace Tandem.Sandbox.Demo;

/// <summary>The operator at every site, as a user installs it: the CRDs by kubectl, the rest by helm.</summary>
public static class Installation
{
    private const string Namespace = "tandem-system";
    private const string Release = "tandem";
    private static readonly TimeSpan HelmDeadline = TimeSpan.FromMinutes(3);

    /// <summary>The operator runs from the given image when this returns; where it does already, nothing is restarted.</summary>
    public static async Task InstallAsync(RunningSandbox sandbox, Progress progress, CancellationToken cancellation)
    {
        var image = await TandemImage.BuildAsync(progress, cancellation);
        await sandbox.LoadImageAsync(image, progress, cancellation);
        foreach (var site in sandbox.Sites)
        {
            await InstallAsync(site, Path.GetFileNameWithoutExtension(image), cancellation);
            progress.Step($"{site.Name}: operator installed");
        }
    }

    private static async Task InstallAsync(Site site, string image, CancellationToken cancellation)
    {
        // Client-side: an API server before 1.25 knows no rules in CRDs, and takes what it does not know only so.
        await site.Kubectl.RunAsync(["apply", "--validate=false", "-k", Path.Combine(SandboxPaths.Repository, "crds")], cancellation);
        await Command.RunAsync(
        [
            Path.Combine(SandboxPaths.Tools, "helm"), "--kubeconfig", site.KubeconfigPath, "upgrade", "--install", Release, Path.Combine(SandboxPaths.Repository, "charts", "tandem"),
            "--namespace", Namespace, "--create-namespace", "--skip-crds", "--server-side=false", "--take-ownership",
            "--set", $"site={site.Name}",
            // The tag is the same for every build: the annotation is what makes new pods of a new image.
            "--set-string", $"podAnnotations.sandbox-image={image}",
        ], cancellation, HelmDeadline);
        await site.Kubectl.RunAsync(["--namespace", Namespace, "rollout", "status", $"deployment/{Release}", "--timeout=180s"], cancellation, HelmDeadline + TimeSpan.FromMinutes(1));
    }
}
