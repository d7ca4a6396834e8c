using System.Globalization;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Network;

namespace Tandem.Simulation.Api;

internal interface IWatchStream
{
    void Drop();
    void Stall();
    void Release();

    /// <summary>The server that told it is no more; its client has yet to notice.</summary>
    void Abandon();
}

/// <summary>One watch, both ends of it. The server's end gathers events and sends them batch after batch, so that they keep their order; the client's end hands them out.</summary>
internal sealed class WatchStream<T>(ApiServer server, ServerConnection connection, Selector selector, long from) : IWatchStream, IOnConnection where T : class, IKubernetesObject
{
    private readonly Queue<WatchEvent<T>> _inbox = [];

    /// <summary>What is sent arrives in order, or the connection is over: it is never just missing.</summary>
    private readonly Pipe _pipe = new(server.Events, server.Wires, server.Place, connection.Place);
    private List<WatchEvent<T>> _waiting = [];
    private TaskCompletionSource<bool>? _reader;
    private Exception? _failure;
    private Events.Planned? _end, _bookmark;
    private bool _isEnded, _isClosed, _isUnderWay, _isStalled, _isEnding;

    public Selector Selector => selector;

    // ---- the server's end ----

    /// <param name="length">After so long the server ends it.</param>
    public void Begin(TimeSpan length)
    {
        connection.Add(this);
        if (server.Store<T>().Begin(this, from) is not { } missed)
        {
            Fail(new WatchExpiredException($"too old resource version: {from}"));
            return;
        }
        _waiting.AddRange(missed);
        _isStalled = server.Chance.Happens(server.Faults.StallsWatches);
        _end = server.Events.After(length, () => EndWith(null));
        PlanBookmark();
        Pump();
    }

    public void Offer(Change<T> change)
    {
        if (change.Version <= from || change.As(selector) is not { } @event) return;
        _waiting.Add(@event);
        Pump();
    }

    public void Drop() => EndWith(server.Chance.Happens(0.5) ? null : new KubernetesUnreachableException("the watch broke off"));

    public void Stall() => _isStalled = true;

    public void Release()
    {
        _isStalled = false;
        Pump();
    }

    public void Abandon()
    {
        _isEnding = true;
        server.Store<T>().End(this);
    }

    private void PlanBookmark() => _bookmark = server.Events.After(server.Chance.Milliseconds(20_000, 60_000), () =>
    {
        if (_isClosed || _isEnding) return;
        var bookmark = Activator.CreateInstance<T>();
        bookmark.Metadata = new V1ObjectMeta { ResourceVersion = Math.Max(server.Version, from).ToString(CultureInfo.InvariantCulture) };
        _waiting.Add(new WatchEvent<T>(WatchEventType.Bookmark, bookmark));
        PlanBookmark();
        Pump();
    });

    private void Pump()
    {
        if (_isClosed || _isEnding || _isStalled || _isUnderWay || _waiting.Count == 0) return;
        _isUnderWay = true;
        var batch = _waiting;
        _waiting = [];
        var (least, most) = server.Faults.WatchLag;
        server.Events.After(server.Chance.Between(least, most), () =>
        {
            if (!_isClosed && !_isEnding) _pipe.Send(() => Arrive(batch));
        });
    }

    private void EndWith(Exception? how)
    {
        if (_isClosed || _isEnding) return;
        Abandon();
        _pipe.Send(() =>
        {
            if (how is null) End();
            else Fail(how);
        });
    }

    // ---- the client's end ----

    private void Arrive(List<WatchEvent<T>> batch)
    {
        _isUnderWay = false;
        if (_isClosed) return;
        connection.Heard();
        foreach (var @event in batch) _inbox.Enqueue(@event);
        Wake();
        if (server.Chance.Happens(server.Faults.DropsWatches)) Drop();
        else if (server.Chance.Happens(server.Faults.StallsWatches)) Stall();
        else Pump();
    }

    /// <returns>False at the end.</returns>
    public Task<bool> NextAsync(CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested) return Task.FromCanceled<bool>(cancellation);
        if (_inbox.Count > 0) return Task.FromResult(true);
        if (_failure is { } failure) return Task.FromException<bool>(failure);
        return _isEnded ? Task.FromResult(false) : ReadAsync(cancellation);
    }

    public WatchEvent<T> Take() => _inbox.Dequeue();

    private async Task<bool> ReadAsync(CancellationToken cancellation)
    {
        var reader = _reader = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellation.Register(() => reader.TrySetCanceled(cancellation));
        return await reader.Task;
    }

    /// <summary>Ends it at the client: after what has come already.</summary>
    public void End()
    {
        _isEnded = true;
        Close();
        Wake();
    }

    public void Fail(Exception failure)
    {
        if (_isEnded || _failure is not null) return;
        _failure = failure;
        Close();
        Wake();
    }

    public void Close()
    {
        if (_isClosed) return;
        _isClosed = true;
        _end?.Cancel();
        _bookmark?.Cancel();
        server.Store<T>().End(this);
        connection.Remove(this);
        _pipe.Break();
    }

    private void Wake()
    {
        if (_reader is not { } reader) return;
        _reader = null;
        if (_inbox.Count > 0) reader.TrySetResult(true);
        else if (_failure is { } failure) reader.TrySetException(failure);
        else reader.TrySetResult(false);
    }
}
