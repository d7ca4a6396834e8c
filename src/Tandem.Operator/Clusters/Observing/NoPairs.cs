namespace Tandem.Operator.Clusters.Observing;

/// <summary>For an operator that knows no pairs: whoever belongs to one waits.</summary>
public sealed class NoPairs : IPairStandings
{
    public event Action<string, string>? Changed
    {
        add { }
        remove { }
    }

    public PairStanding Find(ClusterKey cluster, string pair) => PairStanding.Unknown;
}
