namespace Tandem.Kubernetes.Watching;

/// <summary>Doubling waits with jitter, so that many clients of a server that comes back do not all come at once.</summary>
internal sealed class Backoff(TimeSpan initial, TimeSpan maximum, Random random)
{
    private int _failures;

    public void Reset() => _failures = 0;

    /// <returns>Between half of and one and a half times the doubled wait.</returns>
    public TimeSpan Next()
    {
        var doubled = Math.Min(initial.Ticks * Math.Pow(2, Math.Min(_failures++, 40)), maximum.Ticks);
        double share;
        lock (random) share = 0.5 + random.NextDouble();
        return TimeSpan.FromTicks((long)(doubled * share));
    }
}
