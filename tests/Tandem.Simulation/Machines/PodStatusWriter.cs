using Tandem.Kubernetes.Models;
using Tandem.Simulation.Api;

namespace Tandem.Simulation.Machines;

/// <summary>What a kubelet says of a pod: phase, addresses, conditions, the container's states. Goes on from what the API showed when the kubelet took the pod.</summary>
internal sealed class PodStatusWriter
{
    private readonly DateTimeOffset _takenAt;
    private V1ContainerState _state = new() { Waiting = new V1ContainerStateWaiting { Reason = "ContainerCreating" } };
    private V1ContainerState? _last;
    private int _starts;
    private V1PodStatus? _built;

    public PodStatusWriter(V1Pod pod, DateTimeOffset now)
    {
        _takenAt = now;
        if (pod.Status?.ContainerStatuses?.FirstOrDefault() is not { } before || (before.State?.Running is null && before.LastState is null && before.State?.Terminated is null)) return;
        // The machine was rebooted: how the container ended nobody has seen.
        _starts = (before.RestartCount ?? 0) + 1;
        _last = new V1ContainerState { Terminated = before.State?.Terminated ?? new V1ContainerStateTerminated { ExitCode = 255, Reason = "Unknown", StartedAt = before.State?.Running?.StartedAt, FinishedAt = now } };
        _built = pod.Status;
    }

    public bool IsRunning => _state.Running is not null;

    public void Started(DateTimeOffset at)
    {
        _starts++;
        _state = new V1ContainerState { Running = new V1ContainerStateRunning { StartedAt = at } };
    }

    public void Ended(int code, DateTimeOffset startedAt, DateTimeOffset at)
    {
        _state = new V1ContainerState { Terminated = new V1ContainerStateTerminated { ExitCode = code, Reason = code == 0 ? "Completed" : "Error", StartedAt = startedAt, FinishedAt = at } };
        _last = _state;
    }

    public void BacksOff() => _state = new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = "CrashLoopBackOff", Message = "back-off restarting failed container" } };

    /// <summary>Whether the API shows what was said last.</summary>
    public bool IsShownBy(V1Pod pod) => Copies.AreEqual(pod.Status, _built);

    public V1PodStatus Build(V1Pod pod, bool isReady, string hostAddress, string? address, DateTimeOffset now)
    {
        var hasStarted = _starts > 0;
        var before = _built ?? pod.Status;
        var status = new V1PodStatus
        {
            Phase = hasStarted ? "Running" : "Pending",
            HostIP = hostAddress,
            PodIP = address,
            PodIPs = address is null ? null : [new V1PodIP { Ip = address }],
            StartTime = before?.StartTime ?? _takenAt,
            QosClass = "BestEffort",
            Conditions =
            [
                Condition(before, "Initialized", hasStarted, now),
                Condition(before, "Ready", isReady, now),
                Condition(before, "ContainersReady", isReady, now),
                Condition(before, "PodScheduled", true, now),
            ],
            ContainerStatuses = [.. (pod.Spec?.Containers ?? []).Select(c => Container(c, isReady))],
            InitContainerStatuses = pod.Spec?.InitContainers is { } containers ? [.. containers.Select(c => Initializer(c, hasStarted))] : null,
        };
        return _built = Copies.Of(status); // as the API will show it: in whole seconds
    }

    private static V1PodCondition Condition(V1PodStatus? before, string type, bool holds, DateTimeOffset now)
    {
        var text = holds ? "True" : "False";
        var present = before?.Conditions?.Find(c => c.Type == type);
        return new V1PodCondition { Type = type, Status = text, LastTransitionTime = present?.Status == text ? present.LastTransitionTime : now };
    }

    private V1ContainerStatus Container(V1Container container, bool isReady) => new()
    {
        Name = container.Name,
        Image = container.Image,
        Ready = isReady,
        Started = IsRunning,
        RestartCount = Math.Max(0, _starts - 1),
        State = _state,
        LastState = ReferenceEquals(_state, _last) ? null : _last,
    };

    private V1ContainerStatus Initializer(V1Container container, bool isDone) => new()
    {
        Name = container.Name,
        Image = container.Image,
        Ready = isDone,
        RestartCount = 0,
        State = isDone
            ? new V1ContainerState { Terminated = new V1ContainerStateTerminated { ExitCode = 0, Reason = "Completed", StartedAt = _takenAt, FinishedAt = _takenAt } }
            : new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = "PodInitializing" } },
    };
}
