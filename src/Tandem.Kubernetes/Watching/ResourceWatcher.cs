using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;

namespace Tandem.Kubernetes.Watching;

/// <summary>
/// Keeps a <see cref="ResourceCache{T}"/> up to date: lists (all pages), then watches from the list's version on, for ever. A watch that ends or breaks off goes on
/// where it was; a version that is too old (410) leads to a new list, after whose last page what is missing is told as deleted. So does <see cref="CatchUpAsync"/>: an open watch that tells nothing may have nothing to tell,
/// or have been cut without a word.
/// </summary>
public sealed class ResourceWatcher<T>(IKubernetesClient client, ResourceCache<T> cache, ResourceWatcherOptions options, TimeProvider time, Random random, ILogger logger) : IResourceWatcher
    where T : class, IKubernetesObject
{
    /// <summary>A watch that held for so long worked: the failure after it is a first one.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(1);

    /// <summary>A list that was asked for so lately is new enough for whoever wants to catch up.</summary>
    private static readonly TimeSpan New = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource> _catchingUp = [];
    private CancellationTokenSource? _turn;
    private long? _listedAt;

    private readonly Backoff _backoff = new(options.InitialBackoff, options.MaximumBackoff, random);

    public ResourceCache<T> Cache => cache;

    public Task WaitWarmAsync(CancellationToken cancellation) => cache.WaitWarmAsync(cancellation);

    public async Task CatchUpAsync(CancellationToken cancellation)
    {
        var caughtUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_listedAt is { } at && time.GetElapsedTime(at) < New) return;
            _catchingUp.Add(caughtUp);
            _turn?.Cancel();
        }
        using var registration = cancellation.Register(() => caughtUp.TrySetCanceled(cancellation));
        await caughtUp.Task;
    }

    /// <summary>Ends by cancellation alone; never throws.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        string? version = null;
        while (!cancellation.IsCancellationRequested)
        {
            using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            lock (_gate)
            {
                _turn = turn;
                if (_catchingUp.Count > 0) version = null;
            }
            try
            {
                version = version is null ? await ListAsync(turn.Token) : await WatchAsync(version, turn.Token);
            }
            catch (OperationCanceledException) when (turn.IsCancellationRequested)
            {
                // It ends, or somebody wants to catch up.
            }
            catch (Exception e)
            {
                version = null; // a list settles whatever was wrong
                await WaitAsync(e, turn.Token);
            }
            finally
            {
                lock (_gate) _turn = null;
            }
        }
    }

    private async Task<string> ListAsync(CancellationToken cancellation)
    {
        List<TaskCompletionSource> catchingUp;
        lock (_gate) catchingUp = [.. _catchingUp];
        var sentAt = time.GetTimestamp();
        var list = await client.ListAsync<T>(options.Namespace, options.LabelSelector, options.FieldSelector, cancellation);
        cache.Replace(list);
        lock (_gate)
        {
            _listedAt = sentAt;
            _catchingUp.RemoveAll(catchingUp.Contains);
        }
        foreach (var caughtUp in catchingUp) caughtUp.TrySetResult();
        Log.Listed(logger, typeof(T).Name, list.Items.Count, list.ResourceVersion);
        return list.ResourceVersion;
    }

    /// <returns>The version to watch from next, or null when it takes a list.</returns>
    private async Task<string?> WatchAsync(string version, CancellationToken cancellation)
    {
        var begun = time.GetTimestamp();
        using var deadline = new CancellationTokenSource(options.WatchDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        try
        {
            await foreach (var @event in client.WatchAsync<T>(options.Namespace, version, options.LabelSelector, options.FieldSelector, either.Token))
            {
                if (@event.Type != WatchEventType.Bookmark) cache.Apply(@event);
                version = @event.Value.Metadata.ResourceVersion ?? version;
                _backoff.Reset();
            }
            if (time.GetElapsedTime(begun) < Lasting) await Task.Delay(_backoff.Next(), time, cancellation); // a server that ends every watch at once is not asked in a tight loop
            return version;
        }
        catch (WatchExpiredException e)
        {
            Log.WatchExpired(logger, typeof(T).Name, version, e.Message);
            await Task.Delay(_backoff.Next(), time, cancellation);
            return null;
        }
        catch (KubernetesUnreachableException e)
        {
            return await WaitAsync(e, cancellation) ? version : null; // nothing is lost: go on where it was
        }
        catch (KubernetesException e) when (e.StatusCode == 429)
        {
            return await WaitAsync(e, cancellation) ? version : null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return version;
        }
        finally
        {
            if (time.GetElapsedTime(begun) >= Lasting) _backoff.Reset();
        }
    }

    /// <returns>False when cancelled.</returns>
    private async Task<bool> WaitAsync(Exception cause, CancellationToken cancellation)
    {
        var wait = _backoff.Next();
        Log.WatchFailed(logger, typeof(T).Name, wait.TotalSeconds, cause.Message);
        try
        {
            await Task.Delay(wait, time, cancellation);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}

/// <summary>A watcher of any type, for those who run many.</summary>
public interface IResourceWatcher
{
    Task RunAsync(CancellationToken cancellation);
    Task WaitWarmAsync(CancellationToken cancellation);

    /// <summary>Ends once the cache holds what was there a second before this was called, or later.</summary>
    Task CatchUpAsync(CancellationToken cancellation);
}
