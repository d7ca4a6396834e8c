using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;
using Tandem.Sandbox;
using Tandem.Tests.Support;

namespace Tandem.Tests.Kubernetes.Watching;

[Collection(ApiServerCollection.Name)]
public sealed class ResourceWatcherTests(ApiServerFixture api)
{
    [Fact]
    public async Task Lists_and_then_hears_of_every_change()
    {
        var ns = await api.NamespaceAsync();
        await PutAsync(api.Client, ns, "before");
        var cache = new ResourceCache<V1ConfigMap>();
        var heard = new Heard<V1ConfigMap>(cache);
        await using var running = Running.Start(stop => Watcher(api.Client, cache, ns).RunAsync(stop));
        Assert.False(cache.IsWarm);
        await cache.WaitWarmAsync(CancellationToken.None).EndsAsync();
        Assert.Contains(cache.List(ns), m => m.Metadata.Name == "before");

        await PutAsync(api.Client, ns, "after");
        await api.Client.PatchAsync<V1ConfigMap>("after", ns, """{"data":{"k":"2"}}""", CancellationToken.None);
        await api.Client.DeleteAsync<V1ConfigMap>("before", ns);

        await Eventually.TrueAsync(() => heard.All.Contains("deleted before"), heard.ToString);
        Assert.Equal(["added before", "added after", "modified after", "deleted before"], heard.All.Where(h => !h.Contains("kube-root")));
        Assert.Null(cache.Get(ns, "before"));
        Assert.Equal("2", cache.Get(ns, "after")!.Data!["k"]);
    }

