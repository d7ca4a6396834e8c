using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Operator.Links.OtherSite;

/// <summary>What a reading of the other site came to. A closed set.</summary>
public abstract record OtherSiteReading
{
    private OtherSiteReading() { }

    /// <summary>The site answered; what is null is not there.</summary>
    public sealed record Read(V1Lease? Record, DisasterRecoveryPair? Pair) : OtherSiteReading;

    /// <summary>Nothing is known of it now.</summary>
    public sealed record Unreadable(string Reason, string Message) : OtherSiteReading;
}
