using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Demo;

/// <summary>The product's own plug-in of kubectl, from the programs that the image was made of.</summary>
public static class KubectlTandem
{
    private static string Program =>
        Directory.EnumerateFiles(Path.Combine(SandboxPaths.Cache, "programs"), "kubectl-tandem-*").OrderByDescending(File.GetLastWriteTimeUtc).FirstOrDefault()
        ?? throw new FatalException("kubectl-tandem is not built: `sandbox/sandbox build-image`");

    /// <returns>What it wrote to its standard output.</returns>
    public static Task<string> RunAsync(DemoSite site, CancellationToken cancellation, params string[] arguments) =>
        Command.RunAsync([Program, .. arguments, "--kubeconfig", site.Site.KubeconfigPath, "--namespace", site.Namespace], cancellation);
}
