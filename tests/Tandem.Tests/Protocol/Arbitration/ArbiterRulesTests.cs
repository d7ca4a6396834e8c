using Tandem.Protocol.Arbitration;
using Tandem.Resources.Values;
using Tandem.Tests.Support;

namespace Tandem.Tests.Protocol.Arbitration;

/// <summary>Who may write itself in at the arbiter [S8].</summary>
[Requirement("E15")]
public sealed class ArbiterRulesTests
{
    private static readonly ArbiterBinding Bound = new("uid", TimeSpan.FromSeconds(10), 1);
    private static readonly PairEpoch Third = new(3, "east"), Fourth = new(4, "west");
    private static readonly ArbiterRecord East = new("uid", Third, "east", TimeSpan.FromSeconds(10), DateTimeOffset.UnixEpoch, 1, "n1");

    [Fact]
    public void What_nobody_holds_is_taken() => Takes(null, Bound, "east", Third);

    [Fact]
    public void The_holder_renews_and_takes_its_next_epoch()
    {
        Takes(East, Bound, "east", Third);
        Takes(East, Bound, "east", new PairEpoch(4, "east"));
    }

    [Fact]
    public void Nobody_holds_it_below_what_stands_there()
    {
        Refuses("PairEpochPassed", East, Bound, "east", new PairEpoch(2, "east"), standing: TimeSpan.FromHours(1));
        Refuses("PairEpochPassed", East with { PairEpoch = Fourth, Holder = "west" }, Bound, "east", Third, standing: TimeSpan.FromHours(1));
    }

    [Fact]
    public void The_other_sites_is_taken_only_when_it_has_run_out_or_its_token_was_consumed()
    {
        Refuses("ArbiterHeldByPeer", East, Bound, "west", Fourth, standing: TimeSpan.FromSeconds(12.4));
        Takes(East, Bound, "west", Fourth, standing: TimeSpan.FromSeconds(12.6));
        Takes(East, Bound, "west", Fourth, consumed: Third);
        // A token counts only for the epoch that it names [S2].
        Refuses("ArbiterHeldByPeer", East, Bound, "west", Fourth, consumed: new PairEpoch(2, "east"));
    }

    [Fact]
    public void A_record_of_another_pair_is_refused() => Refuses("ArbiterForeign", East with { Pair = "other" }, Bound, "east", Third, standing: TimeSpan.FromHours(1));

    [Fact]
    public void What_was_given_up_is_taken_only_under_a_newer_binding()
    {
        var given = East with { Holder = null };
        Refuses("ArbiterGivenUp", given, Bound, "east", Third, standing: TimeSpan.FromHours(1));
        Takes(given, Bound with { Generation = 2 }, "east", Third);
        Takes(given, Bound with { Leaving = true }, "east", Third);
    }

    [Fact]
    public void It_stands_still_by_the_own_clock_whatever_times_it_bears()
    {
        var still = new Standstill();
        Assert.Equal(TimeSpan.Zero, still.Observe(East with { RenewedAt = DateTimeOffset.UnixEpoch.AddDays(-1) }, TimeSpan.FromSeconds(100)));
        Assert.Equal(TimeSpan.FromSeconds(7), still.Observe(East with { RenewedAt = DateTimeOffset.UnixEpoch.AddDays(-1) }, TimeSpan.FromSeconds(107)));
        Assert.Equal(TimeSpan.FromSeconds(8), still.Observe(East with { RenewedAt = DateTimeOffset.UnixEpoch.AddDays(-1), SettledBy = "west" }, TimeSpan.FromSeconds(108)));
        Assert.Equal(TimeSpan.Zero, still.Observe(East with { Nonce = "n2" }, TimeSpan.FromSeconds(109)));
    }

    [Fact]
    public void Who_waits_for_a_lease_is_told_when_it_runs_out()
    {
        var refusal = ArbiterRules.MayHold(East, Bound, "west", Fourth, TimeSpan.FromSeconds(4), null);
        Assert.Equal(East.Duration * ArbiterRules.Margin - TimeSpan.FromSeconds(4), refusal?.Passes);
    }

    [Fact]
    public void The_record_comes_back_as_it_was_written_and_a_later_format_is_not_read()
    {
        foreach (var record in new[] { East, East with { Holder = null, SettledBy = "n7" } }) Assert.Equal(record, ArbiterRecord.Decode(record.Encode()));
        Assert.Throws<FormatException>(() => ArbiterRecord.Decode(East.Encode().Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal)));
        Assert.Throws<FormatException>(() => ArbiterRecord.Decode("no record"));
    }

    private static void Takes(ArbiterRecord? stands, ArbiterBinding binding, string site, PairEpoch epoch, TimeSpan standing = default, PairEpoch? consumed = null) =>
        Assert.Null(ArbiterRules.MayHold(stands, binding, site, epoch, standing, consumed));

    private static void Refuses(string reason, ArbiterRecord? stands, ArbiterBinding binding, string site, PairEpoch epoch, TimeSpan standing = default, PairEpoch? consumed = null) =>
        Assert.Equal(reason, ArbiterRules.MayHold(stands, binding, site, epoch, standing, consumed)?.Reason);
}
