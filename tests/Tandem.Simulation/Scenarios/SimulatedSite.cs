using System.Globalization;
using System.Text.RegularExpressions;
using Tandem.Agent.Jobs;
using Tandem.Arbiter;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Protocol.Recovery;
using Tandem.Resources;
using Tandem.Resources.Values;
using Tandem.Simulation.Agents;
using Tandem.Simulation.Api;
using Tandem.Simulation.Faults;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Machines;
using Tandem.Simulation.Operators;
using Tandem.Simulation.Postgres;

namespace Tandem.Simulation.Scenarios;

/// <summary>One site: its Kubernetes, its machines, the database on them.</summary>
public sealed partial class SimulatedSite
{
    /// <summary>Within this whoever is not cut off has been asked, and has answered.</summary>
    private static readonly TimeSpan HeardWithin = TimeSpan.FromSeconds(2);

    /// <summary>No message takes longer.</summary>
    private static readonly TimeSpan OnItsWay = TimeSpan.FromSeconds(4);

    /// <summary>Every manifest of the pair that was applied here.</summary>
    private readonly List<DisasterRecoveryPairSpec> _manifests = [];

    private TimeSpan? _requiredSince;
    private TimeSpan _synchronyAsked;
    private readonly World _world;
    private readonly Chance _chance;
    private readonly List<AgentProgram> _programs = [];
    private readonly List<OperatorProgram> _operators = [];
    private readonly Site _site;
    private readonly Dictionary<string, TimeSpan> _lost = new(StringComparer.Ordinal);

    public SimulatedSite(World world, string name)
    {
        (_world, Name) = (world, name);
        AgentImage = world.Setup.AgentsBehind ? AgentProgram.ImageBefore : AgentProgram.Image;
        _chance = Chance.Of(world.Setup.Seed, $"site {name}");
        var machines = Enumerable.Range(1, Math.Max(3, world.Setup.Instances)).Select(i => new Machine($"{name}-n{i}", name, Clock())).ToList();
        foreach (var machine in machines) machine.Lost += () => LosePower(machine);
        _site = new Site(new SiteDesign(name, world.Setup.Seed, machines, world.Setup.LocalVolumes ? VolumeKind.Local : VolumeKind.Network, Start), world.Events, world.Wires, Clock(), world.Trace);
        Api.Changed += OnWrite;
        Api.Restored += OnRestored;
        ClientMachine = new Machine($"{name}-clients", name, Clock());
    }

    public string Name { get; }

    /// <summary>The Tandem image that this site's operators give to pods.</summary>
    public string AgentImage { get; private set; } = "";
    public ApiServer Api => _site.Api;
    public IReadOnlyList<Machine> Machines => _site.Machines;
    public Machine ClientMachine { get; }

    /// <summary>Agents that run now, by the names of their instances.</summary>
    public IEnumerable<AgentProgram> Programs => _programs.Where(p => !p.IsEnded).OrderBy(p => p.Identity.Instance, StringComparer.Ordinal);

    /// <summary>Agents that were started of late, in that order; some have ended.</summary>
    public IReadOnlyList<AgentProgram> Started => _programs;

    /// <summary>As it stands in the API; null: there is none, or none that can be read.</summary>
    public PrimaryRecord? Record { get; private set; }

    /// <summary>The pair's record of this site, as it stands in the API; null: there is none.</summary>
    public PairRecord? PairRecord { get; private set; }

    /// <summary>By which the other site reaches this site's holder: a name that leads through any machine that is up to whom `-dr` selects.</summary>
    public string ReplicationHost => $"{Name}-dr";

    public IReadOnlyList<OperatorProgram> Operators => _operators;

    public Server? Primary => Programs.Select(p => p.Server.Live).FirstOrDefault(s => s is { Phase: ServerPhase.Primary });

    public static Incarnation IncarnationOf(AgentProgram program) => new(program.Identity.Instance, program.Disk.AgentState?.Volume ?? "?", program.Identity.ClaimUid);

    /// <summary>What a life of a volume has on its disk; gone: the volume has begun another life. Null: the disk itself is lost.</summary>
    public (bool Gone, DataDirectory? Data)? DataOf(Incarnation incarnation) =>
        DiskOf(incarnation) is not { IsLost: false } disk ? null : (disk.AgentState?.Volume != incarnation.Volume, disk.Data as DataDirectory);

