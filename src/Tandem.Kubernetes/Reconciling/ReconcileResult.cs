namespace Tandem.Kubernetes.Reconciling;

/// <summary>What a reconciler asks for when it ends well. It fails by throwing, and then comes again after a growing wait.</summary>
public readonly record struct ReconcileResult(TimeSpan? RequeueAfter)
{
    /// <summary>All is as it should be; come again when something changes.</summary>
    public static ReconcileResult Done => default;

    /// <summary>Come again after this time, or earlier when something changes.</summary>
    public static ReconcileResult After(TimeSpan wait) => new(wait);
}
