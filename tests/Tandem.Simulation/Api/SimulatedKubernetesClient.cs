using System.Globalization;
using System.Runtime.CompilerServices;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Api;

/// <summary>
/// A process's client of an API server, over the simulated network. Outcomes are classified as <see cref="KubernetesClient"/> does: reads are retried after a broken
/// connection, 429 and 5xx; a write is sent once, and whatever is not an answer is unknown.
/// </summary>
public sealed class SimulatedKubernetesClient : IKubernetesClient, IDisposable
{
    private static readonly TimeSpan LongestAskedWait = TimeSpan.FromSeconds(5);

    private readonly SimulatedProcess _process;
    private readonly ApiServer _server;
    private readonly KubernetesClientOptions _options;
    private readonly ServerConnection _connection;

    /// <param name="process">Whose calls these are: in it they return.</param>
    /// <param name="place">Where it is in the network.</param>
    public SimulatedKubernetesClient(SimulatedProcess process, string place, ApiServer server, KubernetesClientOptions? options = null)
    {
        (_process, _server, _options) = (process, server, options ?? new KubernetesClientOptions());
        _connection = new ServerConnection(process, place, server, _options);
    }

    public void Dispose() => _connection.Dispose();

    // ---- reads ----

    public async Task<T?> GetAsync<T>(string name, string? @namespace, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        var reply = await ReadAsync<T, T>(_options.RequestTimeout, store => store.Get(@namespace, name), cancellation);
        if (reply.IsAbsent) return null;
        return reply.IsSuccess ? Copies.Of(reply.Value!) : throw reply.Error();
    }

    public async Task<KubernetesList<T>> ListAsync<T>(string? @namespace, string? labelSelector = null, string? fieldSelector = null, CancellationToken cancellation = default) where T : class, IKubernetesObject
    {
        var selector = new Selector(@namespace, labelSelector, fieldSelector);
        var reply = await ReadAsync<T, KubernetesList<T>>(_options.PageTimeout, store => store.List(selector), cancellation);
        return reply.IsSuccess ? reply.Value! : throw reply.Error();
    }

    public async Task<KubernetesVersion> GetVersionAsync(CancellationToken cancellation)
    {
        var reply = await RetriedAsync(_options.RequestTimeout, () => ApiReply<KubernetesVersion>.Of(_server.ServerVersion), cancellation);
        return reply.IsSuccess ? reply.Value! : throw reply.Error();
    }

    private Task<ApiReply<R>> ReadAsync<T, R>(TimeSpan timeout, Func<ObjectStore<T>, ApiReply<R>> read, CancellationToken cancellation) where T : class, IKubernetesObject =>
        RetriedAsync(timeout, () => Served<T, R>(read), cancellation);

