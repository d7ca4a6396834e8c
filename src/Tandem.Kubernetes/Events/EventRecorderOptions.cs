namespace Tandem.Kubernetes.Events;

public sealed record EventRecorderOptions
{
    /// <summary>Who says so: <c>tandem-operator</c>.</summary>
    public required string Component { get; init; }

    /// <summary>Which of them: the pod's name.</summary>
    public required string Instance { get; init; }

    /// <summary>Events that wait to be written; what comes on top is left out, and counted.</summary>
    public int Capacity { get; init; } = 1000;

    /// <summary>An event that repeats within this time is counted up, not written again.</summary>
    public TimeSpan RepeatWindow { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>So many different messages of one object and reason within <see cref="SimilarWindow"/>; further ones are told as one.</summary>
    public int SimilarLimit { get; init; } = 10;
    public TimeSpan SimilarWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Writes for one object at once …</summary>
    public int Burst { get; init; } = 50;

    /// <summary>… and in the long run.</summary>
    public double PerSecond { get; init; } = 1.0 / 60;

    /// <summary>Attempts to write one event.</summary>
    public int Attempts { get; init; } = 5;
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What the shutdown gives to events that still wait.</summary>
    public TimeSpan FlushTimeout { get; init; } = TimeSpan.FromSeconds(3);
}
