using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Operator;
using Tandem.Resources;
using Tandem.Sandbox;
using Tandem.Tests.Support;

namespace Tandem.Tests.Operator.Host;

/// <summary>A real API server of its own with the CRDs and a storage class, and one operator that looks after all of it. There are no nodes: tests play the kubelet.</summary>
public sealed class OperatorFixture : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private int _namespaces;
    private OperatorHost? _host;
    private Task _running = Task.CompletedTask;

    public LoopbackApiServer Server { get; private set; } = null!;
    public KubernetesClient Client { get; private set; } = null!;
    internal FakeAgents Agents { get; } = new();

    public async Task InitializeAsync()
    {
        KubernetesJson.Register(TandemJsonContext.Default);
        Server = await LoopbackApiServer.StartAsync();
        // A write is sent once: on a machine that builds beside it, an answer may take its time.
        Client = new KubernetesClient(KubernetesClientConfiguration.FromFile(Server.KubeconfigPath), new KubernetesClientOptions { RequestTimeout = TimeSpan.FromSeconds(60) });
        foreach (var file in new[] { "databaseclusters", "disasterrecoverypairs" }.Select(f => Repository.PathOf("crds", f + ".yaml")))
        {
            var crd = KubernetesJson.Deserialize<V1CustomResourceDefinition>(Yaml.Read(await File.ReadAllTextAsync(file)).Single().ToJsonString());
            var made = await Client.CreateAsync(crd, CancellationToken.None);
            Assert.True(made is SwapResult<V1CustomResourceDefinition>.Applied, $"{file}: {made}");
        }

        await Client.CreateAsync(new V1StorageClass { Metadata = new V1ObjectMeta { Name = "fast" }, Provisioner = "example.com/none", AllowVolumeExpansion = true }, CancellationToken.None);
        await Eventually.TrueAsync(ServesAsync);
        StartOperator();
    }

    public void StartOperator()
    {
        var options = new OperatorOptions { Site = "east", LeaderElection = false };
        _host = new OperatorHost(Client, options, hasPolicyV1: Server.Version >= new Version(1, 21), "tandem:test", Agents, TimeProvider.System, new Random(1), NullLoggerFactory.Instance);
        _running = _host.RunAsync(_stop.Token);
    }

    public string Metrics() => _host!.Metrics();

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.EndsAsync();
        if (_host is not null) await _host.DisposeAsync();
        Client?.Dispose();
        if (Server is not null) await Server.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>A cluster <c>orders</c> in a namespace of its own.</summary>
    public async Task<string> CreateAsync(string spec = "{image: postgres:17, storage: {size: 20Gi, storageClass: fast}}")
    {
        var name = $"shop-{Interlocked.Increment(ref _namespaces)}";
        Assert.IsType<SwapResult<V1Namespace>.Applied>(await Client.CreateAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = name } }, CancellationToken.None));
        var manifest = Yaml.Read($"{{apiVersion: tandem.dev/v1alpha1, kind: DatabaseCluster, metadata: {{name: orders, namespace: {name}}}, spec: {spec}}}").Single();
        Assert.IsType<SwapResult<DatabaseCluster>.Applied>(await Client.CreateAsync(KubernetesJson.Deserialize<DatabaseCluster>(manifest.ToJsonString()), CancellationToken.None));
        return name;
    }

    public async Task<DatabaseCluster> ClusterAsync(string @namespace) => (await Client.GetAsync<DatabaseCluster>("orders", @namespace, CancellationToken.None))!;

    /// <summary>As a user would: <c>kubectl patch --type merge</c>.</summary>
    public async Task PatchAsync<T>(string @namespace, string name, string patch) where T : class, IKubernetesObject =>
        Assert.IsType<SwapResult<T>.Applied>(await Client.PatchAsync<T>(name, @namespace, JsonNode.Parse(patch)!.ToJsonString(), CancellationToken.None));

    public async Task<V1Condition?> ConditionAsync(string @namespace, string type) => Conditions.Find((await ClusterAsync(@namespace)).Status?.Conditions ?? [], type);

    public async Task<IReadOnlyList<V1Pod>> PodsAsync(string @namespace) => (await Client.ListAsync<V1Pod>(@namespace)).Items;

    /// <summary>What a kubelet writes when the pod's containers run.</summary>
    public async Task RunAsync(string @namespace, string pod)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var live = (await Client.GetAsync<V1Pod>(pod, @namespace, CancellationToken.None))!;
            live.Status = new V1PodStatus
            {
                Phase = "Running",
                PodIP = "10.0.0.1",
                Conditions = [new V1PodCondition { Type = "Ready", Status = "True" }],
                ContainerStatuses = [new V1ContainerStatus { Name = "postgres", Ready = true, RestartCount = 0, Image = "postgres:17", ImageID = "", State = new V1ContainerState { Running = new V1ContainerStateRunning { StartedAt = TimeProvider.System.GetUtcNow() } } }],
            };
            if (await Client.SwapStatusAsync(live, CancellationToken.None) is SwapResult<V1Pod>.Applied) return;
        }

        Assert.Fail($"the status of {pod} could not be written");
    }

    private async Task<bool> ServesAsync()
    {
        try
        {
            await Client.ListAsync<DatabaseCluster>("default");
            await Client.ListAsync<DisasterRecoveryPair>("default");
            return true;
        }
        catch (KubernetesException)
        {
            return false;
        }
    }
}
