using System.Collections.Immutable;

namespace Tandem.Operator.Clusters.Deciding;

/// <summary>What to do now, and what not to do and why.</summary>
/// <param name="LookAgainAfter">When time alone can change the decision; null: only an event can.</param>
public sealed record ClusterDecision(ImmutableList<ClusterAction> Actions, ImmutableList<Hold> Holds, TimeSpan? LookAgainAfter = null)
{
    public static readonly ClusterDecision Nothing = new([], []);

    public static ClusterDecision Do(params ClusterAction[] actions) => new([.. actions], []);
    public static ClusterDecision Hold(HoldKind kind, string reason, string message) => new([], [new Hold(kind, reason, message)]);
    public static ClusterDecision HoldFor(TimeSpan time, HoldKind kind, string reason, string message) => new([], [new Hold(kind, reason, message)], time);

    public ClusterDecision And(ClusterDecision other) => new(Actions.AddRange(other.Actions), Holds.AddRange(other.Holds), Sooner(LookAgainAfter, other.LookAgainAfter));

    private static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) => a is null ? b : b is null ? a : a < b ? a : b;
}
