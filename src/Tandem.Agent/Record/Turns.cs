namespace Tandem.Agent.Record;

/// <summary>
/// One at a time, in the order in which they came. As a semaphore of one, but for one thread's use and with every continuation on it: a semaphore that is waited for with a
/// cancellation goes by way of another thread.
/// </summary>
public sealed class Turns
{
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private bool _taken;

    /// <summary>Returns when it is the caller's turn, who must <see cref="End"/> it.</summary>
    public async Task TakeAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!_taken)
        {
            _taken = true;
            return;
        }
        var place = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var registration = cancellation.Register(() =>
        {
            // Its turn may have come at the same moment: then it has it.
            if (place.List is null) return;
            _waiting.Remove(place);
            place.Value.TrySetCanceled(cancellation);
        });
        await place.Value.Task;
    }

    public void End()
    {
        if (_waiting.First is not { } next)
        {
            _taken = false;
            return;
        }
        _waiting.RemoveFirst();
        next.Value.TrySetResult();
    }
}