    /// <summary>A pod that was made for a claim just as that was deleted runs on the next one, under the identity of the first.</summary>
    private Disk? DiskOf(Incarnation incarnation)
    {
        foreach (var program in Programs)
            if (program.Identity.ClaimUid == incarnation.Claim && program.Disk.AgentState?.Volume == incarnation.Volume)
                return program.Disk;
        return _site.Volumes.Of(incarnation.Claim);
    }

    /// <summary>The disk is gone for good, wherever its machine is; somebody has claim and pod made anew.</summary>
    public void LoseVolume(string instance)
    {
        if (Api.Find<V1PersistentVolumeClaim>(World.Namespace, instance) is not { Metadata.Uid: { } claim } || _site.Volumes.Of(claim) is not { } disk) return;
        disk.IsLost = true;
        _lost[claim] = _world.Events.Now;
        Programs.FirstOrDefault(p => p.Disk == disk)?.Server.Live?.Panic("input/output error");
        Api.Delete<V1PersistentVolumeClaim>(World.Namespace, instance, null, "kubectl");
        Api.Delete<V1Pod>(World.Namespace, instance, new DeleteOptions(GracePeriodSeconds: 0), "kubectl");
    }

    /// <summary>The site's operators are renewed, one after the other, and renew the agents.</summary>
    public void Upgrade(TimeSpan apart)
    {
        AgentImage = AgentProgram.Image;
        _operators[0].Process.Kill();
        _world.Events.After(apart, _operators[1].Process.Kill);
    }

    public Action PauseKubelet(Machine machine) => _site.Kubelets.First(k => k.Machine == machine).Pause();

    /// <summary>Whether its disk was lost before anything that is still on its way can have been sent.</summary>
    public bool IsLongLost(Incarnation incarnation) => _lost.TryGetValue(incarnation.Claim, out var at) && _world.Events.Now - at > OnItsWay && DataOf(incarnation) is not { Gone: false };

    public bool HasLostVolumes => _lost.Count > 0;

    public AgentProgram? Pick(Victim victim, int choice)
    {
        var all = Programs.ToList();
        if (all.Count == 0) return null;
        var holder = all.FirstOrDefault(p => Record?.Holder is { } h && h.Instance == p.Identity.Instance);
        var followers = all.Where(p => p != holder).ToList();
        return victim switch
        {
            Victim.Holder => holder ?? all[choice % all.Count],
            Victim.Follower when followers.Count > 0 => followers[choice % followers.Count],
            _ => all[choice % all.Count],
        };
    }

    public void Begin()
    {
        var cluster = Api.Put(new DatabaseCluster
        {
            Metadata = new V1ObjectMeta { Name = World.ClusterName, Namespace = World.Namespace },
            Spec = new DatabaseClusterSpec
            {
                Instances = _world.Setup.Instances,
                Pair = _world.Setup.Sites > 1 ? World.PairName : null,
                Image = "postgres:15",
                Storage = new StorageSpec { Size = new("1Gi") },
                Synchronization = new SynchronizationSpec { Mode = _world.Setup.Mode, Acknowledgements = _world.Setup.Acknowledgements, Durability = _world.Setup.Durability },
            },
        });
        if (_world.Setup.Sites > 1) ApplyPair("east");
        if (_world.Setup.HasOperator)
        {
            _operators.Add(new OperatorProgram(_world, this, 1));
            _operators.Add(new OperatorProgram(_world, this, 2));
            return;
        }
        foreach (var service in (V1Service[])[ServiceBuilder.ReadWrite(cluster), ServiceBuilder.Replication(cluster), ServiceBuilder.ReadOnly(cluster), ServiceBuilder.Read(cluster)]) Api.Put(service);
        KeepPods();
    }

