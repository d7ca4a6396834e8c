using Tandem.Kubernetes.Models;
using Tandem.Resources;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Faults;

/// <summary>kubectl delete lease: the record is gone, and every server runs on.</summary>
public sealed record RecordDeleted(string Site) : Fault
{
    public override Action? Begin(World world)
    {
        world.Site(Site).Api.Delete<V1Lease>(World.Namespace, Names.Record(World.ClusterName), null, "kubectl");
        return null;
    }

    protected override string Describe() => $"record of {Site} deleted";
}

/// <summary>kubectl tandem reset-primary, sent again by somebody who kept the request: it names what the instance has long gone on from.</summary>
public sealed record StaleReset(string Site, Victim Victim, int Choice) : Fault
{
    public override Action? Begin(World world)
    {
        var site = world.Site(Site);
        if (site.Pick(Victim, Choice) is { Disk.AgentState: { Record: { } known } state } agent) site.AskReset(agent.Identity.Instance, state.Promise.Value, known.Revision - 1);
        return null;
    }

    protected override string Describe() => $"an old request to reset the primary of {Site} is sent again";
}

/// <summary>
/// A backup of the API server's store is taken, and restored a while later: all that was written in between has never been. With bumped versions, as Kubernetes asks for: watches that
/// went on by the old ones would hear nothing of what they know by number.
/// </summary>
public sealed record ApiRestored(string Site) : Fault
{
    public override bool TakesRecordsBack => true;

    public override Action? Begin(World world)
    {
        var site = world.Site(Site);
        var backup = site.Api.TakeBackup();
        return () => site.RestoreApi(backup);
    }

    protected override string Describe() => $"API server of {Site} restored at the end from a backup of the beginning";
}
