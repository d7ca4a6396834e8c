using System.Runtime.CompilerServices;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Sandbox;

namespace Tandem.Tests.Support;

/// <summary>One real API server for all tests of the collection; each test works in a namespace of its own.</summary>
public sealed class ApiServerFixture : IAsyncLifetime
{
    private int _namespaces;

    public LoopbackApiServer Server { get; private set; } = null!;
    public KubernetesClient Client { get; private set; } = null!;

    public KubernetesClientConfiguration Configuration => KubernetesClientConfiguration.FromFile(Server.KubeconfigPath);

    public async Task InitializeAsync()
    {
        Server = await LoopbackApiServer.StartAsync();
        Client = new KubernetesClient(Configuration);
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>A new namespace; its name tells the test.</summary>
    public async Task<string> NamespaceAsync([CallerMemberName] string test = "")
    {
        var name = $"{test.ToLowerInvariant().Replace('_', '-')[..Math.Min(test.Length, 50)].TrimEnd('-')}-{Interlocked.Increment(ref _namespaces)}";
        var made = await Client.CreateAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = name } }, CancellationToken.None);
        Assert.IsType<SwapResult<V1Namespace>.Applied>(made);
        return name;
    }
}

[CollectionDefinition(Name)]
public sealed class ApiServerCollection : ICollectionFixture<ApiServerFixture>
{
    public const string Name = "real API server";
}
