using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Sandbox.Host;
using Tandem.Tests.Packaging;
using Tandem.Tests.Support;

namespace Tandem.Tests.Cli;

/// <summary>A namespace of a real API server with the CRDs, a cluster `orders` of three instances and its record, as an operator and its agents would have left them.</summary>
internal sealed class CliWorld(ApiServerFixture server, string @namespace)
{
    private static readonly SemaphoreSlim Gate = new(1);
    private static readonly HashSet<string> Prepared = [];

    public IKubernetesClient Client => server.Client;
    public string Namespace => @namespace;

    public static async Task<CliWorld> MakeAsync(ApiServerFixture server, string @namespace)
    {
        KubernetesJson.Register(TandemJsonContext.Default);
        await Gate.WaitAsync();
        try
        {
            if (!Prepared.Contains(server.Server.KubeconfigPath)) await InstallAsync(server.Server.KubeconfigPath);
            Prepared.Add(server.Server.KubeconfigPath);
        }
        finally
        {
            Gate.Release();
        }
        return new CliWorld(server, @namespace);
    }

    public Terminal Terminal(Func<string, string?>? ask = null, IKubernetesClient? client = null) => new(client ?? Client, server.Configuration, @namespace, ask);

    /// <summary>Runs a command that asks, answers, and sees it done.</summary>
    /// <returns>What it had said before it asked; null: it never did.</returns>
    public async Task<string?> SaidBeforeAskingAsync(string answer, params string[] arguments)
    {
        string? before = null;
        Terminal? terminal = null;
        terminal = Terminal(_ =>
        {
            before = terminal!.Errors;
            return answer;
        });
        await terminal.DoneAsync(arguments);
        return before;
    }

    public async Task<DatabaseCluster> ClusterAsync(Action<DatabaseCluster>? change = null)
    {
        var cluster = new DatabaseCluster { Metadata = new V1ObjectMeta { Name = "orders", Namespace = @namespace } };
        cluster.Spec.Image = "postgres:17";
        cluster.Spec.Storage.Size = new Quantity("1Gi");
        change?.Invoke(cluster);
        var made = Applied(await Client.CreateAsync(cluster, CancellationToken.None));
        await Client.CreateAsync(new V1Lease
        {
            Metadata = new V1ObjectMeta { Name = Names.Record("orders"), Namespace = @namespace },
            Spec = new V1LeaseSpec { HolderIdentity = "orders-1/00000000000000000000000000000001/c1", LeaseTransitions = 7, LeaseDurationSeconds = 10, RenewTime = DateTimeOffset.UtcNow },
        }, CancellationToken.None);
        made.Status = Healthy();
        return Applied(await Client.SwapStatusAsync(made, CancellationToken.None));
    }

    public static DatabaseClusterStatus Healthy() => new()
    {
        RunMode = ClusterRunMode.Primary,
        Primary = "orders-1",
        Epoch = new Epoch(7),
        Instances =
        [
            new() { Name = "orders-1", Role = InstanceRole.Primary, State = InstanceState.Running, Promotable = true },
            new() { Name = "orders-2", Role = InstanceRole.Standby, State = InstanceState.Streaming, Promotable = true, LagBytes = 9000, Priority = 0 },
            new() { Name = "orders-3", Role = InstanceRole.Standby, State = InstanceState.Streaming, Promotable = true, LagBytes = 10, Priority = 0 },
        ],
        Conditions = [new() { Type = ConditionTypes.Writable, Status = "True", Reason = "Writable", LastTransitionTime = DateTimeOffset.UnixEpoch }],
    };

    public async Task<DisasterRecoveryPair> PairAsync(DisasterRecoveryPairStatus? status, bool linked = true)
    {
        var pair = new DisasterRecoveryPair { Metadata = new V1ObjectMeta { Name = "orders", Namespace = @namespace } };
        pair.Spec.Cluster = "orders";
        pair.Spec.PrimarySite = "east";
        pair.Spec.Sites = [.. ((string[])["east", "west"]).Select(site => new SiteSpec { Name = site, Kubernetes = linked ? new() { KubeconfigSecret = $"way-to-{site}" } : null })];
        var made = Applied(await Client.CreateAsync(pair, CancellationToken.None));
        if (status is null) return made;
        made.Status = status;
        return Applied(await Client.SwapStatusAsync(made, CancellationToken.None));
    }

    public async Task ChangeStatusAsync(Action<DatabaseClusterStatus> change)
    {
        for (var attempt = 0; ; attempt++)
        {
            var cluster = (await Client.GetAsync<DatabaseCluster>("orders", @namespace, CancellationToken.None))!;
            change(cluster.Status!);
            if (await Client.SwapStatusAsync(cluster, CancellationToken.None) is SwapResult<DatabaseCluster>.Applied) return;
            Assert.True(attempt < 10, "the status could not be written");
        }
    }

    public static T Applied<T>(SwapResult<T> result) where T : class => result is SwapResult<T>.Applied applied ? applied.Value : throw new InvalidOperationException(result.ToString());

    private static async Task InstallAsync(string kubeconfig)
    {
        // API servers before 1.25 do not know the rules inside the CRDs, and say so when they validate.
        var crds = Path.Combine(SandboxPaths.Repository, "crds");
        await Tools.TextAsync(Tools.KubectlAsync("--kubeconfig", kubeconfig, "apply", "--validate=false", "-k", crds));
        await Tools.TextAsync(Tools.KubectlAsync("--kubeconfig", kubeconfig, "wait", "--for=condition=Established", "--timeout=60s", "crd", "databaseclusters.tandem.dev", "disasterrecoverypairs.tandem.dev"));
    }
}
