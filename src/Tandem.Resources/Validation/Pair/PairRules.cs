using System.Text.RegularExpressions;

namespace Tandem.Resources.Validation.Pair;

internal static partial class PairRules
{
    private const int MaximumNameLength = 40;

    public static IEnumerable<FieldError> NameFits(DisasterRecoveryPairInput input)
    {
        if (!ClusterName().IsMatch(input.Name) || input.Name.Length > MaximumNameLength)
            yield return FieldError.Of("metadata.name", input.Name, Reasons.InvalidValue, $"must begin with a letter, hold lower-case letters, digits and dashes only, and have at most {MaximumNameLength} characters");
        if (!ClusterName().IsMatch(input.Spec.Cluster) || input.Spec.Cluster.Length > MaximumNameLength)
            yield return FieldError.Of("spec.cluster", input.Spec.Cluster, Reasons.InvalidValue, "is not the name of a DatabaseCluster; set it to the name that the cluster has at both sites");
    }

    public static IEnumerable<FieldError> WordsAreKnown(DisasterRecoveryPairInput input) =>
    [
        .. Check.Word("spec.transport", input.Spec.Transport),
        .. Check.Word("spec.synchronization.mode", input.Spec.Synchronization.Mode),
        .. Check.Word("spec.synchronization.durability", input.Spec.Synchronization.Durability),
        .. Check.Word("spec.failover.mode", input.Spec.Failover.Mode),
        .. Check.Bytes("spec.synchronization.maximumLag", input.Spec.Synchronization.MaximumLag, "0", "1Ti"),
    ];

    public static IEnumerable<FieldError> TimesFit(DisasterRecoveryPairInput input)
    {
        var timeouts = input.Spec.Timeouts;
        foreach (var error in Check.Duration("spec.timeouts.quiesce", timeouts.Quiesce, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))) yield return error;
        foreach (var error in Check.Duration("spec.timeouts.switchover", timeouts.Switchover, TimeSpan.FromSeconds(5), TimeSpan.FromHours(24))) yield return error;
        foreach (var error in Check.Duration("spec.timeouts.step", timeouts.Step, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))) yield return error;
        if (timeouts.Switchover.TryGet(out var whole) && timeouts.Quiesce.TryGet(out var quiesce) && whole <= quiesce)
            yield return FieldError.Of("spec.timeouts.switchover", timeouts.Switchover, Reasons.FieldsDisagree, $"is not longer than spec.timeouts.quiesce ({timeouts.Quiesce}), which is a part of it; raise it");
    }

    public static IEnumerable<FieldError> EpochsFit(DisasterRecoveryPairInput input)
    {
        if (input.Spec.Failover.FromEpoch is < 1)
            yield return FieldError.Of("spec.failover.fromEpoch", input.Spec.Failover.FromEpoch, Reasons.OutOfRange, "is no pair epoch: they begin at 1; set it to status.epoch, or remove it for a switchover");
        if (input.Spec.Failover.AbandonPeerFromEpoch is < 1)
            yield return FieldError.Of("spec.failover.abandonPeerFromEpoch", input.Spec.Failover.AbandonPeerFromEpoch, Reasons.OutOfRange, "is no pair epoch: they begin at 1; set it to status.epoch, or remove it");
        if (input.Spec.Failover.OverrideFromEpoch is < 1)
            yield return FieldError.Of("spec.failover.overrideFromEpoch", input.Spec.Failover.OverrideFromEpoch, Reasons.OutOfRange, "is no pair epoch: they begin at 1; set it to status.epoch, or remove it");
        if (input.Spec.Switchover?.FromEpoch is < 1)
            yield return FieldError.Of("spec.switchover.fromEpoch", input.Spec.Switchover.FromEpoch, Reasons.OutOfRange, "is no pair epoch: they begin at 1; set it to status.epoch");
    }

    public static IEnumerable<FieldError> ArbiterFits(DisasterRecoveryPairInput input)
    {
        if (input.Spec.Failover.Mode == PairFailoverMode.Automatic && input.Spec.Arbiter is null)
            yield return FieldError.Of("spec.failover.mode", input.Spec.Failover.Mode, Reasons.FieldsDisagree, "needs spec.arbiter: two sites alone cannot tell a lost site from a lost link; set it to Manual");
        if (input.Spec.Arbiter is { } arbiter && (arbiter.Kubernetes is null) == (arbiter.Postgres is null))
            yield return FieldError.Of("spec.arbiter", arbiter.Kubernetes is null ? null : "kubernetes and postgres", Reasons.FieldsDisagree, "must have either kubernetes or postgres; keep one of them");
        if (input.Spec.Arbiter is { } named)
            foreach (var error in Check.Duration("spec.arbiter.leaseDuration", named.LeaseDuration, TimeSpan.FromSeconds(6), TimeSpan.FromMinutes(5))) yield return error;
    }

    public static IEnumerable<FieldError> NothingFixedChanges(DisasterRecoveryPairInput input)
    {
        var (spec, observed) = (input.Spec, input.Observed);
        if (observed.Cluster is { } cluster && spec.Cluster != cluster)
            yield return FieldError.Of("spec.cluster", spec.Cluster, Reasons.Immutable, $"is not the cluster that the pair is bound to ({cluster}); set it back, or delete the pair first and wait until it is dissolved");
        if (observed.Sites is not { } sites) yield break;
        foreach (var (site, i) in spec.Sites.Select((s, i) => (s, i)).Where(s => !sites.Contains(s.s.Name)))
            yield return FieldError.Of($"spec.sites[{i}].name", site.Name, Reasons.Immutable, $"is not one of the sites that the pair's records speak of ({string.Join(", ", sites)}); set it back, or delete the pair first and wait until it is dissolved");
    }

    [GeneratedRegex("^[a-z]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex ClusterName();
}
