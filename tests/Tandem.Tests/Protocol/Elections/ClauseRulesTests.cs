using Tandem.Protocol.Elections;
using Tandem.Resources.Values;
using static Tandem.Tests.Protocol.Example;

namespace Tandem.Tests.Protocol.Elections;

public sealed class ClauseRulesTests
{
    private static readonly Epoch Now = new(2);

    [Fact]
    public void One_of_two_needs_both_members_since_either_may_be_the_one_that_acknowledged()
    {
        var clause = Clause(1, A, 1, B, C);
        Assert.False(ClauseRules.Satisfied(clause, Now, [Promise(B, 2, 1, At(1))]));
        Assert.True(ClauseRules.Satisfied(clause, Now, [Promise(B, 2, 1, At(1)), Promise(C, 2, 1, At(1))]));
    }

    [Fact]
    public void Two_of_two_needs_any_one_member() =>
        Assert.True(ClauseRules.Satisfied(Clause(1, A, 2, B, C), Now, [Promise(C, 2, 1, At(1))]));

    [Fact]
    public void The_holder_alone_satisfies_its_own_clause() =>
        Assert.True(ClauseRules.Satisfied(Clause(1, A, 1, B, C), Now, [Promise(A, 2, 1, At(1))]));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_promise_of_another_epoch_counts_for_nothing(long epoch) // [C7b]
        => Assert.False(ClauseRules.Satisfied(Clause(1, A, 2, B, C), Now, [Promise(B, epoch, 1, At(1))]));

    [Fact]
    public void A_promise_without_a_position_counts_for_nothing_not_even_as_holder() // [C6]
        => Assert.False(ClauseRules.Satisfied(Clause(1, A, 1, B, C), Now, [WithoutPosition(A, 2), WithoutPosition(B, 2), WithoutPosition(C, 2)]));

    [Fact]
    public void A_new_life_under_an_old_name_is_a_stranger()
    {
        var emptied = B with { Volume = "dddddddddddddddddddddddddddddddd" };
        Assert.False(ClauseRules.Satisfied(Clause(1, A, 2, B, C), Now, [Promise(emptied, 2, 1, At(9))]));
    }

    [Fact]
    public void The_empty_clause_is_a_matter_of_evidence()
    {
        var empty = Clause(1, A, 0);
        Assert.True(ClauseRules.Satisfied(empty, Now, []));
        Assert.True(ClauseRules.NeedsEvidence(empty));
        Assert.False(ClauseRules.NeedsEvidence(Clause(1, A, 1, B)));
    }

    /// <summary>The reason for |S| − k + 1, by trying every set: whoever acknowledged and whoever promised always meet.</summary>
    [Fact]
    public void Every_acknowledging_set_meets_every_satisfying_set()
    {
        Incarnation[] all = [B, C, A with { Instance = "orders-4" }, A with { Instance = "orders-5" }];
        for (var size = 1; size <= all.Length; size++)
            for (var k = 1; k <= size; k++)
            {
                var clause = Clause(1, A, k, all[..size]);
                foreach (var acknowledged in Subsets(all[..size]).Where(s => s.Count >= k))
                    foreach (var promised in Subsets(all[..size]).Where(s => ClauseRules.Satisfied(clause, Now, [.. s.Select(i => Promise(i, 2, 1, At(1)))])))
                        Assert.True(acknowledged.Overlaps(promised), $"{clause}: {acknowledged.Count} acknowledged, {promised.Count} promised");
            }
    }

    private static IEnumerable<HashSet<Incarnation>> Subsets(Incarnation[] items) =>
        Enumerable.Range(0, 1 << items.Length).Select(mask => items.Where((_, i) => (mask >> i & 1) == 1).ToHashSet());
}
