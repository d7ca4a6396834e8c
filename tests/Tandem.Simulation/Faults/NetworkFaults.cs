using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Faults;

/// <summary>Which directions a cut has.</summary>
public enum Direction { Both, Out, In }

/// <summary>The machine of an instance cannot reach some others, or they it.</summary>
public sealed record MachineCut(string Site, Victim Victim, int Choice, Direction Direction, bool FromApi, bool FromPeers, bool FromClients) : Fault
{
    public override bool PartsPeers => FromPeers && !FromApi;

    public override Action? Begin(World world)
    {
        var site = world.Site(Site);
        if (site.Pick(Victim, Choice) is not { } agent) return null;
        var here = agent.Machine.Name;
        List<string> others = [];
        if (FromApi) others.Add(site.Api.Place);
        if (FromPeers) others.AddRange(site.Machines.Select(m => m.Name).Where(m => m != here));
        if (FromClients) others.AddRange(world.ClientPlaces);
        return Cuts.Make(world, [.. others.Select(o => (here, o))], Direction);
    }

    protected override string Describe() =>
        $"machine of {Site}'s {Victim.ToString().ToLowerInvariant()} {Choice} cut ({Direction.ToString().ToLowerInvariant()}) from{(FromApi ? " the API" : "")}{(FromPeers ? " its peers" : "")}{(FromClients ? " clients" : "")}";
}

/// <summary>Two machines of a site cannot reach each other.</summary>
public sealed record PeersCut(string Site, int First, int Second, Direction Direction) : Fault
{
    public override bool PartsPeers => true;

    public override Action? Begin(World world)
    {
        var machines = world.Site(Site).Machines;
        var (a, b) = (machines[First % machines.Count].Name, machines[Second % machines.Count].Name);
        return a == b ? null : Cuts.Make(world, [(a, b)], Direction);
    }

    protected override string Describe() => $"machines {First} and {Second} of {Site} cut ({Direction.ToString().ToLowerInvariant()})";
}

/// <summary>The two sites cannot reach each other; or only their API servers, or only their data.</summary>
public sealed record SitesCut(Direction Direction, bool Api, bool Data) : Fault
{
    public override Action? Begin(World world)
    {
        if (world.Sites.Count < 2) return null;
        var (a, b) = (world.Sites[0], world.Sites[1]);
        List<(string, string)> pairs = [];
        foreach (var machine in a.Machines)
        {
            if (Api) pairs.Add((machine.Name, b.Api.Place));
            if (Data) pairs.AddRange(b.Machines.Select(m => (machine.Name, m.Name)));
        }
        if (Api) pairs.AddRange(b.Machines.Select(m => (a.Api.Place, m.Name)));
        return Cuts.Make(world, pairs, Direction);
    }

    protected override string Describe() => $"sites cut ({Direction.ToString().ToLowerInvariant()}):{(Api ? " API" : "")}{(Data ? " data" : "")}";
}

/// <summary>Everything takes longer, and some of it is lost.</summary>
public sealed record NetworkPoor(double Slowness, double Loss) : Fault
{
    public override Action? Begin(World world)
    {
        world.Wires.Slowness *= Slowness;
        world.Wires.Loss += Loss;
        return () =>
        {
            world.Wires.Slowness /= Slowness;
            world.Wires.Loss -= Loss;
        };
    }

    protected override string Describe() => System.FormattableString.Invariant($"network {Slowness:0.0} times slower, {Loss * 100:0} % lost");
}

internal static class Cuts
{
    public static Action Make(World world, IReadOnlyList<(string A, string B)> pairs, Direction direction)
    {
        foreach (var (a, b) in pairs)
        {
            if (direction is Direction.Both or Direction.Out) world.Wires.Cut(a, b);
            if (direction is Direction.Both or Direction.In) world.Wires.Cut(b, a);
        }
        return () =>
        {
            foreach (var (a, b) in pairs)
            {
                if (direction is Direction.Both or Direction.Out) world.Wires.Mend(a, b);
                if (direction is Direction.Both or Direction.In) world.Wires.Mend(b, a);
            }
        };
    }
}
