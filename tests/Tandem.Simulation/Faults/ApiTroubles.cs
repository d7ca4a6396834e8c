using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Faults;

/// <summary>A site's API server is down.</summary>
public sealed record ApiDown(string Site, bool Silently) : Fault
{
    public override Action? Begin(World world)
    {
        var api = world.Site(Site).Api;
        if (!api.IsUp) return null;
        api.GoDown(Silently);
        return api.ComeUp;
    }

    protected override string Describe() => $"API server of {Site} down{(Silently ? ", silently" : "")}";
}

/// <summary>Writes get wrong answers, or late ones, or none.</summary>
public sealed record ApiPoor(string Site, double Refuses, double AppliedButFails, double LosesAnswers, double AppliesLate, double Duplicates, double Slowness) : Fault
{
    public override Action? Begin(World world)
    {
        var faults = world.Site(Site).Api.Faults;
        faults.Refuses += Refuses;
        faults.AppliedButFails += AppliedButFails;
        faults.LosesAnswers += LosesAnswers;
        faults.AppliesLate += AppliesLate;
        faults.Duplicates += Duplicates;
        faults.Slowness *= Slowness;
        return () =>
        {
            faults.Refuses -= Refuses;
            faults.AppliedButFails -= AppliedButFails;
            faults.LosesAnswers -= LosesAnswers;
            faults.AppliesLate -= AppliesLate;
            faults.Duplicates -= Duplicates;
            faults.Slowness /= Slowness;
        };
    }

    protected override string Describe() => System.FormattableString.Invariant(
        $"API server of {Site}: refuses {Refuses:0.00}, applied but fails {AppliedButFails:0.00}, answers lost {LosesAnswers:0.00}, late {AppliesLate:0.00}, twice {Duplicates:0.00}, {Slowness:0.0} times slower");
}

/// <summary>Watches lag, break off, stand still or find their history gone.</summary>
public sealed record WatchesPoor(string Site, TimeSpan Lag, double Drops, double Stalls, double Expires) : Fault
{
    public override Action? Begin(World world)
    {
        var api = world.Site(Site).Api;
        api.Faults.WatchLag = (Lag / 10, Lag);
        api.Faults.DropsWatches += Drops;
        api.Faults.StallsWatches += Stalls;
        api.Faults.ExpiresWatches += Expires;
        return () =>
        {
            api.Faults.WatchLag = (TimeSpan.FromMilliseconds(0.5), TimeSpan.FromMilliseconds(8));
            api.Faults.DropsWatches -= Drops;
            api.Faults.StallsWatches -= Stalls;
            api.Faults.ExpiresWatches -= Expires;
            api.ReleaseWatches();
        };
    }

    protected override string Describe() => System.FormattableString.Invariant($"watches of {Site}: lag {Lag.TotalMilliseconds:0} ms, drop {Drops:0.00}, stall {Stalls:0.00}, expire {Expires:0.00}");
}
