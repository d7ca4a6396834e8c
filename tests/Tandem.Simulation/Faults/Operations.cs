using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Resources;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Faults;

/// <summary>kubectl delete pod; with no grace at all: --force --grace-period=0.</summary>
public sealed record PodDeleted(string Site, Victim Victim, int Choice, bool Force) : Fault
{
    public override Action? Begin(World world)
    {
        var site = world.Site(Site);
        if (site.Pick(Victim, Choice) is { } agent) site.Api.Delete<V1Pod>(agent.Identity.Namespace, agent.Identity.Instance, Force ? new DeleteOptions(GracePeriodSeconds: 0) : null, "kubectl");
        return null;
    }

    protected override string Describe() => $"pod of {Site}'s {Victim.ToString().ToLowerInvariant()} {Choice} deleted{(Force ? " by force" : "")}";
}

/// <summary>The volume is gone for good, and somebody deletes claim and pod so that the instance begins anew.</summary>
public sealed record VolumeLost(string Site, Victim Victim, int Choice) : Fault
{
    public override Action? Begin(World world)
    {
        var site = world.Site(Site);
        if (site.Pick(Victim, Choice) is { } agent) site.LoseVolume(agent.Identity.Instance);
        return null;
    }

    protected override string Describe() => $"volume of {Site}'s {Victim.ToString().ToLowerInvariant()} {Choice} lost";
}

/// <summary>kubectl tandem switchover.</summary>
public sealed record SwitchoverAsked(string Site, int To) : Fault
{
    public override Action? Begin(World world)
    {
        var site = world.Site(Site);
        if (site.Record is not { } record) return null;
        var instance = $"{World.ClusterName}-{1 + To % world.Setup.Instances}";
        site.Api.Edit<DatabaseCluster>(World.Namespace, World.ClusterName,
            c => (c.Metadata.Annotations ??= [])[Names.SwitchoverAnnotation] = $$"""{"id":"s{{world.Events.Count}}","to":"{{instance}}","fromEpoch":{{record.Epoch}}}""", "kubectl");
        return null;
    }

    protected override string Describe() => $"switchover of {Site} to instance {To} asked for";
}

/// <summary>Somebody edits the cluster's synchronisation.</summary>
public sealed record SynchronizationEdited(string Site, SynchronizationMode Mode, int Acknowledgements, Durability Durability) : Fault
{
    public override Action? Begin(World world)
    {
        world.Site(Site).Api.Edit<DatabaseCluster>(World.Namespace, World.ClusterName, c =>
        {
            // The API server refuses what the schema forbids.
            if (Mode == SynchronizationMode.Quorum && Acknowledgements >= c.Spec.Instances - 1) return;
            c.Spec.Synchronization.Mode = Mode;
            c.Spec.Synchronization.Acknowledgements = Acknowledgements;
            c.Spec.Synchronization.Durability = Durability;
        }, "kubectl");
        return null;
    }

    protected override string Describe() => $"synchronisation of {Site} set to {Mode} k={Acknowledgements} {Durability}";
}