    /// <summary>kubectl apply of the pair's manifest, the same at both sites.</summary>
    public void ApplyPair(string primarySite, long? failoverFromEpoch = null, long? abandonPeerFromEpoch = null, long? overrideFromEpoch = null, SwitchoverAttempt? switchover = null)
    {
        var failover = new PairFailoverSpec { FromEpoch = failoverFromEpoch, AbandonPeerFromEpoch = abandonPeerFromEpoch, OverrideFromEpoch = overrideFromEpoch };
        _world.Ledger.Requests.Applied(Name, primarySite, overrideFromEpoch, failoverFromEpoch, abandonPeerFromEpoch);
        if (switchover is not null) _world.Ledger.Requests.Worded(Name, switchover);
        foreach (var site in _world.Sites)
        {
            if (Api.Find<V1Secret>(World.Namespace, $"{site.Name}-link") is null)
                Api.Put(new V1Secret { Metadata = new V1ObjectMeta { Name = $"{site.Name}-link", Namespace = World.Namespace }, Data = new() { ["kubeconfig"] = System.Text.Encoding.UTF8.GetBytes(site.Name) } });
        }
        if (_world.Setup.HasArbiter && Api.Find<V1Secret>(World.Namespace, "arbiter-access") is null)
            Api.Put(new V1Secret { Metadata = new V1ObjectMeta { Name = "arbiter-access", Namespace = World.Namespace }, Data = new() { [Names.ArbiterKubeconfigKey] = "arbiter"u8.ToArray() } });
        if (Api.Edit<DisasterRecoveryPair>(World.Namespace, World.PairName, p => (p.Spec.PrimarySite, p.Spec.Failover, p.Spec.Switchover) = (primarySite, failover with { Mode = p.Spec.Failover.Mode }, SwitchoverOf(switchover)), "kubectl") is { } edited)
        {
            _manifests.Add(edited.Spec);
            return;
        }
        _requiredSince = _world.Setup.PairSynchrony == PairSynchrony.Required ? _world.Events.Now : null;
        var applied = Api.Put(new DisasterRecoveryPair
        {
            Metadata = new V1ObjectMeta { Name = World.PairName, Namespace = World.Namespace },
            Spec = new DisasterRecoveryPairSpec
            {
                Cluster = World.ClusterName,
                PrimarySite = primarySite,
                Sites = [.. _world.Sites.Select(s => new SiteSpec { Name = s.Name, Kubernetes = _world.Setup.HasLink ? new SiteKubernetesSpec { KubeconfigSecret = $"{s.Name}-link" } : null, Replication = new SiteReplicationSpec { Host = s.ReplicationHost } })],
                Synchronization = SynchronizationOf(_world.Setup.PairSynchrony),
                Failover = failover with { Mode = _world.Setup.HasArbiter ? PairFailoverMode.Automatic : PairFailoverMode.Manual },
                Arbiter = _world.Setup.HasArbiter ? NamedArbiter() : null,
                Timeouts = new PairTimeoutsSpec { Quiesce = new("3s"), Switchover = new("30s"), Step = new("8s") },
            },
        });
        _manifests.Add(applied.Spec);
    }

    private static ManualSwitchoverSpec? SwitchoverOf(SwitchoverAttempt? asked) => asked is null ? null : new ManualSwitchoverSpec { FromEpoch = asked.Epoch, Attempt = asked.Attempt };

    /// <summary>Whoever restores the API server's store puts right what it says of the nodes: one that was being drained then, or is now, is cordoned as it is to be.</summary>
    public void RestoreApi(ApiBackup backup)
    {
        Api.RestoreBackup(backup, marksCompacted: true);
        foreach (var machine in Machines) Cordon(machine, machine.IsCordoned);
    }

    public void Cordon(Machine machine, bool isCordoned)
    {
        machine.IsCordoned = isCordoned;
        Api.Edit<V1Node>(null, machine.Name, n => n.Spec = (n.Spec ?? new V1NodeSpec()) with { Unschedulable = isCordoned ? true : null }, "kubectl");
    }

    /// <summary>A tool puts back one of the manifests that were applied here, with the letter that was in it.</summary>
    public void ApplyOldManifest(int choice)
    {
        if (_manifests.Count == 0) return;
        var old = _manifests[choice % _manifests.Count];
        _world.Ledger.Requests.Applied(Name, old.PrimarySite, null);
        Api.Edit<DisasterRecoveryPair>(World.Namespace, World.PairName, p => (p.Spec.PrimarySite, p.Spec.Failover, p.Spec.Switchover, p.Spec.Sites) = (old.PrimarySite, old.Failover, old.Switchover, old.Sites), "kubectl");
    }

