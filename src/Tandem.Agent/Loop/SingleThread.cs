using System.Collections.Concurrent;

namespace Tandem.Agent.Loop;

/// <summary>
/// Runs everything that decides or acts on one thread, one continuation after another: so nothing here needs a lock, and the same code runs in a
/// simulation that plays the thread. Requests from elsewhere are posted.
/// </summary>
public sealed class SingleThread : SynchronizationContext
{
    private readonly BlockingCollection<(SendOrPostCallback Work, object? State)> _work = [];

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!_work.IsAddingCompleted) _work.Add((d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("nobody waits for this thread by blocking");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs <paramref name="main"/> and all that it starts, on the calling thread, until it has ended.</summary>
    public int Run(Func<Task<int>> main)
    {
        var previous = Current;
        SetSynchronizationContext(this);
        try
        {
            var task = main();
            _ = task.ContinueWith(_ => _work.CompleteAdding(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            foreach (var (work, state) in _work.GetConsumingEnumerable()) work(state);
            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(previous);
        }
    }
}

public static class ThreadCalls
{
    /// <summary>Runs <paramref name="call"/> on a thread that runs one thing after another, and hands its outcome to a caller on another.</summary>
    public static Task<T> CallAsync<T>(this SynchronizationContext thread, Func<Task<T>> call)
    {
        var outcome = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        thread.Post(async _ =>
        {
            try
            {
                outcome.TrySetResult(await call());
            }
            catch (Exception exception)
            {
                outcome.TrySetException(exception);
            }
        }, null);
        return outcome.Task;
    }
}
