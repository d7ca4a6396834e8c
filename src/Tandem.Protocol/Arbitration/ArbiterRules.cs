using Tandem.Protocol.Handover;
using Tandem.Resources.Values;

namespace Tandem.Protocol.Arbitration;

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
    /// <returns>Null: it may write itself in.</returns>
    public static Refusal? MayHold(ArbiterRecord? stands, ArbiterBinding binding, string site, PairEpoch epoch, TimeSpan stoodStillFor, PairEpoch? consumed)
    {
        if (stands is null) return null;
        if (stands.Pair != binding.Pair) return new Refusal("ArbiterForeign", $"the record at the arbiter is of another pair ({stands.Pair}): nothing is taken from it");
        if (stands.PairEpoch > epoch) return new Refusal("PairEpochPassed", $"the arbiter knows pair epoch {stands.PairEpoch}, this site is at {epoch}");
        if (stands.Holder is null)
            return binding.Leaving || binding.Generation > stands.Generation ? null : new Refusal("ArbiterGivenUp", "the lease at the arbiter was given up under this very binding");
        // Two sites never share an epoch: it names its site. So what the other one holds is of an epoch that is over.
        if (stands.Holder == site || stands.PairEpoch == consumed || HasRunOut(stands, stoodStillFor)) return null;
        return new Refusal("ArbiterHeldByPeer", $"site {stands.Holder} holds the arbiter at pair epoch {stands.PairEpoch}, and renewed it {stoodStillFor.TotalSeconds:0.0} s ago; it runs out after {(stands.Duration * Margin).TotalSeconds:0.0} s", stands.Duration * Margin - stoodStillFor);
    }

    public static bool HasRunOut(ArbiterRecord stands, TimeSpan stoodStillFor) => stoodStillFor > stands.Duration * Margin;
}
