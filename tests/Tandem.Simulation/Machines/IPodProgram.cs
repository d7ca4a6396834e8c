using Tandem.Kubernetes.Models;

namespace Tandem.Simulation.Machines;

/// <summary>What runs in a pod's container, for one life of the container.</summary>
public interface IPodProgram
{
    bool IsEnded { get; }

    /// <summary>Null while it runs.</summary>
    int? ExitCode { get; }

    /// <summary>Raised once, when it has ended, in whatever way.</summary>
    event Action? Ended;

    /// <summary>What the readiness probe is told.</summary>
    bool IsReady { get; }

    /// <summary>What the liveness probe is told.</summary>
    bool IsAlive { get; }

    /// <summary>SIGTERM: it is to end, and may take its time.</summary>
    void Terminate();

    /// <summary>SIGKILL, or the power is gone: it has ended when this returns.</summary>
    void Kill();
}

/// <summary>One start of a container.</summary>
/// <param name="Pod">As the kubelet saw it: labels, environment, uid. Frozen.</param>
/// <param name="Address">The pod's IP: of this run of the pod alone; a container that is restarted in place keeps it.</param>
/// <param name="Disk">What the pod's claim is bound to; null where it has none.</param>
public sealed record PodStart(V1Pod Pod, Machine Machine, string Address, Disk? Disk);
