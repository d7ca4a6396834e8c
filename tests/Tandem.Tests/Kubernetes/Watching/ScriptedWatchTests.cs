using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Watching;
using Tandem.Tests.Support;

namespace Tandem.Tests.Kubernetes.Watching;

/// <summary>What a real server does seldom: an expiry inside the stream, half a line, a type of event that is not known, an object that cannot be read.</summary>
public sealed class ScriptedWatchTests
{
    private const string Added = """{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"n","uid":"1","resourceVersion":"11"}}}""";
    private const string Expired = """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}}""";

    [Fact]
    public async Task An_expiry_inside_the_stream_is_told_after_what_came_before_it()
    {
        await using var server = new ScriptedHttpServer(_ => new(200, $"{Added}\n{Expired}\n"));
        using var client = Client(server);
        var seen = new List<string>();
        await Assert.ThrowsAsync<WatchExpiredException>(async () =>
        {
            await foreach (var e in client.WatchAsync<V1ConfigMap>("n", "10")) seen.Add(e.Value.Metadata.Name!);
        });
        Assert.Equal(["a"], seen);
    }

    [Fact]
    public async Task An_expiry_before_the_stream_is_told_alike()
    {
        await using var server = new ScriptedHttpServer(_ => new(410, """{"kind":"Status","code":410,"reason":"Expired","message":"too old"}"""));
        using var client = Client(server);
        await Assert.ThrowsAsync<WatchExpiredException>(async () =>
        {
            await foreach (var _ in client.WatchAsync<V1ConfigMap>("n", "10")) { }
        });
    }

    [Fact]
    public async Task Half_a_line_and_an_unknown_type_are_passed_over()
    {
        await using var server = new ScriptedHttpServer(_ => new(200, $$$"""{"type":"FUTURE","object":{}}{{{"\n"}}}{{{Added}}}{{{"\n"}}}{{{Added[..20]}}}"""));
        using var client = Client(server);
        var seen = 0;
        await foreach (var _ in client.WatchAsync<V1ConfigMap>("n", "10")) seen++;
        Assert.Equal(1, seen);
    }

    [Fact]
    public async Task Asks_for_bookmarks_and_a_random_time()
    {
        await using var server = new ScriptedHttpServer(_ => new(200, ""));
        var seconds = new HashSet<string>();
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = server.Address }, random: new Random(1));
        for (var i = 0; i < 8; i++)
        {
            await foreach (var _ in client.WatchAsync<V1ConfigMap>("n", "10", labelSelector: "a=b,c")) { }
        }
        foreach (var path in server.Requests.Select(r => r.Path))
        {
            Assert.StartsWith("/api/v1/namespaces/n/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=10&timeoutSeconds=", path);
            Assert.EndsWith("&labelSelector=a%3Db%2Cc", path);
            var time = path.Split("timeoutSeconds=")[1].Split('&')[0];
            Assert.InRange(int.Parse(time, null), 300, 600);
            seconds.Add(time);
        }
        Assert.True(seconds.Count > 4);
    }

    [Fact]
    public async Task A_watch_that_outlives_its_time_is_ended_here()
    {
        var time = new ManualTimeProvider();
        using var silent = new SilentStream();
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = new Uri("http://nowhere") }, time: time, handler: silent);
        await using var watch = client.WatchAsync<V1ConfigMap>("n", "10").GetAsyncEnumerator();
        var next = watch.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(5.5));
        Assert.False(await next.EndsAsync());
    }

    [Fact]
    public async Task An_object_that_cannot_be_read_hides_no_other_and_is_not_taken_for_gone()
    {
        var broken = false;
        await using var server = new ScriptedHttpServer(request => request.Path.Contains("watch=true") ? null : new(200, $$$"""
            {"metadata":{"resourceVersion":"10"},"items":[
              {"metadata":{"name":"good","namespace":"n","uid":"1","resourceVersion":"1"}},
              {"metadata":{"name":"odd","namespace":"n","uid":"2","resourceVersion":"{{{(broken ? 3 : 2)}}}"},"data":{{{(broken ? "\"not a map\"" : "{}")}}}}]}
            """));
        using var client = Client(server, new KubernetesClientOptions { ReadRetries = 0 });
        var cache = new ResourceCache<V1ConfigMap>();
        cache.Replace(await client.ListAsync<V1ConfigMap>("n"));
        var heard = new Heard<V1ConfigMap>(cache);
        broken = true;
        var list = await client.ListAsync<V1ConfigMap>("n");
        Assert.Equal(["good"], list.Items.Select(i => i.Metadata.Name!));
        var unreadable = Assert.Single(list.Unreadable);
        Assert.Equal(("n", "odd"), (unreadable.Namespace!, unreadable.Name));
        Assert.Contains("$.data", unreadable.Message);

        cache.Replace(list);

        Assert.Empty(heard.All);
        Assert.NotNull(cache.Get("n", "odd"));
    }

    [Fact]
    public async Task After_an_expiry_it_lists_again_and_after_a_mere_end_it_goes_on_where_it_was()
    {
        var watches = 0;
        await using var server = new ScriptedHttpServer(request =>
        {
            if (!request.Path.Contains("watch=true")) return new(200, """{"metadata":{"resourceVersion":"10"},"items":[]}""");
            return ++watches switch
            {
                1 => new(200, Added + "\n"),
                2 => new(200, """{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"15"}}}""" + "\n"),
                3 => null, // breaks off
                4 => new(429, "busy", "", "text/plain"),
                5 => new(200, Expired + "\n"),
                _ => new(200, ""),
            };
        });
        using var client = Client(server, new KubernetesClientOptions { ReadRetries = 0 });
        var cache = new ResourceCache<V1ConfigMap>();
        var heard = new Heard<V1ConfigMap>(cache);
        var options = new ResourceWatcherOptions { Namespace = "n", InitialBackoff = TimeSpan.FromMilliseconds(5) };
        await using (Running.Start(stop => new ResourceWatcher<V1ConfigMap>(client, cache, options, TimeProvider.System, new Random(1), NullLogger.Instance).RunAsync(stop)))
            await Eventually.TrueAsync(() => server.Requests.Count >= 8);

        Assert.Equal(["list", "10", "11", "15", "15", "15", "list", "10"], server.Requests.Take(8).Select(r => r.Path.Contains("watch=true") ? r.Path.Split("resourceVersion=")[1].Split('&')[0] : "list"));
        Assert.Equal(["added a", "missing a"], heard.All);
    }

    private static KubernetesClient Client(ScriptedHttpServer server, KubernetesClientOptions? options = null) =>
        new(new KubernetesClientConfiguration { Server = server.Address }, options);

    /// <summary>Answers with headers, and then nothing.</summary>
    private sealed class SilentStream : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new Silence()) });

        private sealed class Silence : MemoryStream
        {
            public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return 0;
            }
        }
    }
}
