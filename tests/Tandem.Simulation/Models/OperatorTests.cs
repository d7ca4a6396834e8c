using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Models;
using Tandem.Operator;
using Tandem.Operator.Clusters.Observing;
using Tandem.Operator.Links.Agents;
using Tandem.Resources;
using Tandem.Simulation.Api;
using Tandem.Simulation.Kernel;
using Xunit;
using Xunit.Abstractions;

namespace Tandem.Simulation.Models;

/// <summary>The real operator over the model: what it makes comes to life, and then it rests.</summary>
public sealed class OperatorTests(ITestOutputHelper output) : IDisposable
{
    private SimulatedProcess? _process;

    /// <summary>A PeriodicTimer that is left alive would wake its waiter from the finalizer's thread.</summary>
    public void Dispose() => _process?.Kill();

    [Fact]
    public void The_operator_makes_a_clusters_pods_and_then_rests()
    {
        var world = new SiteWorld();
        var process = _process = new SimulatedProcess("operator", world.Events, new MachineClock(world.Events, 0, TimeSpan.Zero, TimeSpan.Zero), Chance.Of(1, "operator"), new Trace(world.Events, null));
        var client = new SimulatedKubernetesClient(process, "east-n3", world.Api);
        var written = new List<string>();
        world.Api.Changed += w => written.Add($"{world.Events.Now.TotalSeconds:0.00} {w.Writer} {(w.New ?? w.Old)!.Kind} {(w.New ?? w.Old)!.Metadata.Name}{(w.New is null ? " gone" : "")}");
        OperatorHost? host = null;
        process.Run(() =>
        {
            host = new OperatorHost(client, new OperatorOptions { Site = "east", PodName = "operator-1", PodNamespace = "tandem" }, true, "image", new Silence(), process.Time, process.Chance, new TraceLoggerFactory("operator", new Trace(world.Events, null)));
            _ = host.RunAsync(default);
        });
        world.Run(30);
        Assert.Null(process.Crash);
        Assert.Equal(3, world.Api.All<V1Pod>().Count);
        Assert.All(world.Api.All<V1Pod>(), p => Assert.True(PodFacts.IsReady(p)));
        Assert.NotNull(world.Api.Find<DatabaseCluster>(SiteWorld.Namespace, "db")!.Status);
        written.Clear();
        var begun = System.Diagnostics.Stopwatch.GetTimestamp();
        world.Run(60);
        output.WriteLine($"a minute of rest: {System.Diagnostics.Stopwatch.GetElapsedTime(begun).TotalMilliseconds:0.0} ms; digest {world.Events.Digest:x16}");
        Assert.DoesNotContain(written, w => !w.Contains("operator Lease"));
    }

    private sealed class Silence : IAgentLinkFactory, IAgentLink
    {
        public IAgentLink Connect(AgentEndpoint endpoint, AgentCredentials credentials) => this;

        public Task<AgentAnswer> ReadReportAsync(CancellationToken cancellation) => Task.FromResult<AgentAnswer>(new AgentAnswer.Silent("nobody"));

        public void Dispose()
        {
        }
    }
}
