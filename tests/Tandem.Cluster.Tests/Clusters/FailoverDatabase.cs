using Tandem.Sandbox;
using Tandem.Sandbox.Demo;
using Tandem.Sandbox.Host;

namespace Tandem.Cluster.Tests.Clusters;

/// <summary>A database of three instances at the first site, made when the first test asks for it, with the demo's writer on it; removed after the last one.</summary>
public sealed class FailoverDatabase : IAsyncLifetime
{
    private const string Namespace = "failover-test";
    private readonly Progress progress = new(Console.Out);
    private RunningSandbox? sandbox;
    private DemoStage? stage;

    public string Manifests { get; } = File.ReadAllText(SandboxPaths.Script("Demo", "manifests", "cluster.yaml")).Replace($"namespace: {DemoRun.Namespace}", $"namespace: {Namespace}", StringComparison.Ordinal);

    public async Task<DemoStage> StageAsync(RunningSandbox running)
    {
        if (stage is not null) return stage;
        sandbox = running;
        await Installation.InstallAsync(running, progress, default);
        return stage = await DemoDatabase.MakeAsync(running, Sites(running), Manifests, progress, default);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (stage is not null) await stage.Writer.DisposeAsync();
        if (sandbox is not null) await DemoDatabase.RemoveAsync(sandbox, Sites(sandbox), progress, default);
    }

    private static DemoSite[] Sites(RunningSandbox running) => [new DemoSite(running.Sites[0], Namespace, DemoRun.Cluster)];
}
