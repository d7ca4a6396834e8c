using Tandem.Simulation.Agents;
using Tandem.Simulation.Postgres;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Faults;

/// <summary>A fault of one instance.</summary>
public abstract record InstanceFault(string Site, Victim Victim, int Choice) : Fault
{
    public sealed override Action? Begin(World world) => world.Site(Site).Pick(Victim, Choice) is { } agent ? Begin(world, agent) : null;

    protected abstract Action? Begin(World world, AgentProgram agent);

    protected override string Describe() => $"{Kind} of {Site}'s {Victim.ToString().ToLowerInvariant()} {Choice}";
}

/// <summary>kill -9 of the postmaster alone: its children linger.</summary>
public sealed record PostmasterKilled(string Site, Victim Victim, int Choice) : InstanceFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, AgentProgram agent)
    {
        agent.Server.Live?.KillPostmaster();
        return null;
    }
}

/// <summary>A crash of the server: all of its processes at once.</summary>
public sealed record ServerKilled(string Site, Victim Victim, int Choice) : InstanceFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, AgentProgram agent)
    {
        agent.Server.Live?.KillAll(-9);
        return null;
    }
}

/// <summary>SIGSTOP to the server's processes; the agent goes on.</summary>
public sealed record ServerPaused(string Site, Victim Victim, int Choice) : InstanceFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, AgentProgram agent)
    {
        if (agent.Server.Live is not { } server) return null;
        server.Process.Pause();
        return server.Process.Resume;
    }
}

/// <summary>Replay stands still, as behind a long query.</summary>
public sealed record ReplayHeld(string Site, Victim Victim, int Choice) : InstanceFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, AgentProgram agent)
    {
        if (agent.Server.Live is not { Phase: ServerPhase.Standby } server) return null;
        server.ReplayHolds = true;
        return () => server.ReplayHolds = false;
    }
}

/// <summary>A user cancels somebody's wait for a synchronous commit.</summary>
public sealed record WaitCancelled(string Site, Victim Victim, int Choice) : InstanceFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, AgentProgram agent)
    {
        agent.Server.Live?.Sessions?.CancelOneWait();
        return null;
    }
}

/// <summary>All standbys' streams break; they come again.</summary>
public sealed record StreamsBroken(string Site, Victim Victim, int Choice) : InstanceFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, AgentProgram agent)
    {
        foreach (var sender in agent.Server.Live?.Senders.ToList() ?? []) sender.End();
        return null;
    }
}

/// <summary>The container is killed: agent and server with it.</summary>
public sealed record ContainerKilled(string Site, Victim Victim, int Choice) : InstanceFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, AgentProgram agent)
    {
        agent.Kill();
        return null;
    }
}

/// <summary>The agent stands still, its guard too; its server goes on.</summary>
public sealed record AgentPaused(string Site, Victim Victim, int Choice) : InstanceFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, AgentProgram agent)
    {
        agent.Process.Pause();
        return agent.Process.Resume;
    }
}

/// <summary>Every write to the volume fails.</summary>
public sealed record DiskFull(string Site, Victim Victim, int Choice) : InstanceFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, AgentProgram agent)
    {
        agent.Disk.IsFull = true;
        return () => agent.Disk.IsFull = false;
    }
}

/// <summary>fsync fails.</summary>
public sealed record FsyncFailing(string Site, Victim Victim, int Choice) : InstanceFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, AgentProgram agent)
    {
        agent.Disk.FsyncFails = true;
        return () => agent.Disk.FsyncFails = false;
    }
}

/// <summary>Every flush takes this much longer.</summary>
public sealed record DiskSlow(string Site, Victim Victim, int Choice, TimeSpan By) : InstanceFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, AgentProgram agent)
    {
        agent.Disk.Slowness += By;
        return () => agent.Disk.Slowness -= By;
    }

    protected override string Describe() => $"{base.Describe()} by {By.TotalMilliseconds:0} ms";
}

/// <summary>Checkpointers do not come to read their settings for this long, but at a checkpoint that is asked for.</summary>
public sealed record CheckpointersBusy(TimeSpan By) : Fault
{
    public override Action? Begin(World world)
    {
        world.Postgres.CheckpointersLate += By;
        return () => world.Postgres.CheckpointersLate -= By;
    }

    protected override string Describe() => System.FormattableString.Invariant($"checkpointers busy for {By.TotalMilliseconds:0} ms");
}
