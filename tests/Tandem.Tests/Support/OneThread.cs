using System.Collections.Concurrent;

namespace Tandem.Tests.Support;

/// <summary>A synchronization context whose continuations all run on the thread that calls <see cref="Run"/>, as a simulation's do.</summary>
public sealed class OneThread : SynchronizationContext
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _posted = [];

    public override void Post(SendOrPostCallback d, object? state) => _posted.Add((d, state));

    /// <summary>Runs the task on this thread to its end; <paramref name="onIdle"/> whenever nothing is left to do (to move the clock).</summary>
    public static void Run(Func<Task> work, Action onIdle)
    {
        var (before, context) = (Current, new OneThread());
        SetSynchronizationContext(context);
        try
        {
            var task = work();
            for (var idle = 0; !task.IsCompleted;)
            {
                if (context._posted.TryTake(out var next))
                {
                    idle = 0;
                    next.Callback(next.State);
                    continue;
                }
                if (++idle > 100_000) throw new TimeoutException("the work neither ends nor goes on");
                onIdle();
            }
            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}
