using Tandem.Kubernetes.Models;
using Tandem.Resources;
using Tandem.Simulation.Api;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Machines;

/// <summary>Gives pods their machine: where the volume is, else where the fewest pods of the same cluster are. Never one that is down, not ready or cordoned.</summary>
public sealed class Scheduler
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly ApiServer _api;
    private readonly IReadOnlyList<Machine> _machines;
    private readonly Volumes _volumes;
    private readonly Chance _chance;
    private readonly Rounds _rounds;

    public Scheduler(ApiServer api, IReadOnlyList<Machine> machines, Volumes volumes, Chance chance)
    {
        (_api, _machines, _volumes, _chance) = (api, machines, volumes, chance);
        _rounds = new Rounds(api.Events, chance, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200), Round);
        api.Changed += write =>
        {
            if (write.New is V1Pod pod && IsPending(pod)) _rounds.Plan();
        };
        api.Restored += _rounds.Plan;
    }

    private static bool IsPending(V1Pod pod) => pod is { Spec.NodeName: null, Metadata.DeletionTimestamp: null };

    private void Round()
    {
        if (!_api.IsUp)
        {
            _rounds.Plan(Again);
            return;
        }
        foreach (var pod in _api.All<V1Pod>().Where(IsPending))
        {
            if (Place(pod) is not { } why) continue;
            Condition(pod, "False", "Unschedulable", why, null);
            _rounds.Plan(Again);
        }
    }

    /// <returns>Why not; null: it has its machine.</returns>
    private string? Place(V1Pod pod)
    {
        V1PersistentVolumeClaim? claim = null;
        if (Volumes.ClaimName(pod) is { } name)
        {
            claim = _volumes.ClaimOf(pod);
            if (claim is null) return $"persistentvolumeclaim \"{name}\" not found";
            if (claim.Metadata.DeletionTimestamp is not null) return $"persistentvolumeclaim \"{name}\" is being deleted";
            if (_volumes.Kind == VolumeKind.Network && claim.Status?.Phase != "Bound") return "pod has unbound immediate PersistentVolumeClaims";
        }
        var pinned = claim is null ? null : _volumes.PinnedTo(claim.Metadata.Uid!);
        var fit = _machines.Where(m => (pinned is null || pinned == m) && m.IsUp && IsOpen(m) && !IsExcluded(pod, m)).ToList();
        if (fit.Count == 0) return pinned is null ? "no node is available" : $"node(s) had volume node affinity conflict: the volume is on {pinned.Name}";
        var fewest = fit.GroupBy(m => (Siblings(pod, m), On(m).Count())).OrderBy(g => g.Key).First().ToList();
        var machine = _chance.OneOf(fewest);
        if (claim is not null) _volumes.Bind(claim, machine);
        Condition(pod, "True", null, null, machine.Name);
        return null;
    }

    private bool IsOpen(Machine machine) => _api.Find<V1Node>(null, machine.Name) is not { } node || (node.Spec?.Unschedulable != true && node.Status?.Conditions?.Find(c => c.Type == "Ready")?.Status != "Unknown");

    private bool IsExcluded(V1Pod pod, Machine machine) => pod.Spec?.Affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is { Count: > 0 } && Siblings(pod, machine) > 0;

    private int Siblings(V1Pod pod, Machine machine) => On(machine).Count(p => p.Metadata.Namespace == pod.Metadata.Namespace && Cluster(p) == Cluster(pod));

    private IEnumerable<V1Pod> On(Machine machine) => _api.All<V1Pod>().Where(p => p.Spec?.NodeName == machine.Name);

    private static string? Cluster(V1Pod pod) => pod.Metadata.Labels?.GetValueOrDefault(Names.ClusterLabel);

    private void Condition(V1Pod pod, string status, string? reason, string? message, string? node)
    {
        var present = pod.Status?.Conditions?.Find(c => c.Type == "PodScheduled");
        if (node is null && present?.Status == status && present.Message == message) return;
        _api.Edit<V1Pod>(pod.Metadata.Namespace, pod.Metadata.Name!, p =>
        {
            if (node is not null) p.Spec!.NodeName = node;
            p.Status ??= new V1PodStatus { Phase = "Pending" };
            p.Status.Conditions = [new V1PodCondition { Type = "PodScheduled", Status = status, Reason = reason, Message = message, LastTransitionTime = _api.Clock.Wall }];
        }, "scheduler", pod.Metadata.Uid);
    }
}
