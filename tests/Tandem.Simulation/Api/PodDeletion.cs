using Tandem.Kubernetes.Models;

namespace Tandem.Simulation.Api;

/// <summary>A pod ends by its kubelet's word, unless nobody has it yet, or it has ended already, or somebody insists.</summary>
internal static class PodDeletion
{
    private const long Default = 30;

    /// <returns>Seconds; 0: it is removed at once.</returns>
    public static long Grace(V1Pod pod, int? asked)
    {
        if (pod.Spec?.NodeName is not { Length: > 0 } || pod.Status?.Phase is "Failed" or "Succeeded") return 0;
        return asked ?? pod.Spec.TerminationGracePeriodSeconds ?? Default;
    }
}
