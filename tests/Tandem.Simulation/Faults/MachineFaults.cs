using Tandem.Simulation.Machines;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Faults;

/// <summary>A fault of the machine that an instance is on.</summary>
public abstract record MachineFault(string Site, Victim Victim, int Choice) : Fault
{
    public sealed override Action? Begin(World world) => world.Site(Site).Pick(Victim, Choice) is { } agent ? Begin(world, agent.Machine) : null;

    protected abstract Action? Begin(World world, Machine machine);

    protected override string Describe() => $"{Kind} of the machine of {Site}'s {Victim.ToString().ToLowerInvariant()} {Choice}";
}

/// <summary>Its power is gone, and comes back.</summary>
public sealed record PowerLost(string Site, Victim Victim, int Choice) : MachineFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, Machine machine)
    {
        machine.LosePower();
        return machine.Boot;
    }
}

/// <summary>Its host does not run it for a while; its boot clock goes on.</summary>
public sealed record MachinePaused(string Site, Victim Victim, int Choice) : MachineFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, Machine machine)
    {
        machine.Pause();
        return machine.Resume;
    }
}

/// <summary>Its wall clock jumps.</summary>
public sealed record ClockJumped(string Site, Victim Victim, int Choice, TimeSpan By) : MachineFault(Site, Victim, Choice)
{
    protected override Action? Begin(World world, Machine machine)
    {
        machine.Clock.JumpWall(By);
        return null;
    }

    protected override string Describe() => System.FormattableString.Invariant($"{base.Describe()} by {By.TotalSeconds:0} s");
}

/// <summary>Power of the whole site: every machine at once, and its API server.</summary>
public sealed record SiteLost(string Site) : Fault
{
    public override TimeSpan Aftermath => AftermathOfSite;

    public override Action? Begin(World world)
    {
        var site = world.Site(Site);
        site.Api.GoDown(silently: true);
        foreach (var machine in site.Machines) machine.LosePower();
        return () =>
        {
            site.Api.ComeUp();
            foreach (var machine in site.Machines) machine.Boot();
            world.Ledger.Booted(Site);
        };
    }

    protected override string Describe() => $"power of site {Site} lost";
}
