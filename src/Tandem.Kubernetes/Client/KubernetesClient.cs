using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Serialization;

namespace Tandem.Kubernetes.Client;

/// <summary>An API server over HTTP. One per server; safe for many callers at once.</summary>
public sealed class KubernetesClient : IKubernetesClient, IDisposable
{
    private const string Json = "application/json";
    private const string MergePatch = "application/merge-patch+json";
    private const string ApplyPatch = "application/apply-patch+yaml"; // JSON is YAML

    private readonly KubernetesClientOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly ApiConnection _connection;
    private readonly ResiliencePipeline<ApiAnswer> _readRetry;

    /// <param name="handler">In place of the network, for tests.</param>
    public KubernetesClient(KubernetesClientConfiguration configuration, KubernetesClientOptions? options = null, TimeProvider? time = null, Random? random = null, ILogger? logger = null, HttpMessageHandler? handler = null)
    {
        _options = options ?? new KubernetesClientOptions();
        _time = time ?? TimeProvider.System;
        _random = random ?? new Random();
        _logger = logger ?? NullLogger.Instance;
        _connection = new ApiConnection(configuration, _options, _time, handler);
        _readRetry = ReadRetry.Build(_options, _time, _random);
    }

    public void Dispose() => _connection.Dispose();

    public async Task<T?> GetAsync<T>(string name, string? @namespace, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        var answer = await ReadAsync(ResourcePath.Object<T>(name, @namespace), _options.RequestTimeout, cancellation);
        if (answer.IsAbsent) return null;
        return answer.IsSuccess ? answer.Read<T>() : throw answer.Error();
    }

    public async Task<KubernetesList<T>> ListAsync<T>(string? @namespace, string? labelSelector = null, string? fieldSelector = null, CancellationToken cancellation = default) where T : class, IKubernetesObject
    {
        var collection = ResourcePath.Collection<T>(@namespace);
        return await ListAsync<T>(collection, labelSelector, fieldSelector, _options.PageSize, cancellation)
            ?? await ListAsync<T>(collection, labelSelector, fieldSelector, limit: 0, cancellation)
            ?? throw new KubernetesException(410, "Expired", $"the list of {typeof(T).Name} expired while it was read");
    }

