namespace Tandem.Kubernetes.Models;

public sealed record V1ContainerStatus : ExtensibleObject
{
    public string Name { get; set; } = "";
    public string? Image { get; set; }
    public string? ImageID { get; set; }
    /// <summary>For example <c>containerd://4f1c…</c>; of the container that runs, or ran last.</summary>
    public string? ContainerID { get; set; }
    public bool? Ready { get; set; }
    public bool? Started { get; set; }
    public int? RestartCount { get; set; }
    public V1ContainerState? State { get; set; }
    public V1ContainerState? LastState { get; set; }
}

/// <summary>Exactly one of the three is set; none means waiting.</summary>
public sealed record V1ContainerState : ExtensibleObject
{
    public V1ContainerStateRunning? Running { get; set; }
    public V1ContainerStateWaiting? Waiting { get; set; }
    public V1ContainerStateTerminated? Terminated { get; set; }
}

public sealed record V1ContainerStateRunning : ExtensibleObject
{
    public DateTimeOffset? StartedAt { get; set; }
}

public sealed record V1ContainerStateWaiting : ExtensibleObject
{
    public string? Reason { get; set; }
    public string? Message { get; set; }
}

public sealed record V1ContainerStateTerminated : ExtensibleObject
{
    public int? ExitCode { get; set; }
    public int? Signal { get; set; }
    public string? Reason { get; set; }
    public string? Message { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    public string? ContainerID { get; set; }
}
