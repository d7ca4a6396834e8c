using Tandem.Kubernetes.Models;
using Tandem.Simulation.Api;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Machines;

public enum VolumeKind
{
    /// <summary>On the disk of one machine: bound when its first pod is, and from then on the pod runs there or nowhere.</summary>
    Local,

    /// <summary>Can be attached to any machine, to one at a time.</summary>
    Network,
}

/// <summary>The volumes of a site: one disk for each life of a claim. Binds claims, keeps those that a pod uses, and forgets the disk of one that is gone.</summary>
public sealed class Volumes
{
    private static readonly TimeSpan ControllerAsleep = TimeSpan.FromSeconds(1);

    private readonly ApiServer _api;
    private readonly Dictionary<string, Volume> _volumes = [];
    private readonly Rounds _rounds;

    public Volumes(ApiServer api, VolumeKind kind, Chance chance)
    {
        (_api, Kind) = (api, kind);
        _rounds = new Rounds(api.Events, chance, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(500), Round);
        api.Changed += write =>
        {
            if (write is { Old: V1PersistentVolumeClaim } or { New: V1PersistentVolumeClaim } or { New: null, Old: V1Pod }) _rounds.Plan();
        };
        api.Restored += _rounds.Plan;
    }

    public VolumeKind Kind { get; }

    /// <summary>Of all claims that there are, in the order in which they were bound.</summary>
    public IEnumerable<Disk> Disks => _volumes.Values.Select(v => v.Disk);

    public Disk? Of(string claimUid) => _volumes.GetValueOrDefault(claimUid)?.Disk;

    /// <summary>The only machine that it can be mounted on; null: any.</summary>
    public Machine? PinnedTo(string claimUid) => _volumes.GetValueOrDefault(claimUid)?.Machine;

    /// <summary>The claim of a pod, as its volumes name it; null where it has none, or that is not there.</summary>
    public V1PersistentVolumeClaim? ClaimOf(V1Pod pod) =>
        ClaimName(pod) is { } name ? _api.Find<V1PersistentVolumeClaim>(pod.Metadata.Namespace, name) : null;

    internal static string? ClaimName(V1Pod pod) => pod.Spec?.Volumes?.Find(v => v.PersistentVolumeClaim is not null)?.PersistentVolumeClaim!.ClaimName;

    /// <param name="machine">Where the first pod goes; does not matter for volumes of the network.</param>
    internal void Bind(V1PersistentVolumeClaim claim, Machine? machine)
    {
        var uid = claim.Metadata.Uid!;
        if (!_volumes.ContainsKey(uid))
            _volumes[uid] = new Volume(new Disk(uid), Kind == VolumeKind.Local ? machine : null);
        if (claim.Status?.Phase == "Bound") return;
        _api.Edit<V1PersistentVolumeClaim>(claim.Metadata.Namespace, claim.Metadata.Name!, c =>
        {
            c.Spec!.VolumeName = $"pvc-{uid}";
            c.Status = new V1PersistentVolumeClaimStatus { Phase = "Bound", AccessModes = c.Spec.AccessModes, Capacity = c.Spec.Resources?.Requests };
        }, "volume-binder", uid);
    }

    /// <returns>False while another pod, or another machine, has it.</returns>
    internal bool TryMount(Disk disk, Machine machine, string podUid)
    {
        if (!_volumes.TryGetValue(disk.ClaimUid, out var volume)) return false;
        if (volume.Machine is { } only && only != machine) return false;
        if (volume.MountedBy is { } by && by != (machine, podUid)) return false;
        volume.MountedBy = (machine, podUid);
        return true;
    }

    internal void Unmount(Disk disk, Machine machine, string podUid)
    {
        if (_volumes.TryGetValue(disk.ClaimUid, out var volume) && volume.MountedBy == (machine, podUid)) volume.MountedBy = null;
    }

    private void Round()
    {
        if (!_api.IsUp)
        {
            _rounds.Plan(ControllerAsleep);
            return;
        }
        var claims = _api.All<V1PersistentVolumeClaim>();
        foreach (var claim in claims)
        {
            if (claim.Metadata.DeletionTimestamp is not null) LetGo(claim);
            else if (Kind == VolumeKind.Network && claim.Status?.Phase != "Bound") Bind(claim, null);
        }
        foreach (var uid in _volumes.Keys.Where(u => !claims.Any(c => c.Metadata.Uid == u)).ToList())
        {
            // Who still has it mounted (a pod that was forced away) goes on with it; nobody else gets it any more.
            if (_volumes[uid].MountedBy is null) _volumes.Remove(uid);
            else _rounds.Plan(ControllerAsleep);
        }
    }

    /// <summary>A claim that a pod uses is kept until that is gone; one that waits for its node uses nothing yet.</summary>
    private void LetGo(V1PersistentVolumeClaim claim)
    {
        if (_api.All<V1Pod>().Any(p => p.Metadata.Namespace == claim.Metadata.Namespace && ClaimName(p) == claim.Metadata.Name && p.Spec!.NodeName is not null)) return;
        _api.Edit<V1PersistentVolumeClaim>(claim.Metadata.Namespace, claim.Metadata.Name!, c => c.Metadata.Finalizers?.Remove(Admission.ClaimProtection), "pvc-protection", claim.Metadata.Uid);
    }

    private sealed class Volume(Disk disk, Machine? machine)
    {
        public Disk Disk => disk;
        public Machine? Machine => machine;
        public (Machine, string PodUid)? MountedBy { get; set; }
    }
}
