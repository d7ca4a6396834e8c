namespace Tandem.Kubernetes.Watching;

public sealed record ResourceWatcherOptions
{
    /// <summary>Null: all namespaces.</summary>
    public string? Namespace { get; init; }
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Wait after the first failure in a row; each further one doubles it, up to <see cref="MaximumBackoff"/>, give or take half. Short: an agent that hears of an API server's return half a minute late is that much late in all it does.</summary>
    public TimeSpan InitialBackoff { get; init; } = TimeSpan.FromMilliseconds(200);
    public TimeSpan MaximumBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A watch that has lasted so long without an end by the server or the client is ended, and begun again where it was.</summary>
    public TimeSpan WatchDeadline { get; init; } = TimeSpan.FromMinutes(12);
}
