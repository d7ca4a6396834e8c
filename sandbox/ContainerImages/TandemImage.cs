using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.ContainerImages;

/// <summary>The product's own image, built from this checkout with the repository's Dockerfile.</summary>
public static class TandemImage
{
    private static readonly TimeSpan BuildDeadline = TimeSpan.FromMinutes(20);

    /// <summary>Builds it unless it is built from the same sources already.</summary>
    /// <returns>Path of the OCI archive.</returns>
    public static async Task<string> BuildAsync(Progress progress, CancellationToken cancellation = default)
    {
        var script = SandboxPaths.Script("images", "tandem.sh");
        var said = await Command.RunAsync([script], cancellation, BuildDeadline, progress);
        return said.Split('\n')[^1];
    }
}
