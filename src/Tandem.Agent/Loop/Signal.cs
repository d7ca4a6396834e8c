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
    public async Task WaitAsync(TimeSpan limit, CancellationToken cancellation)
    {
        Task waiting;
        lock (_lock) waiting = _next.Task;
        try
        {
            await waiting.WaitAsync(limit, time, cancellation);
        }
        catch (TimeoutException)
        {
            // The time is as good as the signal.
        }
        lock (_lock)
            if (_next.Task.IsCompleted) _next = New();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
