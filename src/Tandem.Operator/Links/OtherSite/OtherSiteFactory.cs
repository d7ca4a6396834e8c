using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;

namespace Tandem.Operator.Links.OtherSite;

public sealed class OtherSiteFactory(TimeProvider time, ILogger<OtherSite> logger) : IOtherSiteFactory
{
    /// <summary>A site that does not answer within this is asked once more, and then unreadable. Reads are not repeated underneath.</summary>
    public static readonly KubernetesClientOptions Options = new() { RequestTimeout = TimeSpan.FromSeconds(1), PageTimeout = TimeSpan.FromSeconds(2), ConnectTimeout = TimeSpan.FromSeconds(1), ReadRetries = 0 };

    public IOtherSite Connect(OtherSiteAddress address, string kubeconfig)
    {
        var configuration = KubernetesClientConfiguration.FromKubeconfig(kubeconfig);
        return new OtherSite(address, () => new KubernetesClient(configuration, Options, time), time, logger);
    }
}
