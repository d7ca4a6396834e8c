using System.Collections.Concurrent;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Tests.Support;

namespace Tandem.Tests.Kubernetes.Client;

/// <summary>A write leaves this process once, whatever the connection does [C9]; reads are tried again.</summary>
public sealed class SendOnceTests
{
    private const string Lease = """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"record","namespace":"n","resourceVersion":"7"}}""";

    [Theory]
    [InlineData("PUT")]
    [InlineData("POST")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task A_write_on_a_pooled_connection_that_dies_is_sent_once_and_unknown(string method)
    {
        await using var server = new ScriptedHttpServer(request => request.Method == "GET" ? new(200, Lease) : null);
        using var client = Client(server);
        var lease = await client.GetAsync<V1Lease>("record", "n", CancellationToken.None); // the connection is in the pool now

        await AssertUnknown(client, method, lease!);

        var write = Assert.Single(server.Requests, r => r.Method == method);
        Assert.Equal(server.Requests[0].Connection, write.Connection); // it was the pooled one, on which a handler would send again
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(408)]
    [InlineData(302)]
    public async Task A_write_whose_answer_says_nothing_sure_is_sent_once_and_unknown(int status)
    {
        await using var server = new ScriptedHttpServer(_ => new(status, "", "Location: /elsewhere\r\nRetry-After: 0\r\n"));
        using var client = Client(server);
        await AssertUnknown(client, "PUT", Some());
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)] // not the API's own 404: nobody serves the type
    [InlineData(413)]
    [InlineData(422)]
    [InlineData(429)]
    public async Task A_write_that_the_server_turned_away_is_sent_once_and_refused(int status)
    {
        await using var server = new ScriptedHttpServer(_ => new(status, "no", "Retry-After: 1\r\n", "text/plain"));
        using var client = Client(server);
        var refused = Assert.IsType<SwapResult<V1Lease>.Refused>(await client.SwapAsync(Some(), CancellationToken.None));
        Assert.Equal(status, refused.StatusCode);
        Assert.Contains("no", refused.Message);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task An_answer_that_is_no_object_is_unknown()
    {
        await using var server = new ScriptedHttpServer(_ => new(200, "<html>please log in</html>", "", "text/html"));
        using var client = Client(server);
        Assert.IsType<SwapResult<V1Lease>.Unknown>(await client.SwapAsync(Some(), CancellationToken.None));
    }

    [Fact]
    public async Task A_write_that_its_caller_cancels_under_way_is_unknown_and_before_that_it_throws()
    {
        using var cancelled = new CancellationTokenSource();
        using var told = new ManualResetEventSlim();
        await using var server = new ScriptedHttpServer(_ =>
        {
            cancelled.Cancel();
            told.Wait(Eventually.Deadline); // the answer comes after the caller has been told
            return new(200, Lease);
        });
        using var client = Client(server);
        var outcome = await client.SwapAsync(Some(), cancelled.Token).EndsAsync();
        told.Set();
        Assert.IsType<SwapResult<V1Lease>.Unknown>(outcome);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.SwapAsync(Some(), cancelled.Token));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_write_to_nobody_is_unknown()
    {
        var server = new ScriptedHttpServer(_ => null);
        using var client = Client(server);
        await server.DisposeAsync();
        Assert.Contains("refused", Assert.IsType<SwapResult<V1Lease>.Unknown>(await client.SwapAsync(Some(), CancellationToken.None)).Message);
    }

    [Fact]
    public async Task A_read_is_sent_again_after_a_broken_connection_and_after_5xx_and_429()
    {
        var replies = new ConcurrentQueue<ScriptedHttpServer.Reply?>([null, new(503, ""), new(429, "", "Retry-After: 1\r\n"), new(200, Lease)]);
        await using var server = new ScriptedHttpServer(_ => replies.TryDequeue(out var reply) ? reply : null);
        using var client = Client(server);
        Assert.Equal("7", (await client.GetAsync<V1Lease>("record", "n", CancellationToken.None))!.Metadata.ResourceVersion);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_read_gives_up_after_its_retries()
    {
        await using var server = new ScriptedHttpServer(_ => new(503, "nobody home", "", "text/plain"));
        using var client = Client(server, new KubernetesClientOptions { ReadRetries = 2 });
        var error = await Assert.ThrowsAsync<KubernetesUnreachableException>(() => client.GetAsync<V1Lease>("record", "n", CancellationToken.None));
        Assert.Contains("nobody home", error.Message);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_read_whose_token_is_refused_is_sent_once_more_with_the_token_as_it_is_now()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, "old\n");
        await using var server = new ScriptedHttpServer(_ =>
        {
            var isOld = File.ReadAllText(file) == "old\n";
            File.WriteAllText(file, "new\n");
            return isOld ? new(401, "") : new(200, Lease);
        });
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = server.Address, Token = new BearerTokenFile(file, new ManualTimeProvider()) });
        Assert.NotNull(await client.GetAsync<V1Lease>("record", "n", CancellationToken.None));
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData("""{"major":"1","minor":"20","gitVersion":"v1.20.2"}""", 1, 20)]
    [InlineData("""{"major":"1","minor":"27+","gitVersion":"v1.27.8-eks-8cb36c9"}""", 1, 27)]
    [InlineData("""{"major":"","minor":"","gitVersion":"v1.35.4"}""", 1, 35)]
    public async Task Reads_versions_as_vendors_write_them(string answer, int major, int minor)
    {
        await using var server = new ScriptedHttpServer(_ => new(200, answer));
        using var client = Client(server);
        Assert.Equal(new KubernetesVersion(major, minor), await client.GetVersionAsync(CancellationToken.None));
    }

    private static async Task AssertUnknown(KubernetesClient client, string method, V1Lease lease)
    {
        switch (method)
        {
            case "PUT":
                Assert.IsType<SwapResult<V1Lease>.Unknown>(await client.SwapAsync(lease, CancellationToken.None));
                break;
            case "POST":
                Assert.IsType<SwapResult<V1Lease>.Unknown>(await client.CreateAsync(lease, CancellationToken.None));
                break;
            case "PATCH":
                Assert.IsType<SwapResult<V1Lease>.Unknown>(await client.PatchAsync<V1Lease>("record", "n", "{}", CancellationToken.None));
                break;
            default:
                await Assert.ThrowsAsync<KubernetesUnreachableException>(() => client.DeleteAsync<V1Lease>("record", "n"));
                break;
        }
    }

    private static V1Lease Some() => new() { Metadata = new V1ObjectMeta { Name = "record", Namespace = "n", ResourceVersion = "7" } };

    private static KubernetesClient Client(ScriptedHttpServer server, KubernetesClientOptions? options = null) =>
        new(new KubernetesClientConfiguration { Server = server.Address }, options);
}
