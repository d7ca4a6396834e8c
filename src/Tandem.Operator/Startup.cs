using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Operator;

/// <summary>What must be known before the operator can be put together.</summary>
internal static class Startup
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>Waits for the API server for as long as it takes: an operator that came up first must not need a restart.</summary>
    public static async Task<KubernetesVersion> ReachServerAsync(IKubernetesClient client, TimeProvider time, ILogger logger, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await client.GetVersionAsync(cancellation);
            }
            catch (KubernetesUnreachableException exception)
            {
                Log.WaitsForServer(logger, exception.Message);
                await Task.Delay(RetryAfter, time, cancellation);
            }
        }
    }

    /// <summary>Whether the server knows policy/v1. Asked of the API itself: a version number says little about a server that somebody has built.</summary>
    public static async Task<bool> HasPolicyV1Async(IKubernetesClient client, OperatorOptions options, CancellationToken cancellation)
    {
        try
        {
            await client.ListAsync<V1PodDisruptionBudget>(options.Namespaces.FirstOrDefault() ?? options.PodNamespace ?? "default", labelSelector: $"{Names.ClusterLabel}=none", cancellation: cancellation);
            return true;
        }
        catch (KubernetesException exception) when (exception.StatusCode == 404)
        {
            return false;
        }
        catch (KubernetesException exception) when (exception.StatusCode == 403)
        {
            return true; // it is known, only not to be listed there
        }
    }

    /// <summary>The image that this very pod runs: it has the agent too.</summary>
    /// <exception cref="FormatException">This is no pod, or it has no image that can be read.</exception>
    public static async Task<string> OwnImageAsync(IKubernetesClient client, OperatorOptions options, CancellationToken cancellation)
    {
        if (options is not { PodName: { } name, PodNamespace: { } @namespace }) throw new FormatException("--agent-image is missing, and POD_NAME and POD_NAMESPACE do not say which pod this is");
        var pod = await client.GetAsync<V1Pod>(name, @namespace, cancellation);
        return pod?.Spec?.Containers.FirstOrDefault()?.Image ?? throw new FormatException($"--agent-image is missing, and the pod {@namespace}/{name} has no image");
    }
}
