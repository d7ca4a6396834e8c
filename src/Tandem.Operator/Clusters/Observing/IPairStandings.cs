namespace Tandem.Operator.Clusters.Observing;

/// <summary>What the pair part knows that the cluster part must obey. Asked at every look at a cluster that has <c>spec.pair</c>; answers from memory, at once.</summary>
public interface IPairStandings
{
    PairStanding Find(ClusterKey cluster, string pair);

    /// <summary>Namespace and name of a cluster whose standing is another one now. Called on any thread; must not block.</summary>
    event Action<string, string>? Changed;
}

/// <param name="FoundsCredentials">
/// Whether this site is to draw the application's password. False at the standby site, whose Secret is copied from the other site by the pair part (with the labels and the
/// owner of <see cref="Desired.ApplicationSecretBuilder"/>), and as long as it is not known which of the two this site is.
/// </param>
/// <param name="PeerAuthorityPem">The authority of the other site's cluster, for the instances' bundles; null as long as it is not known.</param>
public sealed record PairStanding(bool FoundsCredentials, string? PeerAuthorityPem)
{
    /// <summary>The other site is read, and no operation is open: it can be told that whom it counts here is to leave.</summary>
    public bool CanTellPeer { get; init; }

    /// <summary>Of a cluster whose pair is not known yet.</summary>
    public static readonly PairStanding Unknown = new(false, null);

    /// <summary>Of a cluster by itself.</summary>
    public static readonly PairStanding Alone = new(true, null);
}
