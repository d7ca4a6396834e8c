using Tandem.Sandbox.ContainerImages;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Demo;

/// <summary>The operator at every site, as a user installs it: the CRDs by kubectl, the rest by helm.</summary>
public static class Installation
{
    public const string Namespace = "tandem-system";
    public const string Release = "tandem";
    private static readonly TimeSpan HelmDeadline = TimeSpan.FromMinutes(3);

    /// <summary>The operator runs from the given image when this returns; where it does already, nothing is restarted.</summary>
    public static async Task InstallAsync(RunningSandbox sandbox, Progress progress, CancellationToken cancellation)
    {
        var image = await TandemImage.BuildAsync(progress, cancellation);
        await sandbox.LoadImageAsync(image, progress, cancellation);
        foreach (var site in sandbox.Sites)
        {
            await ApplyAsync(site.Kubectl, site.Name, Path.GetFileNameWithoutExtension(image), cancellation);
            await site.Kubectl.RunAsync(["--namespace", Namespace, "rollout", "status", $"deployment/{Release}", "--timeout=180s"], cancellation, HelmDeadline + TimeSpan.FromMinutes(1));
            progress.Step($"{site.Name}: operator installed");
        }
    }

    /// <summary>Hands everything to the API server; nothing here waits until it runs.</summary>
    /// <param name="site">Name of the site for the operator there.</param>
    /// <param name="image">Names the build: another one is rolled out, the same one is left alone.</param>
    public static async Task ApplyAsync(Kubectl kubectl, string site, string image, CancellationToken cancellation)
    {
        // Client-side: an API server before 1.25 knows no rules in CRDs, and takes what it does not know only so.
        await kubectl.RunAsync(["apply", "--validate=false", "-k", Path.Combine(SandboxPaths.Repository, "crds")], cancellation);
        await Command.RunAsync(
        [
            Path.Combine(SandboxPaths.Tools, "helm"), "--kubeconfig", kubectl.KubeconfigPath, "upgrade", "--install", Release, Path.Combine(SandboxPaths.Repository, "charts", "tandem"),
            "--namespace", Namespace, "--create-namespace", "--skip-crds", "--server-side=false", "--take-ownership",
            "--set", $"site={site}",
            // The tag is the same for every build: the annotation is what makes new pods of a new image.
            "--set-string", $"podAnnotations.sandbox-image={image}",
        ], cancellation, HelmDeadline);
    }
}
