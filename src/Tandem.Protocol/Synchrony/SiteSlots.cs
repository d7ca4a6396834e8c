namespace Tandem.Protocol.Synchrony;

/// <summary>
/// The slots of main standbys of another site, while they are counted. A slot has one walsender: whoever connects again is refused until the connection before is over, though nobody at the other end knows of it any more.
/// Without one, both would count under one name, and two of "all" would be one and the same.
/// </summary>
public static class SiteSlots
{
    private const string Prefix = "site_";

    /// <param name="replicationName">Of the other site's main standby.</param>
    public static string Of(string replicationName) => Prefix + replicationName;

    public static bool IsOne(string slot) => slot.StartsWith(Prefix, StringComparison.Ordinal);
}
