using Tandem.Sandbox;
using Tandem.Sandbox.Demo;
using Tandem.Sandbox.Host;

namespace Tandem.Cluster.Tests.Clusters;

/// <summary>A database made from one of the demo's manifests when the first test asks for it, with the demo's writer on it; removed after the last one.</summary>
public abstract class TestDatabase(string @namespace, string manifest, int siteCount) : IAsyncLifetime
{
    private readonly Progress progress = new(Console.Out);
    private RunningSandbox? sandbox;
    private DemoStage? stage;

    public string Manifests { get; } = File.ReadAllText(SandboxPaths.Script("Demo", "manifests", manifest)).Replace($"namespace: {DemoRun.Namespace}", $"namespace: {@namespace}", StringComparison.Ordinal);

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

    private DemoSite[] Sites(RunningSandbox running) => [.. running.Sites.Take(siteCount).Select(site => new DemoSite(site, @namespace, DemoRun.Cluster))];
}

/// <summary>Three instances at the first site.</summary>
public sealed class FailoverDatabase() : TestDatabase("failover-test", "cluster.yaml", 1);

/// <summary>Three instances at each site, and a pair between them.</summary>
public sealed class PairDatabase() : TestDatabase("pair-test", "pair.yaml", 2);
