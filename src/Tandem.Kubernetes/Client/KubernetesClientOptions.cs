namespace Tandem.Kubernetes.Client;

/// <summary>Bounds on every wait. Short, since a failover has no time for a connection that is dead: callers retry.</summary>
public sealed record KubernetesClientOptions
{
    /// <summary>One request and its answer. Sent to the server too, which gives a write up after it.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>One page of a list.</summary>
    public TimeSpan PageTimeout { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A connection that is silent for so long is asked whether it lives …</summary>
    public TimeSpan KeepAlivePingDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>… and is dropped, with all requests on it, when it does not answer for so long.</summary>
    public TimeSpan KeepAlivePingTimeout { get; init; } = TimeSpan.FromSeconds(2);

    public int PageSize { get; init; } = 500;

    /// <summary>A watch lasts a random time between these two, so that not all watches are renewed at once.</summary>
    public TimeSpan MinimumWatchTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <inheritdoc cref="MinimumWatchTime"/>
    public TimeSpan MaximumWatchTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long after its time a watch that the server should have ended is ended here.</summary>
    public TimeSpan WatchGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a read is sent again after a broken connection, 429 or 5xx. Writes never are.</summary>
    public int ReadRetries { get; init; } = 3;
    public TimeSpan ReadRetryDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    public string UserAgent { get; init; } = "tandem";
}
