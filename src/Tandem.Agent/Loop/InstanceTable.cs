using static Tandem.Agent.Loop.InstanceAction;

namespace Tandem.Agent.Loop;

/// <summary>
/// What an instance does next: the first rule that has something to say. Read top-down it is protocol.md, sections 3 and 4, from one instance's place.
/// Pure: everything is in the observation.
/// </summary>
public static class InstanceTable
{
    private static readonly Func<InstanceObservation, InstanceAction?>[] AnyRules =
    [
        Rulings.LeavingInOrder,
        Rulings.PromotedByHand,
        Rulings.Regressed,
        Rulings.NoRecord,
        Rulings.RecordUnusable,
        Rulings.RecordUnconfirmed,
        Rulings.HigherEpoch,
        Rulings.SiteEmptied,
        Rulings.Electing,
        Rulings.HandingOver,
    ];

    private static readonly Func<InstanceObservation, InstanceAction?>[] OfHolder =
    [
        HolderRules.Demoted,
        HolderRules.MainStandby,
        HolderRules.Founding,
        HolderRules.Unnamed,
        HolderRules.Unfit,
        HolderRules.ServerDown,
        HolderRules.Elected,
        HolderRules.NotAdmitted,
        HolderRules.Reigning,
    ];

    private static readonly Func<InstanceObservation, InstanceAction?>[] OfFollower =
    [
        FollowerRules.MustNotWrite,
        FollowerRules.WithoutData,
        FollowerRules.InterruptedRewind,
        FollowerRules.ServerDown,
        FollowerRules.StrayTimeline,
        FollowerRules.WrongUpstream,
        FollowerRules.Diverged,
        FollowerRules.LineageGrew,
        FollowerRules.ReignUnknown,
        FollowerRules.Detached,
        FollowerRules.Connecting,
        FollowerRules.Strangers,
        FollowerRules.Configured,
    ];

    public static InstanceAction Decide(InstanceObservation o)
    {
        foreach (var rule in AnyRules)
            if (rule(o) is { } action)
                return action;
        foreach (var rule in o.IsHolder ? OfHolder : OfFollower)
            if (rule(o) is { } action)
                return action;
        return new Nothing("AsWanted", o.IsHolder ? "holds the record" : "follows the holder");
    }
}
