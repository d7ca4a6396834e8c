using System.Globalization;
using Microsoft.Extensions.Logging;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Agent.Services;

/// <summary>
/// Moves the selectors of <c>-rw</c> and <c>-dr</c>: by swap, with an epoch annotation that only rises, so that a late writer of an earlier epoch
/// can never point clients back at an old primary.
/// </summary>
public sealed class SelectorKeeper(IKubernetesClient client, string cluster, string @namespace, ILogger logger)
{
    /// <summary>Makes the Service select <paramref name="instance"/> (or nobody) if no later epoch has spoken.</summary>
    /// <returns>True once it does; false where it could not be told now (try again), or there is no such Service.</returns>
    public async Task<bool> SelectAsync(string service, string instance, Epoch epoch, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            if (await client.GetAsync<V1Service>(service, @namespace, cancellation) is not { } found) return false;
            if (IsLater(found, epoch)) return true;
            if (Selects(found, instance, epoch)) return true;
            found.Metadata.Annotations = new Dictionary<string, string>(found.Metadata.Annotations ?? []) { [Names.EpochAnnotation] = epoch.ToString() };
            found.Spec!.Selector = new Dictionary<string, string> { [Names.ClusterLabel] = cluster, [Names.InstanceLabel] = instance };
            switch (await client.SwapAsync(found, cancellation))
            {
                case SwapResult<V1Service>.Applied:
                    Log.SelectorMoved(logger, service, instance, epoch);
                    return true;
                case SwapResult<V1Service>.Conflict:
                    continue;
                default:
                    return false;
            }
        }
        return false;
    }

    private static bool Selects(V1Service service, string instance, Epoch epoch) =>
        service.Spec?.Selector?.GetValueOrDefault(Names.InstanceLabel) == instance && service.Metadata.Annotations?.GetValueOrDefault(Names.EpochAnnotation) == epoch.ToString();

    private static bool IsLater(V1Service service, Epoch epoch) =>
        long.TryParse(service.Metadata.Annotations?.GetValueOrDefault(Names.EpochAnnotation), NumberStyles.None, CultureInfo.InvariantCulture, out var present) && present > epoch.Value;
}