    /// <summary>What this site has to say to the other one, where there is no link.</summary>
    public string? Letter => Api.Find<DisasterRecoveryPair>(World.Namespace, World.PairName)?.Status?.Letter;

    /// <summary>The site that the manifest here names.</summary>
    public string? Asked => Api.Find<DisasterRecoveryPair>(World.Namespace, World.PairName)?.Spec.PrimarySite;

    /// <summary>A person pastes what the other site has said.</summary>
    public void PasteLetter(string letter) => Api.Edit<DisasterRecoveryPair>(World.Namespace, World.PairName,
        p => p.Spec.Sites = [.. p.Spec.Sites.Select(s => s.Name == Name ? s : s with { Letter = letter })], "kubectl");

    public bool HasPair => Api.Find<DisasterRecoveryPair>(World.Namespace, World.PairName) is not null;

    /// <summary>kubectl delete, which a finalizer puts off.</summary>
    public void DeletePair() => Api.Delete<DisasterRecoveryPair>(World.Namespace, World.PairName, null, "kubectl");

    /// <summary>The pair's manifest with an arbiter, and without.</summary>
    public void NameArbiter(bool named) => Api.Edit<DisasterRecoveryPair>(World.Namespace, World.PairName, p =>
    {
        p.Spec.Failover.Mode = named ? PairFailoverMode.Automatic : PairFailoverMode.Manual;
        p.Spec.Arbiter = named ? NamedArbiter() : null;
    }, "kubectl");

    /// <summary>The pair's manifest with another synchronisation.</summary>
    /// <param name="asked">When it was decided on: whoever applies it at both sites does not put it over what has been applied here since, which would leave the two at odds for good. Null: now.</param>
    public void SynchronizePair(PairSynchrony synchrony, TimeSpan? asked = null)
    {
        if (asked < _synchronyAsked) return;
        _synchronyAsked = asked ?? _world.Events.Now;
        Api.Edit<DisasterRecoveryPair>(World.Namespace, World.PairName, p => p.Spec.Synchronization = SynchronizationOf(synchrony), "kubectl");
        _requiredSince = synchrony == PairSynchrony.Required ? _requiredSince ?? _world.Events.Now : null;
    }

    /// <summary>Whether the manifest here has long said that commits must wait for the other site.</summary>
    public bool IsRequired => _requiredSince is { } since && _world.Events.Now - since > TimeSpan.FromSeconds(10);

    private static PairSynchronizationSpec SynchronizationOf(PairSynchrony synchrony) => new()
    {
        Mode = synchrony == PairSynchrony.Asynchronous ? PairSynchronizationMode.Asynchronous : PairSynchronizationMode.Synchronous,
        Durability = synchrony == PairSynchrony.Preferred ? Durability.Preferred : Durability.Required,
        DegradeAfter = new("4s"),
    };

    private static ArbiterSpec NamedArbiter() => new() { Kubernetes = new KubernetesArbiterSpec { KubeconfigSecret = "arbiter-access" }, LeaseDuration = new("6s") };

    /// <summary>What a person does who reads why the cluster is held.</summary>
    /// <returns>Whether there was anything to do.</returns>
    public bool DoAsTold(string why) => why switch { "RecordRegressed" or "CountedLost" or "ClauseUnsatisfied" or "NoCandidate" => ResetPrimary(), "WouldDiscardData" => ConsentToDiscard(), "ScaledAway" => ScaleUp(), _ => false };

    private bool ScaleUp() => Api.Edit<DatabaseCluster>(World.Namespace, World.ClusterName, c => c.Spec.Instances++, "kubectl") is not null;

