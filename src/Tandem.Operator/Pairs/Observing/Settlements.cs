using Tandem.Kubernetes.Watching;

namespace Tandem.Operator.Pairs.Observing;

/// <summary>The settlement of each record that a pair's operator swaps: see <see cref="SwapSettlement"/>.</summary>
public sealed class Settlements(TimeProvider time)
{
    public SwapSettlement Cluster { get; } = new(time);
    public SwapSettlement PairRecord { get; } = new(time);
    public SwapSettlement PeerRecord { get; } = new(time);
    public SwapSettlement Arbiter { get; } = new(time);

    /// <summary>Begins a round of work on the pair.</summary>
    public void Begin(ResourceKey pair)
    {
        foreach (var one in All) one.Begin(pair);
    }

    public void Forget(ResourceKey pair)
    {
        foreach (var one in All) one.Forget(pair);
    }

    private SwapSettlement[] All => [Cluster, PairRecord, PeerRecord, Arbiter];
}
