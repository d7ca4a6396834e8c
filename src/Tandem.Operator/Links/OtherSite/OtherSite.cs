using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Operator.Links.OtherSite;

/// <summary>
/// The link to one site's API. A failover waits for the verdict "unreadable", so it is reached fast: one second for an answer, once more, and from then on it stands
/// until an attempt in the background succeeds. Connections that went dead with the link are not waited for: each of those attempts is made on a new one.
/// </summary>
public sealed class OtherSite : IOtherSite
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Of each of the two attempts that the verdict takes.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(1);

    /// <summary>Of an attempt in the background: a slow site must be found again too.</summary>
    private static readonly TimeSpan ProbeFor = TimeSpan.FromSeconds(5);

    private readonly OtherSiteAddress _address;
    private readonly Func<IKubernetesClient> _connect;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _gate = new();
    private readonly List<Task> _watches = [];
    private IKubernetesClient _client;
    private string? _unreadable;
    private Task _probe = Task.CompletedTask;

    public OtherSite(OtherSiteAddress address, Func<IKubernetesClient> connect, TimeProvider time, ILogger logger)
    {
        (_address, _connect, _time, _logger) = (address, connect, time, logger);
        _client = connect();
        _watches.Add(WatchAsync<V1Lease>(address.Record));
        _watches.Add(WatchAsync<DisasterRecoveryPair>(address.Pair));
    }

    public event Action? Changed;

    public async Task<OtherSiteReading> ReadAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_unreadable is { } known) return new OtherSiteReading.Unreadable("PeerUnreachable", known);
        }

        var first = await TryReadAsync(AnswerWithin, cancellation);
        if (first is OtherSiteReading.Read) return first;
        var second = await TryReadAsync(AnswerWithin, cancellation);
        if (second is OtherSiteReading.Unreadable { Message: var message }) BeginProbing(message);
        return second;
    }

    public Task<SwapResult<V1Lease>> SwapRecordAsync(V1Lease lease, CancellationToken cancellation) => Client.SwapAsync(lease, cancellation);

    public async Task<V1Secret?> ReadSecretAsync(string name, CancellationToken cancellation)
    {
        try
        {
            return await Client.GetAsync<V1Secret>(name, _address.Namespace, cancellation);
        }
        catch (Exception exception) when (IsOfTheLink(exception, cancellation))
        {
            Log.LinkFails(_logger, _address.Pair, exception.Message);
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _ended.Cancel(); // not CancelAsync: that goes to another thread
        await Task.WhenAll([.. _watches, _probe]);
        (_client as IDisposable)?.Dispose();
        _ended.Dispose();
    }

    private IKubernetesClient Client
    {
        get { lock (_gate) return _client; }
    }

    private async Task<OtherSiteReading> TryReadAsync(TimeSpan within, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(within, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            var client = Client;
            var record = client.GetAsync<V1Lease>(_address.Record, _address.Namespace, either.Token);
            var pair = client.GetAsync<DisasterRecoveryPair>(_address.Pair, _address.Namespace, either.Token);
            await Task.WhenAll(record, pair);
            return new OtherSiteReading.Read(await record, await pair);
        }
        catch (Exception exception) when (IsOfTheLink(exception, cancellation))
        {
            return new OtherSiteReading.Unreadable("PeerUnreachable", deadline.IsCancellationRequested ? $"no answer within {within.TotalSeconds:0} s" : exception.Message);
        }
    }

    private void BeginProbing(string message)
    {
        lock (_gate)
        {
            if (_unreadable is not null || _ended.IsCancellationRequested) return;
            _unreadable = message;
            _probe = ProbeAsync();
        }

        Log.LinkDown(_logger, _address.Pair, message);
    }

    private async Task ProbeAsync()
    {
        await Task.Yield(); // whoever found the link down goes on
        try
        {
            while (true)
            {
                Reconnect();
                var begun = _time.GetTimestamp();
                if (await TryReadAsync(ProbeFor, _ended.Token) is OtherSiteReading.Read) break;
                var left = RetryAfter - _time.GetElapsedTime(begun);
                if (left > TimeSpan.Zero) await Task.Delay(left, _time, _ended.Token);
            }

            lock (_gate) _unreadable = null;
            Log.LinkUp(_logger, _address.Pair);
            Changed?.Invoke();
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
        }
    }

    private void Reconnect()
    {
        lock (_gate)
        {
            var dead = _client;
            _client = _connect();
            // Whoever still waits on the old connections gets an error, and comes again.
            (dead as IDisposable)?.Dispose();
        }
    }

    /// <summary>A watch only wakes: whatever is decided is decided on a live read.</summary>
    private async Task WatchAsync<T>(string name) where T : class, IKubernetesObject
    {
        await Task.Yield(); // whoever made the link goes on
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                var selector = $"metadata.name={name}";
                var client = Client;
                var list = await client.ListAsync<T>(_address.Namespace, fieldSelector: selector, cancellation: _ended.Token);
                Changed?.Invoke();
                await foreach (var _ in client.WatchAsync<T>(_address.Namespace, list.ResourceVersion, fieldSelector: selector, cancellation: _ended.Token)) Changed?.Invoke();
            }
            catch (Exception exception) when (IsOfTheLink(exception, _ended.Token) || exception is WatchExpiredException)
            {
                await WaitQuietlyAsync();
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task WaitQuietlyAsync()
    {
        try
        {
            await Task.Delay(RetryAfter, _time, _ended.Token);
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
        }
    }

    /// <summary>A client that was replaced under a request ends it as disposed or cancelled.</summary>
    private static bool IsOfTheLink(Exception exception, CancellationToken cancellation) =>
        exception is KubernetesUnreachableException or KubernetesException or ObjectDisposedException
        || (exception is OperationCanceledException && !cancellation.IsCancellationRequested);
}