    /// <summary>Writes into the manifest what the condition says, word for word.</summary>
    private bool ConsentToDiscard()
    {
        foreach (var message in Programs.Select(p => p.Links?.Snapshot.Report).Where(r => r is { Reason: "WouldDiscardData" }).Select(r => r!.Message ?? ""))
        {
            if (Consent().Match(message) is not { Success: true } told) continue;
            Api.Edit<DatabaseCluster>(World.Namespace, World.ClusterName,
                c => c.Spec.DiscardData = new DiscardDataSpec { SystemIdentifier = told.Groups[1].Value, Timeline = long.Parse(told.Groups[2].Value, CultureInfo.InvariantCulture), Lsn = told.Groups[3].Value }, "kubectl");
            return true;
        }
        return false;
    }

    [GeneratedRegex("""spec\.discardData: \{systemIdentifier: "(\d+)", timeline: (\d+), lsn: ([0-9A-F]+/[0-9A-F]+)\}""")]
    private static partial Regex Consent();

    /// <summary>
    /// kubectl tandem reset-primary, by a person who has waited for long enough: names the instance that has most.
    /// </summary>
    /// <returns>Whether there was one to name.</returns>
    public bool ResetPrimary()
    {
        var best = Programs.Where(p => p.Disk is { IsLost: false, Data: DataDirectory { IsPartial: false, IsHalfRewound: false }, AgentState.Promise.Value: > 0 })
            .MaxBy(p => (((DataDirectory)p.Disk.Data!).Log.Rows().Count(), -p.Identity.Instance[^1]));
        if (best is null) return false;
        _world.Ledger.GaveUp((DataDirectory)best.Disk.Data!);
        _world.StatusClaims.GaveUp();
        AskReset(best.Identity.Instance, best.Disk.AgentState!.Promise.Value, best.Disk.AgentState.Record?.Revision ?? 0);
        return true;
    }

    public void AskReset(string instance, long fromEpoch, long fromRevision) => Api.Edit<DatabaseCluster>(World.Namespace, World.ClusterName,
        c => (c.Metadata.Annotations ??= [])[Names.ResetAnnotation] = $$"""{"id":"r{{_world.Events.Count}}","to":"{{instance}}","fromEpoch":{{fromEpoch}},"fromRevision":{{fromRevision}}}""", "kubectl");

    /// <summary>Whom the other site's connection reaches, which comes in at whatever machine is up.</summary>
    public Destination? ThroughNodes(string from)
    {
        if (_site.Machines.FirstOrDefault(m => m.IsUp && _world.Wires.IsOpen(from, m.Name)) is not { } machine) return null;
        return _site.Routing.Route(World.Namespace, Names.ReplicationService(World.ClusterName), machine.Name) is { } endpoint ? _world.Addresses.Find(endpoint.Address, from) : new Destination(machine.Name, null);
    }

    /// <summary>The address that a new connection to a Service from this place goes to; null: nobody is behind it.</summary>
    public string? Route(string service, string from) => _site.Routing.Route(World.Namespace, service, from)?.Address;

    /// <summary>Null: all is as asked for, and clients are served.</summary>
    public string? WhyNotSettled(Func<SimulatedSite, TimeSpan?> committed)
    {
        if (PairRecord is { Role: PairRole.Standby }) return WhyNotFollowing();
        if (_world.Setup.Sites > 1 && PairRecord is not { Role: PairRole.Primary, Operation: null, State: PairRecordState.Active }) return $"{Name}: the pair's record is {PairRecord?.Role.ToString() ?? "absent"}{(PairRecord?.Operation is { } operation ? $", in {operation.Kind} at {operation.Step}" : "")}";
        if (Record is not { State: RecordState.Stable, Holder: { } holder } record) return $"{Name}: the record is {Record?.State.ToString() ?? "absent"}";
        if (Programs.FirstOrDefault(p => IncarnationOf(p) == holder)?.Server.Live is not { Phase: ServerPhase.Primary, LetsClientsIn: true } primary) return $"{Name}: {holder.Instance} holds the record and does not serve clients";
        var cluster = Api.Find<DatabaseCluster>(World.Namespace, World.ClusterName)!;
        var standbys = Programs.Where(p => p.Server.Live is { Phase: ServerPhase.Standby } s && s.Receivers.Any(r => r.IsConnected)).ToList();
        if (standbys.Count < cluster.Spec.Instances - 1) return $"{Name}: {standbys.Count} standbys stream, {cluster.Spec.Instances - 1} are wanted";
        if (primary.Senders.Count(s => s.State == "streaming") < (_world.Setup.Sites > 1 ? 1 : 0) + cluster.Spec.Instances - 1) return $"{Name}: not every standby has caught up";
        var own = record.Quorums.Where(q => q.Holder == holder).ToList();
        if (own.Count != 1 || record.Quorums.Count != 1) return $"{Name}: clauses are {string.Join(" and ", record.Quorums)}";
        var isSynchronous = cluster.Spec.Synchronization.ModeFor(cluster.Spec.Instances) != SynchronizationMode.Asynchronous;
        if (isSynchronous == own[0].IsEmpty) return $"{Name}: the clause is {own[0]}";
        if (isSynchronous && own[0].Members.Count != cluster.Spec.Instances - 1) return $"{Name}: {own[0]} has not all standbys";
        // Whoever is named without being there would be waited for, were the record lost.
        if (record.Members.FirstOrDefault(m => Ordinal(m) > cluster.Spec.Instances) is { Instance: not null } left) return $"{Name}: the record names {left}, which has left";
        if (record.Members.GroupBy(m => m.Instance).FirstOrDefault(g => g.Count() > 1) is { } lives) return $"{Name}: the record names {string.Join(" and ", lives)}";
        return committed(this) is { } at && _world.Events.Now - at < TimeSpan.FromSeconds(1.5) ? null : $"{Name}: no client commits";
    }

