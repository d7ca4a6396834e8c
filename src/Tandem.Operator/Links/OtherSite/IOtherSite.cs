using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;

namespace Tandem.Operator.Links.OtherSite;

/// <summary>The other site's API, as far as one pair may go there: its pair record, its pair object, and the application's Secret.</summary>
public interface IOtherSite : IAsyncDisposable
{
    /// <summary>
    /// Reads record and object, live, within little more than a second. Where the site was found unreadable a moment ago that is the answer at once, while it is
    /// tried again meanwhile.
    /// </summary>
    Task<OtherSiteReading> ReadAsync(CancellationToken cancellation);

    /// <summary>One compare-and-swap of the other site's pair record, sent once.</summary>
    Task<SwapResult<V1Lease>> SwapRecordAsync(V1Lease lease, CancellationToken cancellation);

    /// <returns>Null where the Secret is not there, or the site cannot be read.</returns>
    Task<V1Secret?> ReadSecretAsync(string name, CancellationToken cancellation);

    /// <summary>Something at the other site is not what it was, or it can be read again. On any thread; must not block.</summary>
    event Action? Changed;
}

/// <summary>Makes them; tests and the simulation have their own.</summary>
public interface IOtherSiteFactory
{
    /// <exception cref="KubeconfigException">The kubeconfig cannot be used; says which part and why, never what is secret.</exception>
    IOtherSite Connect(OtherSiteAddress address, string kubeconfig);
}

/// <summary>Which pair at the other site: it has the same name and namespace there.</summary>
public sealed record OtherSiteAddress(string Namespace, string Pair, string Record);
