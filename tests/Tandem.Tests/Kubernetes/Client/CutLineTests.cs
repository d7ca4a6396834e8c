using System.Diagnostics;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Tests.Support;

namespace Tandem.Tests.Kubernetes.Client;

/// <summary>A real API server behind a line that is cut at the worst moment.</summary>
[Collection(ApiServerCollection.Name)]
public sealed class CutLineTests(ApiServerFixture api)
{
    [Fact]
    public async Task A_swap_that_was_applied_but_whose_answer_was_lost_is_unknown()
    {
        var ns = await api.NamespaceAsync();
        await using var proxy = new LoopbackProxy(api.Configuration.Server);
        using var client = Through(proxy);
        var lease = await RecordAsync(client, ns);
        lease.Spec!.HolderIdentity = "winner";

        proxy.SwallowAnswers = true;
        var swapping = client.SwapAsync(lease, CancellationToken.None);
        await Eventually.TrueAsync(async () => (await api.Client.GetAsync<V1Lease>("record", ns, CancellationToken.None))!.Spec!.HolderIdentity == "winner");
        Assert.False(swapping.IsCompleted);
        proxy.Cut();

        Assert.IsType<SwapResult<V1Lease>.Unknown>(await swapping.EndsAsync());
        proxy.SwallowAnswers = false;
        var settled = await client.GetAsync<V1Lease>("record", ns, CancellationToken.None); // a fresh connection
        Assert.Equal("winner", settled!.Spec!.HolderIdentity);
        Assert.IsType<SwapResult<V1Lease>.Conflict>(await client.SwapAsync(lease, CancellationToken.None)); // the same swap again cannot be applied twice
    }

    [Fact]
    public async Task A_swap_that_gets_no_answer_is_unknown_at_its_deadline()
    {
        var ns = await api.NamespaceAsync();
        await using var proxy = new LoopbackProxy(api.Configuration.Server);
        using var client = Through(proxy, new KubernetesClientOptions { RequestTimeout = TimeSpan.FromSeconds(1) });
        var lease = await RecordAsync(client, ns);
        proxy.Freeze = true;
        var clock = Stopwatch.StartNew();
        var unknown = Assert.IsType<SwapResult<V1Lease>.Unknown>(await client.SwapAsync(lease, CancellationToken.None).EndsAsync());
        Assert.Contains("no answer within 1 s", unknown.Message);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.9, 5);
    }

    [Fact]
    public async Task A_line_that_is_dead_without_saying_so_is_left_for_a_new_one()
    {
        await using var proxy = new LoopbackProxy(api.Configuration.Server);
        var ping = TimeSpan.FromSeconds(1);
        using var client = Through(proxy, new KubernetesClientOptions { KeepAlivePingDelay = ping, KeepAlivePingTimeout = ping, RequestTimeout = TimeSpan.FromSeconds(30) });
        await client.GetVersionAsync(CancellationToken.None);
        Assert.Equal(1, proxy.Connections);

        proxy.Freeze = true;
        var reading = client.GetAsync<V1Namespace>("default", null, CancellationToken.None);
        await Eventually.TrueAsync(() => proxy.Connections > 1, () => $"{proxy.Connections} connections, read: {reading.Status}");
        proxy.Freeze = false;

        Assert.NotNull(await reading.EndsAsync());
    }

    [Fact]
    public async Task A_watch_on_a_dead_line_breaks_off()
    {
        var ns = await api.NamespaceAsync();
        await using var proxy = new LoopbackProxy(api.Configuration.Server);
        var ping = TimeSpan.FromSeconds(1);
        using var client = Through(proxy, new KubernetesClientOptions { KeepAlivePingDelay = ping, KeepAlivePingTimeout = ping });
        var list = await client.ListAsync<V1ConfigMap>(ns);
        await using var watch = client.WatchAsync<V1ConfigMap>(ns, list.ResourceVersion).GetAsyncEnumerator();
        var next = watch.MoveNextAsync().AsTask();
        await api.Client.CreateAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "seen", Namespace = ns } }, CancellationToken.None);
        Assert.True(await next.EndsAsync()); // the watch is open

        proxy.Freeze = true;
        await Assert.ThrowsAsync<KubernetesUnreachableException>(() => watch.MoveNextAsync().AsTask().EndsAsync());
    }

    private static async Task<V1Lease> RecordAsync(KubernetesClient client, string ns)
    {
        var lease = new V1Lease { Metadata = new V1ObjectMeta { Name = "record", Namespace = ns }, Spec = new V1LeaseSpec { HolderIdentity = "nobody" } };
        return Assert.IsType<SwapResult<V1Lease>.Applied>(await client.CreateAsync(lease, CancellationToken.None)).Value;
    }

    private KubernetesClient Through(LoopbackProxy proxy, KubernetesClientOptions? options = null)
    {
        var direct = api.Configuration;
        return new KubernetesClient(new KubernetesClientConfiguration { Server = proxy.Address, CertificateAuthority = direct.CertificateAuthority, ClientCertificate = direct.ClientCertificate }, options);
    }
}
