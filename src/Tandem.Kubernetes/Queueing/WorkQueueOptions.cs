namespace Tandem.Kubernetes.Queueing;

public sealed record WorkQueueOptions
{
    /// <summary>Wait of an item after its first failure; each further one in a row doubles it …</summary>
    public TimeSpan InitialDelay { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>… up to this: not for long, since nothing else need change for it to succeed.</summary>
    public TimeSpan MaximumDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Retries of all items together, in the long run …</summary>
    public double RetriesPerSecond { get; init; } = 10;

    /// <summary>… and at once.</summary>
    public int RetryBurst { get; init; } = 100;
}