    /// <summary>
    /// Why a person is needed, as the protocol says; null: nobody is. Looked for in the world itself: copies that are gone for good cannot promise, and commits that were acknowledged
    /// here alone are not discarded without a word.
    /// </summary>
    public string? WhyAPersonIsNeeded()
    {
        var programs = Programs.ToList();
        if (programs.Any(p => p.Links?.Snapshot.Report is { Reason: "WouldDiscardData" })) return "WouldDiscardData";
        // Nor can one that was scaled away, where the record was lost before it had left that.
        if (Protocol.Recovery.RecordLoss.Newest(programs.Select(p => p.Disk.AgentState?.Record))?.AllNamed().Any(m => Ordinal(m) > Api.Find<DatabaseCluster>(World.Namespace, World.ClusterName)!.Spec.Instances) == true && programs.Any(p => p.Links?.Snapshot.Report is { Reason: "RecordRegressed", Message: { } told } && told.Contains("raise spec.instances", StringComparison.Ordinal))) return "ScaledAway";
        // A member that is gone for good cannot say what it remembers.
        if (_world.WasLost(Name) && programs.Any(p => p.Links?.Snapshot.Report is { Reason: "RecordRegressed" })) return "RecordRegressed";
        if (!_world.WasLost(Name)) return null;
        var left = programs.Where(p => p.Disk is { IsLost: false, Data: DataDirectory { IsPartial: false, IsHalfRewound: false } }).Select(IncarnationOf).ToHashSet();
        // The holder has a whole copy always; the others may just be making theirs when it is lost.
        if (left.Count == 0 && Record is { RunMode: RunMode.Primary, Holder: { } holder } && _lost.ContainsKey(holder.Claim)) return "NoCopyLeft";
        if (Record is not { State: RecordState.Electing } record) return null;
        if (record.Quorums.Any(q => !q.IsEmpty && !left.Contains(q.Holder) && q.Members.Count(left.Contains) < q.PromisesNeeded)) return "ClauseUnsatisfied";
        // All whom the record names are gone: whoever had begun to copy before he was named has no say in it.
        if (record.RunMode == RunMode.Primary && !record.Members.Any(left.Contains)) return "NoCandidate";
        if (Protocol.Elections.ClauseRules.MustBeHeard(record) is { } one && !left.Contains(one)) return "CountedLost";
        // Nor has whoever has just copied from the one that is lost, and was not taken in yet.
        return record.Floor is { } floor && programs.Where(p => record.Members.Contains(IncarnationOf(p))).All(p => p.Links?.Snapshot.View.Promise is not { PositionEpoch: not null } promise || promise.ToReport(IncarnationOf(p)).Position < floor) ? "NoCandidate" : null;
    }

