using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Faults;

/// <summary>The third place is down.</summary>
public sealed record ArbiterDown(bool Silently) : Fault
{
    public override Action? Begin(World world)
    {
        if (world.Arbiter is not { IsUp: true } arbiter) return null;
        arbiter.GoDown(Silently);
        return arbiter.ComeUp;
    }

    protected override string Describe() => $"arbiter down{(Silently ? ", silently" : "")}";
}

/// <summary>A site, or one machine of it, cannot reach the third place.</summary>
public sealed record ArbiterCut(string Site, int? Machine, Direction Direction) : Fault
{
    public override Action? Begin(World world)
    {
        if (world.Arbiter is not { } arbiter) return null;
        var machines = world.Site(Site).Machines;
        return Cuts.Make(world, [.. machines.Where((_, i) => Machine is not { } only || i == only % machines.Count).Select(m => (m.Name, arbiter.Place))], Direction);
    }

    protected override string Describe() => $"{(Machine is { } only ? $"machine {only} of " : "")}{Site} cut ({Direction.ToString().ToLowerInvariant()}) from the arbiter";
}

/// <summary>Writes at the third place get wrong answers, or late ones, or none.</summary>
public sealed record ArbiterPoor(double LosesAnswers, double AppliesLate, double Slowness) : Fault
{
    public override Action? Begin(World world)
    {
        if (world.Arbiter is not { Faults: var faults }) return null;
        faults.LosesAnswers += LosesAnswers;
        faults.AppliesLate += AppliesLate;
        faults.Slowness *= Slowness;
        return () =>
        {
            faults.LosesAnswers -= LosesAnswers;
            faults.AppliesLate -= AppliesLate;
            faults.Slowness /= Slowness;
        };
    }

    protected override string Describe() => System.FormattableString.Invariant($"arbiter: answers lost {LosesAnswers:0.00}, late {AppliesLate:0.00}, {Slowness:0.0} times slower");
}

/// <summary>The arbiter is taken out of the pair's manifest, at one site and a while later at the other, and put back.</summary>
public sealed record ArbiterUnnamed(TimeSpan Between) : Fault
{
    public override Action? Begin(World world)
    {
        if (world.Arbiter is null) return null;
        world.Ledger.HasArbiter = false;
        Apply(world, named: false);
        return () => Apply(world, named: true);
    }

    private void Apply(World world, bool named)
    {
        var first = world.Events.Count % 2 == 0 ? 0 : 1;
        world.Sites[first].NameArbiter(named);
        world.Events.After(Between, () => world.Sites[1 - first].NameArbiter(named));
    }

    protected override string Describe() => System.FormattableString.Invariant($"spec.arbiter taken away at both sites within {Between.TotalSeconds:0.0} s");
}
