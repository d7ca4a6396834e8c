using System.Collections.Immutable;
using Tandem.Protocol.Arbitration;
using Tandem.Protocol.Recovery;
using Tandem.Protocol.Synchrony;

namespace Tandem.Protocol.Handover;

/// <summary>One line of the table: an action where the line applies, else null.</summary>
public delegate PairAction? PairRule(PairView view);

/// <summary>
/// What a site's operator does about its pair, in the order in which it is tried (protocol, section 5). Who is primary is decided by one swap of one pair record [S2];
/// everything above that line carries decisions out, everything below it prepares or asks for one.
/// </summary>
public static class PairDecision
{
    public static readonly ImmutableArray<PairRule> Rules =
    [
        // ---- no record, or one that must not be obeyed ----
        Founding.Found,
        Regression.HoldRegressed,
        // ---- carry out what is decided ----
        EpochAdoption.AdoptHigherEpoch,
        AutomaticFailover.AdoptDecided,
        ClusterFollows.RefuseForeignData,
        ClusterFollows.OpenAsPrimary,
        ClusterFollows.RunAsStandby,
        // ---- the site that is to become primary ----
        TargetSteps.Consume,
        TargetSteps.DecideCarried,
        TargetSteps.ReachOrRevoke,
        // ---- the site that is primary, in an operation ----
        Override.OpenWithoutOutcome,
        Override.OpenUnseen,
        PrimarySteps.Locked,
        PrimarySteps.Quiescing,
        PrimarySteps.Fenced,
        PrimarySteps.Demoting,
        PrimarySteps.Offering,
        PrimarySteps.RollingBack,
        // ---- a synchronous pair: first what must not be said any longer ----
        Counting.Leave,
        Counting.Withdraw,
        Counting.Doubt,
        Naming.Release,
        Naming.Bind,
        Naming.Name,
        Counting.Want,
        Counting.Mark,
        // ---- the end of the pair ----
        Dissolving.Dissolve,
        // ---- requests ----
        TargetSteps.LockAsTarget,
        AutomaticFailover.Take,
        Failover.FailOver,
        AutomaticFailover.Begin,
        Requests.Adopt,
        Requests.Lock,
        Counting.SayWhatWaits,
        Requests.SayWhatDiffers,
        Counting.SayWhoIsTooOld,
    ];

    public static PairAction Decide(PairView view) => Decide(view, Rules);

    /// <summary>With a table of one's own: what a test needs that takes a rule out and looks for the loss.</summary>
    public static PairAction Decide(PairView view, IEnumerable<PairRule> rules)
    {
        foreach (var rule in rules)
            if (rule(view) is { } action) return action;
        return new PairAction.Rest();
    }
}
