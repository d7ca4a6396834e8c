using Spectre.Console;
using Tandem.Cli.Output;
using Tandem.Kubernetes.Client;

namespace Tandem.Cli;

/// <summary>Which site, which namespace, and where to write.</summary>
public sealed record Session(IKubernetesClient Client, KubernetesClientConfiguration Configuration, string Namespace, Screen Screen, TimeProvider Time)
{
    private const string DefaultNamespace = "default";
    private static readonly KubernetesClientOptions Patience = new() { RequestTimeout = TimeSpan.FromSeconds(10), ConnectTimeout = TimeSpan.FromSeconds(5), UserAgent = "kubectl-tandem" };

    /// <exception cref="KubeconfigException">No way to an API server.</exception>
    public static Session Open(string? kubeconfig, string? context, string? @namespace)
    {
        var configuration = KubernetesClientConfiguration.Default(kubeconfig, context);
        return new Session(new KubernetesClient(configuration, Patience), configuration, @namespace ?? configuration.Namespace ?? DefaultNamespace, Screen.OfTerminal(), TimeProvider.System);
    }
}
