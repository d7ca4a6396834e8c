using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Tests.Resources;

public sealed class ConditionsTests
{
    private static readonly DateTimeOffset Then = new(2026, 1, 1, 12, 0, 0, 500, TimeSpan.Zero);
    private static readonly DateTimeOffset Later = Then.AddMinutes(5);

    [Fact]
    public void Transition_time_moves_only_with_the_status()
    {
        List<V1Condition> conditions = [];
        Assert.True(Conditions.Set(conditions, ConditionTypes.Ready, ConditionStatus.False, "Starting", "one instance is missing", 1, Then));
        Assert.True(Conditions.Set(conditions, ConditionTypes.Ready, ConditionStatus.False, "Rejoining", "one instance is rewound", 2, Later));
        var ready = Assert.Single(conditions);
        Assert.Equal(("False", "Rejoining", 2L), (ready.Status, ready.Reason, ready.ObservedGeneration));
        Assert.Equal(Then.AddMilliseconds(-500), ready.LastTransitionTime);

        Assert.True(Conditions.Set(conditions, ConditionTypes.Ready, ConditionStatus.True, "AllReady", "", 2, Later));
        Assert.Equal(Later.AddMilliseconds(-500), Conditions.Find(conditions, ConditionTypes.Ready)!.LastTransitionTime);
        Assert.True(Conditions.IsTrue(conditions, ConditionTypes.Ready));
    }

    [Fact]
    public void What_is_said_again_is_no_news()
    {
        List<V1Condition> conditions = [];
        Conditions.Set(conditions, ConditionTypes.Writable, ConditionStatus.Unknown, "NoReport", "no agent answers", 1, Then);
        Assert.False(Conditions.Set(conditions, ConditionTypes.Writable, ConditionStatus.Unknown, "NoReport", "no agent answers", 2, Later));
        Assert.False(Conditions.IsTrue(conditions, ConditionTypes.Writable));
        Assert.Null(Conditions.Find(conditions, ConditionTypes.Ready));
    }
}
