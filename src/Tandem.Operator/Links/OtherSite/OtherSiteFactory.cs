using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;

namespace Tandem.Operator.Links.OtherSite;

public sealed class OtherSiteFactory(TimeProvider time, ILogger<OtherSite> logger) : IOtherSiteFactory
{
    /// <summary>How long a reading may take is the link's to say. Reads are not repeated underneath.</summary>
    public static readonly KubernetesClientOptions Options = new() { RequestTimeout = TimeSpan.FromSeconds(5), PageTimeout = TimeSpan.FromSeconds(10), ConnectTimeout = TimeSpan.FromSeconds(5), ReadRetries = 0 };

    public IOtherSite Connect(OtherSiteAddress address, string kubeconfig)
    {
        var configuration = KubernetesClientConfiguration.FromKubeconfig(kubeconfig);
        return new OtherSite(address, () => new KubernetesClient(configuration, Options, time), time, logger);
    }
}
