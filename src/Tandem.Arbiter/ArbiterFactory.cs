using Tandem.Kubernetes.Client;

namespace Tandem.Arbiter;

/// <inheritdoc/>
public sealed class ArbiterFactory(TimeProvider time) : IArbiterFactory
{
    /// <summary>A lease of the shortest duration has room for three of them.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1.5);

    private static readonly KubernetesClientOptions Options = new() { RequestTimeout = TimeSpan.FromSeconds(2), ConnectTimeout = TimeSpan.FromSeconds(1), ReadRetries = 0 };

    public IArbiter Connect(ArbiterAddress address, string pair)
    {
        if (address.Uri is { } uri) return new PostgresArbiter(uri, pair);
        if (address is not { Kubeconfig: { } kubeconfig, Namespace: { } @namespace }) throw new ArbiterAddressException("neither a kubeconfig nor a connection string is there");
        try
        {
            var client = new KubernetesClient(KubernetesClientConfiguration.FromKubeconfig(kubeconfig), Options, time);
            return new KubernetesArbiter(client, @namespace, pair, time, client);
        }
        catch (KubeconfigException exception)
        {
            throw new ArbiterAddressException($"the kubeconfig cannot be used: {exception.Message}", exception);
        }
    }
}
