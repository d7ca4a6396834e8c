using Microsoft.Extensions.Logging;
using Tandem.Agent.Fencing;
using Tandem.Agent.Jobs;
using Tandem.Postgres;
using Tandem.Protocol.Clocks;

namespace Tandem.Agent.Loop;

/// <summary>
/// The one action that runs. Another begins only when it has ended, in order or cut short by one that outranks it; so no two ever touch the server at once.
/// An action that failed is not begun again before a moment has passed, unless the decision has changed.
/// </summary>
public sealed class JobSlot(Signal wake, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private (InstanceAction Action, Task Task, CancellationTokenSource Cancellation)? _running;
    private (string Name, int Count, TimeSpan Until)? _failed;
    private string? _lastIdle;

    public InstanceAction? Running => _running?.Action;

    /// <summary>Why the last action failed; null after one that did not.</summary>
    public (string Action, string Reason, string Message)? LastFailure { get; private set; }

    public async Task OfferAsync(InstanceAction action, Func<InstanceAction, CancellationToken, Task> run, CancellationToken cancellation)
    {
        if (_running is { } running)
        {
            if (!running.Task.IsCompleted)
            {
                if (!action.Outranks(running.Action)) return;
                Log.ActCutShort(logger, running.Action.Name, $"{action.Name}: {action.Reason}");
                running.Cancellation.Cancel(); // not CancelAsync: that goes to another thread
                await running.Task;
            }
            _running = null;
        }
        if (action.IsIdle)
        {
            if (action is InstanceAction.Hold or InstanceAction.Wait && _lastIdle != action.Reason) Log.Held(logger, action.Reason, action.Message);
            _lastIdle = action.Reason;
            return;
        }
        _lastIdle = null;
        if (_failed is { } failed && failed.Name == action.Name && time.BootTime() < failed.Until) return;
        Log.Acting(logger, action.Name, action.Reason, action.Message);
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _running = (action, RunAsync(action, run, source.Token), source);
    }

    private async Task RunAsync(InstanceAction action, Func<InstanceAction, CancellationToken, Task> run, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        try
        {
            await run(action, cancellation);
            Log.Acted(logger, action.Name, (long)time.GetElapsedTime(started).TotalMilliseconds);
            _failed = null;
            LastFailure = null;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Cut short: whoever did so says why.
        }
        catch (Exception exception)
        {
            var reason = exception switch { JobFailedException job => job.Reason, PostgresException postgres => postgres.Reason, _ => exception.GetType().Name };
            Log.ActFailed(logger, action.Name, (long)time.GetElapsedTime(started).TotalMilliseconds, reason, exception.Message);
            LastFailure = (action.Name, reason, exception.Message);
            var count = _failed is { } before && before.Name == action.Name ? before.Count + 1 : 1;
            var pause = FirstPause * Math.Pow(2, Math.Min(count - 1, 6));
            if (pause > LongestPause) pause = LongestPause;
            // Not a moment later than what it waits for is over.
            if (exception is JobFailedException { Passes: { } passes } && passes < pause) pause = passes;
            _failed = (action.Name, count, time.BootTime() + pause);
        }
        finally
        {
            wake.Set();
        }
    }
}
