using Tandem.Kubernetes.Models;
using Tandem.Resources;
using Tandem.Simulation.Agents;
using Tandem.Simulation.Machines;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Faults;

/// <summary>spec.instances is edited by one.</summary>
public sealed record Scaled(string Site, int By) : Fault
{
    public override TimeSpan Aftermath => AftermathOfSite;

    public override Action? Begin(World world)
    {
        var site = world.Site(Site);
        site.Api.Edit<DatabaseCluster>(World.Namespace, World.ClusterName, c => c.Spec.Instances = Math.Clamp(c.Spec.Instances + By, Least(c.Spec.Synchronization), site.Machines.Count), "kubectl");
        return null;
    }

    protected override string Describe() => $"{Site} scaled {(By > 0 ? "up" : "down")} by {Math.Abs(By)}";

    /// <summary>A quorum has more instances than must acknowledge.</summary>
    private static int Least(SynchronizationSpec synchronization) => synchronization.Mode == SynchronizationMode.Quorum ? Math.Max(3, synchronization.Acknowledgements + 2) : 2;
}

/// <summary>spec.image is edited: every pod is made anew, one after the other, the primary last.</summary>
public sealed record ImageRolled(string Site, int Version) : Fault
{
    public override TimeSpan Aftermath => AftermathOfSite;

    public override Action? Begin(World world)
    {
        world.Site(Site).Api.Edit<DatabaseCluster>(World.Namespace, World.ClusterName, c => c.Spec.Image = $"postgres:15.{Version}", "kubectl");
        return null;
    }

    protected override string Describe() => $"spec.image of {Site} set to postgres:15.{Version}";
}

/// <summary>helm upgrade of Tandem at a site: for a while operators and agents of two versions run beside each other.</summary>
public sealed record AgentsUpgraded(string Site, TimeSpan Apart) : Fault
{
    public override TimeSpan Aftermath => AftermathOfSite;

    public override Action? Begin(World world)
    {
        world.Site(Site).Upgrade(Apart);
        return null;
    }

    protected override string Describe() => System.FormattableString.Invariant($"Tandem upgraded at {Site}, its operators {Apart.TotalSeconds:0.0} s apart");
}

/// <summary>kubectl drain of a node, and uncordon: its pods are evicted as soon as the disruption budget allows it, which is while all the others are ready.</summary>
public sealed record Drained(string Site, Victim Victim, int Choice) : Fault
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    public override Action? Begin(World world)
    {
        var site = world.Site(Site);
        if (site.Pick(Victim, Choice)?.Machine is not { } machine) return null;
        var isCordoned = true;
        site.Cordon(machine, true);
        Evict();
        return () =>
        {
            isCordoned = false;
            site.Cordon(machine, false);
        };

        void Evict()
        {
            if (!isCordoned) return;
            var pods = site.Api.All<V1Pod>().Where(p => p.Metadata.Labels?.GetValueOrDefault(Names.ClusterLabel) == World.ClusterName).ToList();
            var here = pods.FirstOrDefault(p => p.Spec?.NodeName == machine.Name && p.Metadata.DeletionTimestamp is null);
            if (site.Api.IsUp && here is not null && pods.Where(p => p != here).All(IsReady)) site.Api.Delete<V1Pod>(World.Namespace, here.Metadata.Name!, null, "kubectl");
            world.Events.After(Again, Evict);
        }
    }

    protected override string Describe() => $"node of {Site}'s {Victim.ToString().ToLowerInvariant()} {Choice} drained";

    private static bool IsReady(V1Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Status?.Conditions?.Exists(c => c is { Type: "Ready", Status: "True" }) == true;
}

/// <summary>The kubelet of a machine stands still: what runs there goes on, is not probed, and nobody is told of it.</summary>
public sealed record KubeletPaused(string Site, Victim Victim, int Choice) : MachineFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, Machine machine) => world.Site(Site).PauseKubelet(machine);
}

/// <summary>Somebody runs pg_promote on a standby, past its agent.</summary>
public sealed record PromotedByHand(string Site, Victim Victim, int Choice) : InstanceFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, AgentProgram agent)
    {
        // While the site hands over its copy may be the only one, and its token then waits for a person (docs/protocol.md, what is not promised).
        if (world.Site(Site).PairRecord is not { Operation: not null }) agent.Server.Live?.PromoteByHand();
        return null;
    }
}