    [Fact]
    public async Task Changes_can_be_read_as_a_stream_that_begins_with_what_is_there()
    {
        var ns = await api.NamespaceAsync();
        await PutAsync(api.Client, ns, "one", label: "stream");
        var cache = new ResourceCache<V1ConfigMap>();
        await using var running = Running.Start(stop => Watcher(api.Client, cache, ns, label: "stream").RunAsync(stop));
        await cache.WaitWarmAsync(CancellationToken.None).EndsAsync();
        await using var changes = cache.ChangesAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await changes.MoveNextAsync().AsTask().EndsAsync());
        Assert.Equal("one", Assert.IsType<ResourceChange<V1ConfigMap>.Added>(changes.Current).New.Metadata.Name);
        await PutAsync(api.Client, ns, "two", label: "stream");
        Assert.True(await changes.MoveNextAsync().AsTask().EndsAsync());
        Assert.Equal("two", changes.Current.Value.Metadata.Name);
    }

    [Fact]
    public async Task Bookmarks_move_the_version_on_and_a_watch_ends_at_its_time()
    {
        var (quiet, busy) = (await api.NamespaceAsync(), await api.NamespaceAsync());
        var seconds = TimeSpan.FromSeconds(6);
        using var client = new KubernetesClient(api.Configuration, new KubernetesClientOptions { MinimumWatchTime = seconds, MaximumWatchTime = seconds });
        var list = await client.ListAsync<V1ConfigMap>(quiet, labelSelector: "test");
        await using var events = client.WatchAsync<V1ConfigMap>(quiet, list.ResourceVersion, labelSelector: "test").GetAsyncEnumerator();
        var seen = new List<WatchEvent<V1ConfigMap>>();
        var next = events.MoveNextAsync().AsTask();
        // Versions of the type move on, but not here; and again and again, for what happens before the server has taken the watch up is none to tell of.
        using var ended = new CancellationTokenSource();
        var moving = MoveOnAsync(busy, ended.Token);
        try
        {
            while (await next.EndsAsync()) // ends by itself
            {
                seen.Add(events.Current);
                next = events.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            await ended.CancelAsync();
            await moving;
        }

        Assert.NotEmpty(seen);
        Assert.All(seen, b => Assert.Equal(WatchEventType.Bookmark, b.Type));
        Assert.True(long.Parse(seen[^1].Value.Metadata.ResourceVersion!, null) > long.Parse(list.ResourceVersion, null));
    }

    private async Task MoveOnAsync(string @namespace, CancellationToken cancellation)
    {
        for (var i = 0; !cancellation.IsCancellationRequested; i++)
        {
            await PutAsync(api.Client, @namespace, $"elsewhere-{i}");
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    [Fact]
    public async Task A_watch_from_a_version_that_is_compacted_is_expired()
    {
        await using var server = await LoopbackApiServer.StartAsync();
        using var client = new KubernetesClient(KubernetesClientConfiguration.FromFile(server.KubeconfigPath));
        var old = (await client.ListAsync<V1ConfigMap>("default")).ResourceVersion;
        await PutAsync(client, "default", "moves-on");
        await server.StopApiServerAsync();
        await Etcd.CompactAsync(server.EtcdUrl);
        await server.StartApiServerAsync();
        await Assert.ThrowsAsync<WatchExpiredException>(async () =>
        {
            await foreach (var _ in client.WatchAsync<V1ConfigMap>("default", old)) { }
        });
    }

    [Fact]
    public async Task Survives_the_end_of_the_API_server_and_tells_what_vanished_meanwhile()
    {
        await using var server = await LoopbackApiServer.StartAsync();
        var configuration = KubernetesClientConfiguration.FromFile(server.KubeconfigPath);
        await using var proxy = new LoopbackProxy(configuration.Server);
        using var direct = new KubernetesClient(configuration);
        using var cut = new KubernetesClient(new KubernetesClientConfiguration { Server = proxy.Address, CertificateAuthority = configuration.CertificateAuthority, ClientCertificate = configuration.ClientCertificate });
        foreach (var name in (string[])["stays", "changes", "vanishes", "reborn"]) await PutAsync(direct, "default", name, label: "w");
        var cache = new ResourceCache<V1ConfigMap>();
        var heard = new Heard<V1ConfigMap>(cache);
        await using var running = Running.Start(stop => Watcher(cut, cache, "default", label: "w").RunAsync(stop));
        await cache.WaitWarmAsync(CancellationToken.None).EndsAsync();
        var firstVersion = cache.Get("default", "reborn")!.Metadata.Uid;

        // The watcher is cut off while the world goes on; then the server starts anew and has forgotten the version to go on from.
        proxy.Freeze = true;
        await direct.DeleteAsync<V1ConfigMap>("vanishes", "default");
        await direct.DeleteAsync<V1ConfigMap>("reborn", "default");
        await PutAsync(direct, "default", "reborn", label: "w");
        await PutAsync(direct, "default", "new", label: "w");
        await direct.PatchAsync<V1ConfigMap>("changes", "default", """{"data":{"k":"2"}}""", CancellationToken.None);
        await server.StopApiServerAsync();
        await Etcd.CompactAsync(server.EtcdUrl);
        await server.StartApiServerAsync();
        proxy.Cut();
        proxy.Freeze = false;

        await Eventually.TrueAsync(() => cache.Get("default", "new") is not null, heard.ToString);
        Assert.Equal(["added new", "added reborn", "missing reborn", "missing vanishes", "modified changes"],
            heard.All.Skip(4).Order(StringComparer.Ordinal));
        Assert.NotEqual(firstVersion, cache.Get("default", "reborn")!.Metadata.Uid);

        await PutAsync(direct, "default", "later", label: "w"); // the new watch hears
        await Eventually.TrueAsync(() => cache.Get("default", "later") is not null, heard.ToString);
        await direct.DeleteAsync<V1ConfigMap>("stays", "default");
        await Eventually.TrueAsync(() => heard.All.Contains("deleted stays"), heard.ToString);
    }

    [Fact]
    public async Task Catches_up_where_the_watch_is_open_and_tells_nothing()
    {
        var ns = await api.NamespaceAsync();
        var client = DispatchProxy.Create<IKubernetesClient, Deaf>();
        ((Deaf)(object)client).Inner = api.Client;
        var (cache, time) = (new ResourceCache<V1ConfigMap>(), new ManualTimeProvider());
        var watcher = Watcher(client, cache, ns, time: time);
        await using var running = Running.Start(watcher.RunAsync);
        await cache.WaitWarmAsync(CancellationToken.None).EndsAsync();
        await PutAsync(api.Client, ns, "unheard");

        await watcher.CatchUpAsync(CancellationToken.None).EndsAsync(); // it has just listed
        Assert.Null(cache.Get(ns, "unheard"));

        time.Advance(TimeSpan.FromSeconds(2));
        await watcher.CatchUpAsync(CancellationToken.None).EndsAsync();
        Assert.NotNull(cache.Get(ns, "unheard"));
    }

    [Fact]
    public async Task Whoever_wants_to_catch_up_waits_no_longer_than_it_is_let()
    {
        var client = DispatchProxy.Create<IKubernetesClient, Deaf>();
        ((Deaf)(object)client).Inner = api.Client;
        var watcher = Watcher(client, new ResourceCache<V1ConfigMap>(), await api.NamespaceAsync());
        using var lost = new CancellationTokenSource();
        var catchingUp = watcher.CatchUpAsync(lost.Token); // it does not even run
        await lost.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => catchingUp.EndsAsync());
    }

    /// <summary>A client whose watches are open, and tell nothing.</summary>
    public class Deaf : DispatchProxy
    {
        internal IKubernetesClient Inner { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == nameof(IKubernetesClient.WatchAsync) ? SilenceAsync((CancellationToken)args![^1]!) : targetMethod.Invoke(Inner, args);

        private static async IAsyncEnumerable<WatchEvent<V1ConfigMap>> SilenceAsync([EnumeratorCancellation] CancellationToken cancellation)
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            yield break;
        }
    }

    private static ResourceWatcher<V1ConfigMap> Watcher(IKubernetesClient client, ResourceCache<V1ConfigMap> cache, string ns, string? label = null, TimeProvider? time = null) =>
        new(client, cache, new ResourceWatcherOptions { Namespace = ns, LabelSelector = label is null ? null : $"test={label}", MaximumBackoff = TimeSpan.FromSeconds(1) }, time ?? TimeProvider.System, new Random(1), NullLogger.Instance);

    private static async Task PutAsync(IKubernetesClient client, string ns, string name, string label = "none")
    {
        var map = new V1ConfigMap { Metadata = new V1ObjectMeta { Name = name, Namespace = ns, Labels = new() { ["test"] = label } } };
        Assert.IsType<SwapResult<V1ConfigMap>.Applied>(await client.CreateAsync(map, CancellationToken.None));
    }
}
