using Tandem.Protocol.Handover;
using Tandem.Resources;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Faults;

/// <summary>The pair's manifest with another primary site, applied at one site and a while later at the other; or never there.</summary>
public sealed record SitesSwitched(string To, TimeSpan Between, bool OnlyOne) : Fault
{
    public override Action? Begin(World world)
    {
        if (world.Sites.Count < 2) return null;
        var first = world.Events.Count % 2 == 0 ? 0 : 1;
        world.Sites[first].ApplyPair(To);
        if (!OnlyOne) world.Events.After(Between, () => world.Sites[1 - first].ApplyPair(To));
        return null;
    }

    protected override string Describe() => System.FormattableString.Invariant($"spec.primarySite set to {To}{(OnlyOne ? " at one site" : $" at both sites within {Between.TotalSeconds:0.0} s")}");
}

/// <summary>The pair's manifest with another synchronisation, applied at one site and a while later at the other.</summary>
public sealed record PairSynchronyEdited(PairSynchrony Synchrony, TimeSpan Between) : Fault
{
    public override Action? Begin(World world)
    {
        if (world.Sites.Count < 2) return null;
        var first = world.Events.Count % 2 == 0 ? 0 : 1;
        world.Sites[first].SynchronizePair(Synchrony);
        var asked = world.Events.Now;
        world.Events.After(Between, () => world.Sites[1 - first].SynchronizePair(Synchrony, asked));
        return null;
    }

    protected override string Describe() => System.FormattableString.Invariant($"spec.synchronization of the pair set to {Synchrony} at both sites within {Between.TotalSeconds:0.0} s");
}

/// <summary>The site that stands by is told to take over: at the pair epoch that it is in, or at one that is over.</summary>
public sealed record SiteFailedOver(bool Stale) : Fault
{
    public override Action? Begin(World world)
    {
        if (world.Sites.FirstOrDefault(s => s.PairRecord is { Role: Protocol.Records.PairRole.Standby }) is not { PairRecord: { } record } standby) return null;
        if (Stale && record.PairEpoch.Number == 1) return null; // there is none before: the API server refuses it
        standby.ApplyPair(standby.Name, Stale ? record.PairEpoch.Number - 1 : record.PairEpoch.Number);
        return null;
    }

    protected override string Describe() => Stale ? "failover asked for at a pair epoch that is over" : "failover asked for";
}

/// <summary>
/// Somebody has had enough: a handover that has been in doubt for this long is overridden at its site, a site that can be read and does not stop is abandoned. By what the conditions say, and
/// nothing else; sometimes with an epoch that is over, which must move nothing.
/// </summary>
public sealed record PersonLosesPatience(TimeSpan After, bool Stale) : Fault
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    public override Action? Begin(World world)
    {
        if (world.Sites.Count < 2) return null;
        var since = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        void Watch()
        {
            foreach (var site in world.Sites) See(world, site, since);
            world.Events.After(Look, Watch);
        }

        Watch();
        return null;
    }

    private void See(World world, SimulatedSite site, Dictionary<string, TimeSpan> since)
    {
        var told = site.Api.Find<DisasterRecoveryPair>(World.Namespace, World.PairName)?.Status?.Conditions.Select(c => c.Reason).FirstOrDefault(r => r is "HandoverInDoubt" or "PeerDoesNotStop");
        if (told is null || site.PairRecord is not { } record)
        {
            since.Remove(site.Name);
            return;
        }
        since.TryAdd(site.Name, world.Events.Now);
        if (world.Events.Now - since[site.Name] < After) return;
        since.Remove(site.Name);
        var epoch = record.PairEpoch.Number - (Stale ? 1 : 0);
        if (epoch < 1) return; // no such epoch: the API server refuses it
        if (told == "HandoverInDoubt") site.ApplyPair(site.Name, overrideFromEpoch: epoch);
        else site.ApplyPair(site.Name, record.PairEpoch.Number, abandonPeerFromEpoch: epoch);
    }

    protected override string Describe() => System.FormattableString.Invariant($"a person overrides or abandons after {After.TotalSeconds:0.0} s{(Stale ? ", by an epoch that is over" : "")}");
}

/// <summary>The sites are switched over, and lose their link just when the token is out, or just when it is consumed: the site that gave it does not hear of that.</summary>
public sealed record LinkLostInHandover(bool Data, bool Consumed) : Fault
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public override Action? Begin(World world)
    {
        if (world.Sites.FirstOrDefault(s => s.PairRecord is { Role: Protocol.Records.PairRole.Primary }) is not { } primary) return null;
        foreach (var site in world.Sites) site.ApplyPair(world.Sites.First(s => s != primary).Name);
        Action? mend = null;
        var isOver = false;
        void Watch()
        {
            if (isOver) return;
            var isTime = Consumed
                ? world.Sites.Any(s => s != primary && s.PairRecord is { Role: Protocol.Records.PairRole.Primary })
                : primary.PairRecord is { Step: Protocol.Records.PairStep.Offer or Protocol.Records.PairStep.RollBack };
            if (isTime) mend = new SitesCut(Direction.Both, Api: true, Data).Begin(world);
            else world.Events.After(Look, Watch);
        }

        Watch();
        return () =>
        {
            isOver = true;
            mend?.Invoke();
        };
    }

    protected override string Describe() => $"sites switched over and cut{(Data ? "" : " (API)")} once the token is {(Consumed ? "consumed" : "out")}";
}

/// <summary>A failover is asked for while the primary site can be read, and nobody there carries out what it is told.</summary>
public sealed record FailoverOfDeafSite : Fault
{
    public override TimeSpan Aftermath => AftermathOfSite;

    public override Action? Begin(World world)
    {
        if (world.Sites.Count < 2 || world.Sites.FirstOrDefault(s => s.PairRecord is { Role: Protocol.Records.PairRole.Primary }) is not { } primary) return null;
        var operators = primary.Operators.Select(o => o.Process).ToList();
        foreach (var process in operators) process.Pause();
        new SiteFailedOver(Stale: false).Begin(world);
        return () =>
        {
            foreach (var process in operators) process.Resume();
        };
    }

    protected override string Describe() => "failover asked for while the primary site's operators stand still";
}

/// <summary>An operator ends, or stands still for a while.</summary>
public sealed record OperatorEnded(string Site, int Choice) : Fault
{
    public override Action? Begin(World world)
    {
        if (world.Site(Site).Operators is not { Count: > 0 } operators) return null;
        var process = operators[Choice % operators.Count].Process;
        if (Lasts == TimeSpan.Zero)
        {
            process.Kill();
            return null;
        }
        process.Pause();
        return process.Resume;
    }

    protected override string Describe() => $"operator {Choice} of {Site} {(Lasts == TimeSpan.Zero ? "killed" : "paused")}";
}

/// <summary>All that runs one site's operators is cut from the other site's API server, or from its own.</summary>
public sealed record OperatorsCut(string Site, string FromApiOf, Direction Direction) : Fault
{
    public override Action? Begin(World world) =>
        Cuts.Make(world, [.. world.Site(Site).Machines.Select(m => (m.Name, world.Site(FromApiOf).Api.Place))], Direction);

    protected override string Describe() => $"machines of {Site} cut ({Direction.ToString().ToLowerInvariant()}) from the API server of {FromApiOf}";
}
