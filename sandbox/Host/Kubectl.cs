namespace Tandem.Sandbox.Host;

/// <summary>kubectl of the cache, speaking to one cluster.</summary>
public sealed record Kubectl(string KubeconfigPath)
{
    public static string Program => Path.Combine(SandboxPaths.Tools, "kubectl");

    /// <returns>What it wrote to its standard output.</returns>
    /// <exception cref="CommandFailedException">It ended with another code than 0.</exception>
    public Task<string> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellation = default, TimeSpan? deadline = null) =>
        Command.RunAsync([Program, "--kubeconfig", KubeconfigPath, .. arguments], cancellation, deadline);

    public Task<string> RunAsync(params string[] arguments) => RunAsync((IReadOnlyList<string>)arguments);

    /// <summary>As <see cref="RunAsync(IReadOnlyList{string}, CancellationToken, TimeSpan?)"/>, where failure is an answer.</summary>
    public Task<CommandResult> TryAsync(params string[] arguments) => Command.TryAsync([Program, "--kubeconfig", KubeconfigPath, .. arguments]);

    /// <summary>`kubectl apply` of manifests given as text.</summary>
    public async Task<string> ApplyAsync(string manifests, CancellationToken cancellation = default)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, manifests, cancellation);
            return await RunAsync(["apply", "-f", file], cancellation);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