    private async Task<ApiReply<R>> RetriedAsync<R>(TimeSpan timeout, Func<ApiReply<R>> read, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            var wait = _options.ReadRetryDelay * Math.Pow(2, attempt) * (0.5 + _process.Chance.NextDouble());
            try
            {
                var reply = await Call<R>.SendAsync(_process, _connection, _server, isWrite: false, timeout, read, cancellation);
                if (reply.Code is not (429 or >= 500) || attempt >= _options.ReadRetries || reply.RetryAfter > LongestAskedWait) return reply;
                wait = reply.RetryAfter ?? wait;
            }
            catch (KubernetesUnreachableException e) when (e.InnerException is not OperationCanceledException && attempt < _options.ReadRetries)
            {
            }
            await Task.Delay(wait < TimeSpan.FromSeconds(1) ? wait : TimeSpan.FromSeconds(1), _process.Time, cancellation);
        }
    }

    // ---- watches ----

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(string? @namespace, string resourceVersion, string? labelSelector = null, string? fieldSelector = null, [EnumeratorCancellation] CancellationToken cancellation = default) where T : class, IKubernetesObject
    {
        var length = _process.Chance.Between(_options.MinimumWatchTime, _options.MaximumWatchTime);
        var from = long.Parse(resourceVersion, CultureInfo.InvariantCulture);
        var stream = new WatchStream<T>(_server, _connection, new Selector(@namespace, labelSelector, fieldSelector), from);
        var reply = await Call<bool>.SendAsync(_process, _connection, _server, isWrite: false, _options.RequestTimeout, () => Served<T, bool>(store => Opened(store, from)), cancellation);
        if (!reply.IsSuccess) throw reply.Code == 410 ? new WatchExpiredException(reply.Message) : reply.Error();
        try
        {
            stream.Begin(length);
            // One that outlives its time is ended here as the server should have ended it.
            await using var deadline = _process.Time.CreateTimer(_ => stream.End(), null, length + _options.WatchGrace, Timeout.InfiniteTimeSpan);
            while (await stream.NextAsync(cancellation)) yield return stream.Take();
        }
        finally
        {
            stream.Close();
        }
    }

    private ApiReply<bool> Opened<T>(ObjectStore<T> store, long from) where T : class, IKubernetesObject =>
        store.IsCompacted(from) || _server.Chance.Happens(_server.Faults.ExpiresWatches) ? new ApiReply<bool>(410, false, "Expired", $"too old resource version: {from}") : ApiReply<bool>.Of(true);

    // ---- writes ----

    public Task<SwapResult<T>> CreateAsync<T>(T value, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        var sent = Copies.Of(value);
        return WriteAsync<T>(store => store.Create(Copies.Of(sent), _process.Name), cancellation);
    }

    public Task<SwapResult<T>> SwapAsync<T>(T value, CancellationToken cancellation) where T : class, IKubernetesObject => SwapAsync(value, Subresource.None, cancellation);

    public Task<SwapResult<T>> SwapStatusAsync<T>(T value, CancellationToken cancellation) where T : class, IKubernetesObject => SwapAsync(value, Subresource.Status, cancellation);

    private Task<SwapResult<T>> SwapAsync<T>(T value, Subresource subresource, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        if (string.IsNullOrEmpty(value.Metadata.ResourceVersion)) throw new ArgumentException($"a swap of {typeof(T).Name} {value.Metadata.Name} needs the resourceVersion that it was read at");
        var sent = Copies.Of(value);
        return WriteAsync<T>(store => store.Replace(Copies.Of(sent), subresource, _process.Name), cancellation);
    }

    public Task<SwapResult<T>> PatchAsync<T>(string name, string? @namespace, string patch, CancellationToken cancellation) where T : class, IKubernetesObject =>
        WriteAsync<T>(store => store.Patch(@namespace, name, patch, _process.Name), cancellation);

    private async Task<SwapResult<T>> WriteAsync<T>(Func<ObjectStore<T>, ApiReply<T>> write, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return (await SendOnceAsync(write, cancellation)).ToSwapResult();
        }
        catch (KubernetesUnreachableException e)
        {
            return new SwapResult<T>.Unknown(e.Message);
        }
        catch (OperationCanceledException)
        {
            return new SwapResult<T>.Unknown("cancelled while the request was under way");
        }
    }

    public Task<T> ApplyAsync<T>(T value, string fieldManager, bool force, CancellationToken cancellation) where T : class, IKubernetesObject => ApplyAsync(value, Subresource.None, fieldManager, cancellation);

    public Task<T> ApplyStatusAsync<T>(T value, string fieldManager, bool force, CancellationToken cancellation) where T : class, IKubernetesObject => ApplyAsync(value, Subresource.Status, fieldManager, cancellation);

    private async Task<T> ApplyAsync<T>(T value, Subresource subresource, string fieldManager, CancellationToken cancellation) where T : class, IKubernetesObject
    {
        var sent = Copies.Of(value);
        var reply = await SendOnceAsync<T, T>(store => store.Apply(sent, fieldManager, subresource, _process.Name), cancellation);
        return reply.IsSuccess ? Copies.Of(reply.Value!) : throw reply.Error();
    }

    public async Task<bool> DeleteAsync<T>(string name, string? @namespace, DeleteOptions? options = null, CancellationToken cancellation = default) where T : class, IKubernetesObject
    {
        var reply = await SendOnceAsync<T, bool>(store => store.Delete(@namespace, name, options, _process.Name), cancellation);
        if (reply.IsAbsent || reply.Code == 409) return false;
        return reply.IsSuccess ? true : throw reply.Error();
    }

    private Task<ApiReply<R>> SendOnceAsync<T, R>(Func<ObjectStore<T>, ApiReply<R>> write, CancellationToken cancellation) where T : class, IKubernetesObject =>
        Call<R>.SendAsync(_process, _connection, _server, isWrite: true, _options.RequestTimeout, () => Served<T, R>(write), cancellation);

    private ApiReply<R> Served<T, R>(Func<ObjectStore<T>, ApiReply<R>> what) where T : class, IKubernetesObject =>
        _server.NotServed.Contains(typeof(T)) ? new ApiReply<R>(404, default, "", "404 page not found") : what(_server.Store<T>());
}
