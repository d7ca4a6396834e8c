namespace Tandem.Sandbox.Host;

/// <summary>Waiting for a condition, with a deadline, and saying what was seen when it passes.</summary>
public static class Waiting
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <param name="probe">Null when the condition holds, else what was seen instead. An exception counts as seen.</param>
    /// <exception cref="TimeoutException">The deadline passed; its message has what was seen last.</exception>
    public static async Task UntilAsync(string what, TimeSpan deadline, Func<CancellationToken, Task<string?>> probe, CancellationToken cancellation, TimeSpan? pause = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var seen = await SeenAsync(probe, cancellation);
            if (seen is null) return;
            if (TimeProvider.System.GetElapsedTime(started) > deadline)
                throw new TimeoutException($"{what}: not after {deadline.TotalSeconds:0} s; seen last: {seen}");
            await Task.Delay(pause ?? Pause, TimeProvider.System, cancellation);
        }
    }

    private static async Task<string?> SeenAsync(Func<CancellationToken, Task<string?>> probe, CancellationToken cancellation)
    {
        try
        {
            return await probe(cancellation);
        }
        catch (Exception problem) when (problem is not FatalException && !cancellation.IsCancellationRequested)
        {
            return problem.Message;
        }
    }
}

/// <summary>No use to wait any longer.</summary>
public sealed class FatalException(string message) : Exception(message);
