namespace Tandem.Resources;

/// <summary>Whether the sites of a pair reach each other.</summary>
public static class PairLinks
{
    /// <summary>No site names a way to its API server: there is no link, and a person carries letters.</summary>
    public static bool HasNoLink(this DisasterRecoveryPairSpec spec) => spec.Sites.Count > 0 && spec.Sites.TrueForAll(s => s.Kubernetes is null);
}
