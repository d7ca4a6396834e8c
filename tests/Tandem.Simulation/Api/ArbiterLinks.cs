using Tandem.Arbiter;
using Tandem.Kubernetes.Client;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Api;

/// <summary>The real arbiter by a Lease, over a client of the third cluster's API server.</summary>
public sealed class ArbiterLinks(ApiServer? arbiter, SimulatedProcess process, string place) : IArbiterFactory
{
    public const string Namespace = "tandem-arbiter";

    private static readonly KubernetesClientOptions Options = new() { RequestTimeout = TimeSpan.FromSeconds(2), ConnectTimeout = TimeSpan.FromSeconds(1), ReadRetries = 0 };

    public IArbiter Connect(ArbiterAddress address, string pair)
    {
        var client = new SimulatedKubernetesClient(process, place, arbiter ?? throw new ArbiterAddressException("there is no arbiter"), Options);
        return new KubernetesArbiter(client, Namespace, pair, process.Time, client);
    }
}
