using Tandem.Kubernetes.Queueing;

namespace Tandem.Kubernetes.Reconciling;

public sealed record ControllerOptions
{
    /// <summary>Objects worked on at a time; never one object twice at a time.</summary>
    public int Workers { get; init; } = 4;
    public WorkQueueOptions Queue { get; init; } = new();

    /// <summary>A reconciler that takes longer is cancelled, and that counts as a failure.</summary>
    public TimeSpan ReconcileTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long reconcilers under way may go on when the process is asked to stop.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(20);
}
