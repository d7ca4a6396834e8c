using Tandem.Resources.Values;

namespace Tandem.Resources.Validation.Cluster;

internal static class TimingRules
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static IEnumerable<FieldError> DurationsInRange(DatabaseClusterInput input)
    {
        var (synchronization, failover) = (input.Spec.Synchronization, input.Spec.Failover);
        return
        [
            .. Check.Duration("spec.synchronization.degradeAfter", synchronization.DegradeAfter, Second, Hour),
            .. Check.Duration("spec.synchronization.replaceAfter", synchronization.ReplaceAfter, Second, Hour),
            .. Check.Duration("spec.failover.detectionTimeout", failover.DetectionTimeout, Second, TimeSpan.FromMinutes(1)),
            .. Check.Duration("spec.failover.leaseDuration", failover.LeaseDuration, TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(5)),
            .. Check.Duration("spec.failover.restartWindow", failover.RestartWindow, Second, TimeSpan.FromHours(24)),
            .. Check.Duration("spec.failover.restartTimeout", failover.RestartTimeout, Second, Hour),
            .. Check.Duration("spec.failover.switchoverTimeout", failover.SwitchoverTimeout, Second, Hour),
            .. Check.Range("spec.failover.restartThreshold", failover.RestartThreshold, 0, 100),
        ];
    }

    public static IEnumerable<FieldError> DurationsAgree(DatabaseClusterInput input)
    {
        var (synchronization, failover) = (input.Spec.Synchronization, input.Spec.Failover);
        if (IsBelow(failover.LeaseDuration, failover.DetectionTimeout, orEqual: true))
            yield return FieldError.Of("spec.failover.leaseDuration", failover.LeaseDuration, Reasons.FieldsDisagree, $"is not longer than spec.failover.detectionTimeout ({failover.DetectionTimeout}): a primary would stop itself before anybody suspects it; raise it");
        // A primary that gives up its durability before its loss is even noticed would turn every short stall of a standby into a window of loss.
        if (synchronization.Durability == Durability.Preferred && IsBelow(synchronization.DegradeAfter, failover.DetectionTimeout, orEqual: false))
            yield return FieldError.Of("spec.synchronization.degradeAfter", synchronization.DegradeAfter, Reasons.FieldsDisagree, $"is shorter than spec.failover.detectionTimeout ({failover.DetectionTimeout}): the cluster would go on without its standbys before it knows that they are lost; raise it to at least {failover.DetectionTimeout}");
        if (IsBelow(failover.RestartWindow, failover.RestartTimeout, orEqual: false))
            yield return FieldError.Of("spec.failover.restartWindow", failover.RestartWindow, Reasons.FieldsDisagree, $"is shorter than spec.failover.restartTimeout ({failover.RestartTimeout}): a crash would be forgotten before its restart has ended; raise it");
    }

    private static bool IsBelow(Duration a, Duration b, bool orEqual) => a.TryGet(out var x) && b.TryGet(out var y) && (x < y || (orEqual && x == y));
}