    /// <summary>A standby site: its main standby streams from the other site, the others from it.</summary>
    private string? WhyNotFollowing()
    {
        if (PairRecord is not { Operation: null, State: PairRecordState.Active }) return $"{Name}: the pair's record is {PairRecord!.State}, in {PairRecord.Operation?.Kind} at {PairRecord.Operation?.Step}";
        var other = _world.Sites.First(s => s != this);
        if (other.PairRecord is not { Role: PairRole.Primary } theirs || theirs.PairEpoch != PairRecord.PairEpoch) return $"{Name}: stands by at {PairRecord.PairEpoch}, the other site is {other.PairRecord?.Role} at {other.PairRecord?.PairEpoch}";
        if (Record is not { State: RecordState.Stable, RunMode: RunMode.Standby, Holder: { } holder }) return $"{Name}: the record is {Record?.State.ToString() ?? "absent"}";
        if (Programs.FirstOrDefault(p => IncarnationOf(p) == holder)?.Server.Live is not { Phase: ServerPhase.Standby } main || !main.Receivers.Any(r => r.IsConnected)) return $"{Name}: main standby {holder.Instance} does not stream";
        var instances = Api.Find<DatabaseCluster>(World.Namespace, World.ClusterName)!.Spec.Instances;
        if (main.Senders.Count(s => s.State == "streaming") < instances - 1) return $"{Name}: not every cascade streams";
        if (_world.Sites.Any(s => s.AgentImage == AgentProgram.ImageBefore)) return null; // nothing that the agents of the version before do not know is done with them
        // What both manifests ask for in the end: whoever has edited one has edited the other.
        var asked = Api.Find<DisasterRecoveryPair>(World.Namespace, World.PairName)!.Spec.Synchronization.Mode;
        return (asked == PairSynchronizationMode.Synchronous) == (PairRecord.Synchronous?.Incarnation == holder) ? null : $"{Name}: the pair is to be {asked}, its record names {PairRecord.Named?.Instance ?? "nobody"} and says {PairRecord.Synchronous?.Incarnation.Instance ?? "nobody"} is synchronous";
    }

    private static int Ordinal(Incarnation member) => int.Parse(member.Instance.AsSpan(World.ClusterName.Length + 1), CultureInfo.InvariantCulture);

    // ---- what the operator would do, where there is none ----

    private void KeepPods()
    {
        if (Api.Find<DatabaseCluster>(World.Namespace, World.ClusterName) is { } cluster && Api.IsUp)
        {
            for (var i = 1; i <= cluster.Spec.Instances; i++) Keep(cluster, $"{World.ClusterName}-{i}");
            // What keeps a database from being made in the place of one whose record is lost, and whose pods are gone.
            if (Record?.SystemIdentifier is { } made && cluster.Status?.SystemIdentifier != made) Api.Edit<DatabaseCluster>(World.Namespace, World.ClusterName, c => (c.Status ??= new DatabaseClusterStatus()).SystemIdentifier = made);
        }
        _world.Events.After(TimeSpan.FromMilliseconds(500), KeepPods);
    }

    private void Keep(DatabaseCluster cluster, string instance)
    {
        var claim = Api.Find<V1PersistentVolumeClaim>(World.Namespace, instance) ?? Api.Put(ClaimBuilder.Build(cluster, instance));
        if (claim.Metadata.DeletionTimestamp is not null || Api.Find<V1Pod>(World.Namespace, instance) is not null) return;
        if (Api.Find<V1Secret>(World.Namespace, Names.InstanceSecret(instance)) is null) Api.Put(new V1Secret { Metadata = OwnedMetadata.Of(cluster, Names.InstanceSecret(instance)) });
        Api.Put(PodBuilder.Build(cluster, instance, claim.Metadata.Uid!, new PodSettings(Name, AgentImage)));
    }

