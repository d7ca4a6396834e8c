using Tandem.Resources.Values;

namespace Tandem.Protocol.Arbitration;

/// <summary>Whether a site may hold the arbiter's lease. A closed set.</summary>
public abstract record ArbiterVerdict
{
    private ArbiterVerdict() { }

    /// <summary>It may write itself in.</summary>
    public sealed record Take : ArbiterVerdict;

    /// <summary>It may not; one CamelCase word and a sentence.</summary>
    /// <param name="Passes">After this time, if what stands there is renewed no more; null: time alone does not change it.</param>
    public sealed record Refuse(string Reason, string Message, TimeSpan? Passes = null) : ArbiterVerdict;
}

/// <summary>
/// The arbiter's lease (protocol, section 5): with an arbiter every read-write start, restarts too, needs it held at that very pair epoch; the other site's record does not replace it [S8].
/// </summary>
public static class ArbiterRules
{
    /// <summary>
    /// What the lease must have stood still for before another site takes it, as a multiple of its duration: its holder's guard stops the server at two thirds of it, counted from before the renewal
    /// was sent, by a clock of its own. So the server is down long before, whatever the two clocks drift.
    /// </summary>
    public const double Margin = 1.25;

    /// <param name="stands">What stands at the arbiter; null: nothing yet.</param>
    /// <param name="site">That wants to be writable at <paramref name="epoch"/>.</param>
    /// <param name="stoodStillFor">How long that has stood there unchanged, by the asker's own clock.</param>
    /// <param name="consumed">The pair epoch whose token this site has consumed to come to <paramref name="epoch"/>: its site has stopped, and takes no part any more. Null: it was another way.</param>
    public static ArbiterVerdict MayHold(ArbiterRecord? stands, ArbiterBinding binding, string site, PairEpoch epoch, TimeSpan stoodStillFor, PairEpoch? consumed)
    {
        if (stands is null) return new ArbiterVerdict.Take();
        if (stands.Pair != binding.Pair) return new ArbiterVerdict.Refuse("ArbiterForeign", $"the record at the arbiter is of another pair ({stands.Pair}): nothing is taken from it");
        if (stands.PairEpoch > epoch) return new ArbiterVerdict.Refuse("PairEpochPassed", $"the arbiter knows pair epoch {stands.PairEpoch}, this site is at {epoch}");
        if (stands.Holder is null)
            return binding.Leaving || binding.Generation > stands.Generation ? new ArbiterVerdict.Take() : new ArbiterVerdict.Refuse("ArbiterGivenUp", "the lease at the arbiter was given up under this very binding");
        if (stands.Holder == site) return new ArbiterVerdict.Take();
        // The other site's, of an epoch that is over. Two sites never share an epoch: it names its site.
        if (stands.PairEpoch == consumed) return new ArbiterVerdict.Take();
        return HasRunOut(stands, stoodStillFor)
            ? new ArbiterVerdict.Take()
            : new ArbiterVerdict.Refuse("ArbiterHeldByPeer", $"site {stands.Holder} holds the arbiter at pair epoch {stands.PairEpoch}, and renewed it {stoodStillFor.TotalSeconds:0.0} s ago; it runs out after {(stands.Duration * Margin).TotalSeconds:0.0} s", stands.Duration * Margin - stoodStillFor);
    }

    public static bool HasRunOut(ArbiterRecord stands, TimeSpan stoodStillFor) => stoodStillFor > stands.Duration * Margin;
}
