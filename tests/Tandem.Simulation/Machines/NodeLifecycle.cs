using Tandem.Kubernetes.Models;
using Tandem.Simulation.Api;

namespace Tandem.Simulation.Machines;

/// <summary>
/// A machine whose kubelet has not been heard of for long: its node is not ready, its pods are not either, and in the end they are told to go (which nobody there hears).
/// </summary>
public sealed class NodeLifecycle
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly ApiServer _api;
    private readonly IReadOnlyList<Machine> _machines;
    private readonly Dictionary<string, TimeSpan> _heard = [];

    public NodeLifecycle(ApiServer api, IReadOnlyList<Machine> machines)
    {
        (_api, _machines) = (api, machines);
        foreach (var machine in machines)
        {
            _heard[machine.Name] = api.Events.Now;
            api.Put(new V1Node { Metadata = new V1ObjectMeta { Name = machine.Name }, Status = new V1NodeStatus { Conditions = [Ready("True")] } }, machine.Name);
        }
        api.Events.After(Every, Round);
    }

    /// <summary>Kubernetes' --node-monitor-grace-period.</summary>
    public TimeSpan NotReadyAfter { get; set; } = TimeSpan.FromSeconds(40);

    /// <summary>tolerationSeconds of a pod that says nothing itself, counted from when the node is not ready.</summary>
    public TimeSpan EvictAfter { get; set; } = TimeSpan.FromSeconds(300);

    internal void Heard(Machine machine) => _heard[machine.Name] = _api.Events.Now;

    private void Round()
    {
        _api.Events.After(Every, Round);
        var now = _api.Events.Now;
        if (!_api.IsUp)
        {
            // Who could not be heard is not silent.
            foreach (var machine in _machines) _heard[machine.Name] = now;
            return;
        }
        var everybodyIsSilent = _machines.All(m => now - _heard[m.Name] > NotReadyAfter);
        foreach (var machine in _machines)
        {
            var silent = now - _heard[machine.Name];
            Mark(machine, silent > NotReadyAfter ? "Unknown" : "True");
            if (silent <= NotReadyAfter) continue;
            foreach (var pod in _api.All<V1Pod>().Where(p => p.Spec?.NodeName == machine.Name).ToList())
            {
                if (pod.Status?.Conditions?.Exists(c => c is { Type: "Ready", Status: "True" }) == true) Unready(pod);
                // That all are silent says more about who listens.
                if (silent > NotReadyAfter + EvictAfter && !everybodyIsSilent && pod.Metadata.DeletionTimestamp is null) _api.Delete<V1Pod>(pod.Metadata.Namespace, pod.Metadata.Name!, writer: "taint-eviction");
            }
        }
    }

    private void Mark(Machine machine, string status)
    {
        if (_api.Find<V1Node>(null, machine.Name) is not { } node || node.Status?.Conditions?.Find(c => c.Type == "Ready")?.Status == status) return;
        _api.Edit<V1Node>(null, machine.Name, n => n.Status = new V1NodeStatus { Conditions = [Ready(status)] }, "node-lifecycle");
    }

    private void Unready(V1Pod pod) => _api.Edit<V1Pod>(pod.Metadata.Namespace, pod.Metadata.Name!, p =>
    {
        foreach (var condition in p.Status!.Conditions!.Where(c => c.Type == "Ready")) (condition.Status, condition.Reason, condition.LastTransitionTime) = ("False", "NodeNotReady", _api.Clock.Wall);
    }, "node-lifecycle", pod.Metadata.Uid);

    private V1NodeCondition Ready(string status) => new() { Type = "Ready", Status = status, LastTransitionTime = _api.Clock.Wall };
}