    /// <returns>Null where the state of the first page was compacted before the last was read: then all of it at once.</returns>
    private async Task<KubernetesList<T>?> ListAsync<T>(string collection, string? labelSelector, string? fieldSelector, int limit, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        var reader = new ListReader<T>(_logger);
        string? next = null;
        do
        {
            var query = ResourcePath.Query(("labelSelector", labelSelector), ("fieldSelector", fieldSelector), ("limit", limit > 0 ? Invariant(limit) : null), ("continue", next));
            var answer = await ReadAsync(collection + query, _options.PageTimeout, cancellation);
            if (answer.StatusCode == 410) return null;
            if (!answer.IsSuccess) throw answer.Error();
            next = reader.Add(answer);
        }
        while (next is not null);
        return reader.Build();
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(string? @namespace, string resourceVersion, string? labelSelector = null, string? fieldSelector = null, [EnumeratorCancellation] CancellationToken cancellation = default) where T : class, IKubernetesObject
    {
        var length = RandomWatchTime();
        using var deadline = new CancellationTokenSource(length + _options.WatchGrace, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        var query = ResourcePath.Query(("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion), ("timeoutSeconds", Invariant((int)length.TotalSeconds)), ("labelSelector", labelSelector), ("fieldSelector", fieldSelector));
        using var response = await OpenWatchAsync(ResourcePath.Collection<T>(@namespace) + query, cancellation);
        await using var stream = await response.Content.ReadAsStreamAsync(either.Token);
        await using var events = WatchReader.ReadAsync<T>(stream, _logger, either.Token).GetAsyncEnumerator(either.Token);
        while (await NextAsync(events, cancellation)) yield return events.Current;
    }

    private TimeSpan RandomWatchTime()
    {
        lock (_random) return _options.MinimumWatchTime + _random.NextDouble() * (_options.MaximumWatchTime - _options.MinimumWatchTime);
    }

    private async Task<HttpResponseMessage> OpenWatchAsync(string path, CancellationToken cancellation)
    {
        var response = await _connection.OpenAsync(HttpMethod.Get, path, body: null, HttpCompletionOption.ResponseHeadersRead, _options.RequestTimeout, cancellation);
        if (response.IsSuccessStatusCode) return response;
        using (response)
        {
            var answer = await ReadErrorAsync(response, cancellation);
            throw answer.StatusCode == 410 ? new WatchExpiredException(answer.Message) : answer.Error();
        }
    }

    private async Task<ApiAnswer> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        try
        {
            var body = await response.Content.ReadAsByteArrayAsync(either.Token);
            return new ApiAnswer((int)response.StatusCode, body, response.Content.Headers.ContentType?.MediaType == Json, retryAfter: null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new KubernetesUnreachableException($"HTTP {(int)response.StatusCode}, and no more", e);
        }
    }

    /// <summary>A watch that outlives its time is ended here as the server should have ended it.</summary>
    private static async Task<bool> NextAsync<T>(IAsyncEnumerator<WatchEvent<T>> events, CancellationToken cancellation)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    public Task<SwapResult<T>> CreateAsync<T>(T value, CancellationToken cancellation) where T : class, IKubernetesObject =>
        WriteAsync<T>(HttpMethod.Post, ResourcePath.Collection<T>(value.Metadata.Namespace), Body(value), Json, cancellation);

    public Task<SwapResult<T>> SwapAsync<T>(T value, CancellationToken cancellation) where T : class, IKubernetesObject => SwapAsync(value, subresource: null, cancellation);

    public Task<SwapResult<T>> SwapStatusAsync<T>(T value, CancellationToken cancellation) where T : class, IKubernetesObject => SwapAsync(value, "status", cancellation);

    private Task<SwapResult<T>> SwapAsync<T>(T value, string? subresource, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        if (string.IsNullOrEmpty(value.Metadata.ResourceVersion))
            throw new ArgumentException($"a swap of {typeof(T).Name} {value.Metadata.Name} needs the resourceVersion that it was read at: without one it would overwrite whatever is there");
        return WriteAsync<T>(HttpMethod.Put, ResourcePath.Object<T>(Name(value), value.Metadata.Namespace, subresource), Body(value), Json, cancellation);
    }

    public Task<SwapResult<T>> PatchAsync<T>(string name, string? @namespace, string patch, CancellationToken cancellation) where T : class, IKubernetesObject =>
        WriteAsync<T>(HttpMethod.Patch, ResourcePath.Object<T>(name, @namespace), System.Text.Encoding.UTF8.GetBytes(patch), MergePatch, cancellation);

    /// <summary>
    /// Sent once. From the moment that the request is handed over, only an answer tells what became of it: a deadline, a broken connection and the caller's own
    /// cancellation are all <see cref="SwapResult{T}.Unknown"/>. Cancelled before that, nothing was sent, and it throws.
    /// </summary>
    private async Task<SwapResult<T>> WriteAsync<T>(HttpMethod method, string path, byte[] body, string mediaType, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            var answer = await SendOnceAsync(method, path, body, mediaType, cancellation);
            return answer.ToSwapResult<T>();
        }
        catch (KubernetesUnreachableException e)
        {
            return new SwapResult<T>.Unknown(e.Message);
        }
        catch (OperationCanceledException)
        {
            return new SwapResult<T>.Unknown($"{method} {path}: cancelled while the request was under way");
        }
    }

    public Task<T> ApplyAsync<T>(T value, string fieldManager, bool force, CancellationToken cancellation) where T : class, IKubernetesObject =>
        ApplyAsync(value, subresource: null, fieldManager, force, cancellation);

    public Task<T> ApplyStatusAsync<T>(T value, string fieldManager, bool force, CancellationToken cancellation) where T : class, IKubernetesObject =>
        ApplyAsync(value, "status", fieldManager, force, cancellation);

    private async Task<T> ApplyAsync<T>(T value, string? subresource, string fieldManager, bool force, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        cancellation.ThrowIfCancellationRequested();
        var path = ResourcePath.Object<T>(Name(value), value.Metadata.Namespace, subresource) + ResourcePath.Query(("fieldManager", fieldManager), ("force", force ? "true" : null));
        var answer = await SendOnceAsync(HttpMethod.Patch, path, Body(value), ApplyPatch, cancellation);
        return answer.IsSuccess ? answer.Read<T>() : throw answer.Error();
    }

    public async Task<bool> DeleteAsync<T>(string name, string? @namespace, DeleteOptions? options = null, CancellationToken cancellation = default) where T : class, IKubernetesObject
    {
        cancellation.ThrowIfCancellationRequested();
        var body = KubernetesJson.SerializeToUtf8Bytes(V1DeleteOptions.From(options)); // never without a body: a request without one could be sent twice
        var answer = await SendOnceAsync(HttpMethod.Delete, ResourcePath.Object<T>(name, @namespace), body, Json, cancellation);
        if (answer.IsAbsent || answer.StatusCode == 409) return false;
        return answer.IsSuccess ? true : throw answer.Error();
    }

    public async Task<KubernetesVersion> GetVersionAsync(CancellationToken cancellation)
    {
        var answer = await ReadAsync("version", _options.RequestTimeout, cancellation);
        if (!answer.IsSuccess) throw answer.Error();
        var version = answer.Read<VersionInfo>();
        return ServerVersion.Parse(version) ?? throw new KubernetesException(answer.StatusCode, "Unreadable", "the server does not tell its version");
    }

    private async Task<ApiAnswer> ReadAsync(string path, TimeSpan timeout, CancellationToken cancellation) =>
        await _readRetry.ExecuteAsync(async attempt =>
        {
            var answer = await _connection.SendAsync(HttpMethod.Get, path, body: null, timeout, attempt);
            return answer.StatusCode == 401 ? await _connection.SendAsync(HttpMethod.Get, path, body: null, timeout, attempt) : answer; // now with the token as it is in its file
        }, cancellation);

    /// <summary>The server is told our deadline too, so that a write which it is slow about does not land long after.</summary>
    private Task<ApiAnswer> SendOnceAsync(HttpMethod method, string path, byte[] body, string mediaType, CancellationToken cancellation)
    {
        var bounded = $"{path}{(path.Contains('?') ? '&' : '?')}timeout={Invariant((int)Math.Ceiling(_options.RequestTimeout.TotalSeconds))}s";
        return _connection.SendAsync(method, bounded, new SendOnceContent(body, mediaType), _options.RequestTimeout, cancellation);
    }

    private static byte[] Body<T>(T value) where T : class, IKubernetesObject
    {
        var entity = EntityMetadata.Of<T>();
        value.ApiVersion ??= entity.ApiVersion;
        value.Kind ??= entity.Kind;
        return KubernetesJson.SerializeToUtf8Bytes(value);
    }

    private static string Name<T>(T value) where T : class, IKubernetesObject => value.Metadata.Name ?? throw new ArgumentException($"a {typeof(T).Name} without a name");

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);
}
