using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Tandem.Protocol.Links;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Agent.Links;

/// <summary>Links over HTTP/2 with mutual TLS; one connection per peer, kept alive by pings so that a cut link is noticed.</summary>
public sealed class HttpAgentLink(LinkTls tls, TimeProvider time, ILogger logger) : IAgentLink, IDisposable
{
    private readonly Dictionary<PeerAddress, HttpClient> _clients = [];
    private readonly Lock _lock = new();

    public Task<MemberView?> ViewAsync(PeerAddress peer, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(peer, HttpMethod.Get, "/v1/view", null, LinkJson.Default.MemberView, timeout, cancellation);

    public async Task<bool> AttachAsync(PeerAddress peer, AttachRequest request, CancellationToken cancellation)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, LinkJson.Default.AttachRequest);
        return await CallAsync(peer, HttpMethod.Post, "/v1/attach", body, LinkJson.Default.AttachRequest, request.Rewinds ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(3), cancellation) is not null;
    }

    public Task<HoldAnswer?> HoldAsync(PeerAddress peer, HoldRequest request, TimeSpan timeout, CancellationToken cancellation) =>
        CallAsync(peer, HttpMethod.Post, "/v1/hold", JsonSerializer.SerializeToUtf8Bytes(request, LinkJson.Default.HoldRequest), LinkJson.Default.HoldAnswer, timeout, cancellation);

    public async IAsyncEnumerable<Beat> BeatsAsync(PeerAddress peer, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var request = Request(peer, HttpMethod.Get, "/v1/beats", null);
        using var response = await ClientOf(peer).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (!response.IsSuccessStatusCode) yield break;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await reader.ReadLineAsync(cancellation) is { } line)
            if (JsonSerializer.Deserialize(line, LinkJson.Default.Beat) is { } beat)
                yield return beat;
    }

    /// <summary>Closes what was open to peers that are gone, so that a pod that comes back under a new address starts afresh.</summary>
    public void Forget(Func<PeerAddress, bool> gone)
    {
        lock (_lock)
        {
            foreach (var peer in _clients.Keys.Where(gone).ToList())
            {
                _clients[peer].Dispose();
                _clients.Remove(peer);
            }
        }
    }

    public void Dispose() => Forget(_ => true);

    private async Task<T?> CallAsync<T>(PeerAddress peer, HttpMethod method, string path, byte[]? body, JsonTypeInfo<T> type, TimeSpan timeout, CancellationToken cancellation) where T : class
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            using var request = Request(peer, method, path, body);
            using var response = await ClientOf(peer).SendAsync(request, HttpCompletionOption.ResponseContentRead, linked.Token);
            if (!response.IsSuccessStatusCode) return null;
            return await JsonSerializer.DeserializeAsync(await response.Content.ReadAsStreamAsync(linked.Token), type, linked.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException or ObjectDisposedException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            Log.LinkFailed(logger, peer.Instance, exception.Message);
            return null;
        }
    }

    private static HttpRequestMessage Request(PeerAddress peer, HttpMethod method, string path, byte[]? body)
    {
        var host = peer.Host.Contains(':', StringComparison.Ordinal) ? $"[{peer.Host}]" : peer.Host;
        var request = new HttpRequestMessage(method, new Uri($"https://{host}:{Names.AgentPort}{path}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (body is null) return request;
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return request;
    }

    private HttpClient ClientOf(PeerAddress peer)
    {
        lock (_lock)
        {
            if (_clients.TryGetValue(peer, out var known)) return known;
            var handler = new SocketsHttpHandler
            {
                SslOptions = tls.ClientOptions(peer.Instance),
                ConnectTimeout = TimeSpan.FromSeconds(1),
                KeepAlivePingDelay = TimeSpan.FromSeconds(1),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(1),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
                EnableMultipleHttp2Connections = true,
                PooledConnectionLifetime = TimeSpan.FromHours(1),
                UseProxy = false,
                AllowAutoRedirect = false,
            };
            return _clients[peer] = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        }
    }
}
