namespace Tandem.Tests.Support;

/// <summary>A loop that runs until the end of the test; a failure of it is the test's.</summary>
public sealed class Running : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();

    private Running(Func<CancellationToken, Task> run) => Task = run(_stop.Token);

    public Task Task { get; }

    public static Running Start(Func<CancellationToken, Task> run) => new(run);

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await Task.EndsAsync("the loop that was told to stop");
        }
        catch (OperationCanceledException)
        {
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
