namespace Tandem.Protocol.Arbitration;

/// <summary>
/// Stands in the cluster's record: no server of this site runs read-write without the arbiter's lease. It stands there, and not in the pair's record, since every start is preceded by a swap of
/// this very record: an instance that has not heard of the arbiter cannot start without hearing of it.
/// </summary>
/// <param name="Pair">UID of the pair, by which its record at the arbiter is named.</param>
/// <param name="Duration">Of the lease there.</param>
/// <param name="Generation">Raised whenever a site is bound anew.</param>
/// <param name="Leaving">The lease is to be given up, and the binding goes once it is: the other site must not be able to take it from one that runs without.</param>
public sealed record ArbiterBinding(string Pair, TimeSpan Duration, long Generation, bool Leaving = false);
