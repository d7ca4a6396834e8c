namespace Tandem.Agent.Loop;

/// <summary>Wakes one waiter; a call while nobody waits is kept for the next.</summary>
public sealed class Signal(TimeProvider time)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _next = New();

    public void Set()
    {
        lock (_lock) _next.TrySetResult();
    }

    /// <summary>Returns at the next <see cref="Set"/>, or after <paramref name="limit"/>.</summary>
    /// <remarks>Not by <c>WaitAsync</c> of the task: of one whose continuations run asynchronously that goes by way of another thread.</remarks>
    public async Task WaitAsync(TimeSpan limit, CancellationToken cancellation)
    {
        TaskCompletionSource waiting;
        lock (_lock) waiting = _next;
        // The time is as good as the signal.
        await using var timer = time.CreateTimer(_ => waiting.TrySetResult(), null, limit, Timeout.InfiniteTimeSpan);
        await using var registration = cancellation.Register(() => waiting.TrySetCanceled(cancellation));
        try
        {
            await waiting.Task;
        }
        finally
        {
            lock (_lock)
                if (_next.Task.IsCompleted) _next = New();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