    private AgentProgram Start(PodStart start)
    {
        var pod = start.Pod;
        var claim = pod.Spec!.Containers[0].Env!.First(e => e.Name == Names.ClaimUidVariable).Value!;
        var identity = new InstanceIdentity(pod.Metadata.Name!, World.Namespace, World.ClusterName, claim, pod.Metadata.Uid!, start.Address, start.Machine.Name, Name, $"{pod.Metadata.Uid}/{_world.Events.Count:x}");
        var program = new AgentProgram(_world.Agents, identity, pod.Spec.InitContainers?[0].Image, start.Machine, start.Disk!, process => new SimulatedKubernetesClient(process, start.Machine.Name, Api, new KubernetesClientOptions { PageTimeout = TimeSpan.FromSeconds(5) }), MountedArbiter);
        _programs.RemoveAll(p => p.IsEnded);
        _programs.Add(program);
        _world.Agents.Agents.Set(start.Address, program);
        _world.Addresses.Set(start.Address, _ => start.Machine.IsUp ? new Destination(start.Machine.Name, program.Server.Live) : null);
        return program;
    }

    /// <summary>What the kubelet has mounted of it.</summary>
    private ArbiterAddress? MountedArbiter() => Api.Find<V1Secret>(World.Namespace, Names.ArbiterSecret(World.ClusterName)) is null ? null : new ArbiterAddress("arbiter", ArbiterLinks.Namespace, null);

    private void LosePower(Machine machine)
    {
        foreach (var disk in _site.Volumes.Disks)
            if (disk.Machine == machine && disk.Data is DataDirectory data)
                data.LosePower(_chance);
    }

    private void OnWrite(ApiWrite write)
    {
        if (write is { New: null, Old: DisasterRecoveryPair }) _world.Ledger.Released(Name);
        if (write.New is DatabaseCluster or DisasterRecoveryPair) _world.StatusClaims.Written(this, write);
        if ((write.New ?? write.Old) is not V1Lease lease) return;
        if (lease.Metadata.Name == Names.PairRecord(World.PairName))
        {
            PairRecord = write.New is V1Lease written ? PairRecordLease.Read(written) : null;
            _world.Ledger.Recorded(Name, PairRecord);
            _world.StatusClaims.Recorded();
        }
        if (lease.Metadata.Name != Names.Record(World.ClusterName)) return;
        try
        {
            Record = write.New is V1Lease present ? RecordLease.Read(present) : null;
            _world.Ledger.Recorded(Name, Record, write.Writer, write.SentAt, () => Knowable(write.Writer));
            _world.StatusClaims.Recorded();
        }
        catch (FormatException exception)
        {
            _world.Ledger.Report("RecordUnreadable", exception.Message);
        }
    }

    private PrimaryRecord? Knowable(string writer)
    {
        var by = Programs.FirstOrDefault(p => p.Process.Name == writer);
        return RecordLoss.Newest(Programs.Where(p => by is null || p == by || Hears(by, p)).Select(p => p.Disk.AgentState?.Record));
    }

    /// <summary>Whether one had the time to ask the other before it sent what has just landed.</summary>
    private bool Hears(AgentProgram one, AgentProgram other) =>
        other is { Links: not null, Machine: { IsUp: true, IsPaused: false }, Process.IsPaused: false } && _world.Events.Now - other.Process.BegunAt > HeardWithin && _world.Wires.OpenFor(one.Machine.Name, other.Machine.Name) > HeardWithin;

    private void OnRestored()
    {
        Record = Api.Find<V1Lease>(World.Namespace, Names.Record(World.ClusterName)) is { } lease ? RecordLease.Read(lease) : null;
        _world.Ledger.Restored(Name, Record, Api.Find<DatabaseCluster>(World.Namespace, World.ClusterName)?.Spec.Synchronization.Mode == SynchronizationMode.Asynchronous);
        // Whoever had deleted the claims of volumes that are gone does so again.
        foreach (var claim in Api.All<V1PersistentVolumeClaim>().Where(c => c.Status?.Phase == "Bound" && _site.Volumes.Of(c.Metadata.Uid!) is not { IsLost: false }).ToList())
        {
            Api.Delete<V1PersistentVolumeClaim>(World.Namespace, claim.Metadata.Name!, null, "kubectl");
            Api.Delete<V1Pod>(World.Namespace, claim.Metadata.Name!, new DeleteOptions(GracePeriodSeconds: 0), "kubectl");
        }
    }

    private MachineClock Clock() => new(_world.Events, (_chance.NextDouble() - 0.5) * 2 * _world.Setup.Drift, _chance.Between(TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)), _chance.Milliseconds(-1500, 1500));
}
