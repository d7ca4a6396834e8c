using Tandem.Protocol.Handover;
using Tandem.Resources;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Plays;
using Tandem.Simulation.Scenarios;

namespace Tandem.Simulation.Faults;

/// <summary>
/// What goes wrong, and when, from the time when all has come up: drawn from the seed before anything begins, so that a part of it can be left out and the rest stays. Some seeds draw from few kinds only, so that those
/// meet each other often; faults come in bursts, since what is lost is lost between two of them.
/// </summary>
public static class FaultPlan
{
    private static readonly string[] Sites = ["east", "west"];

    /// <summary>
    /// Of whoever reads a record that was taken back, and those who know better. What they could tell is waited for as long as a commit is (4 s, <c>degradeAfter</c>); where they are not to be heard for longer, that record
    /// cannot be told from one that stood all the time (docs/protocol.md, what is not promised).
    /// </summary>
    private static readonly TimeSpan Unheard = TimeSpan.FromSeconds(2);

    private delegate Fault Draw(Chance chance, Setup setup, string site, TimeSpan lasts);

    private static readonly Draw[] Kinds =
    [
        (c, _, s, _) => new PostmasterKilled(s, Who(c), c.Next(4)),
        (c, _, s, _) => new ServerKilled(s, Who(c), c.Next(4)),
        (c, _, s, l) => new ServerPaused(s, Who(c), c.Next(4)) { Lasts = l },
        (c, _, s, l) => new ReplayHeld(s, Victim.Follower, c.Next(4)) { Lasts = l },
        (c, _, s, _) => new StreamsBroken(s, Victim.Holder, c.Next(4)),
        (c, _, s, _) => new ContainerKilled(s, Who(c), c.Next(4)),
        (c, _, s, l) => new AgentPaused(s, Who(c), c.Next(4)) { Lasts = l },
        (c, _, s, l) => new DiskFull(s, Who(c), c.Next(4)) { Lasts = l },
        (c, _, s, l) => new FsyncFailing(s, Who(c), c.Next(4)) { Lasts = l },
        (c, _, s, l) => new DiskSlow(s, Who(c), c.Next(4), c.Milliseconds(20, 3000)) { Lasts = l },
        (c, _, s, l) => new PowerLost(s, Who(c), c.Next(4)) { Lasts = l },
        (c, _, s, l) => new MachinePaused(s, Who(c), c.Next(4)) { Lasts = l },
        (c, _, s, _) => new ClockJumped(s, Who(c), c.Next(4), TimeSpan.FromSeconds(c.Next(-120, 120))),
        (c, _, s, l) => new MachineCut(s, Who(c), c.Next(4), Way(c), FromApi: c.Happens(0.7), FromPeers: c.Happens(0.7), FromClients: c.Happens(0.4)) { Lasts = l },
        (c, _, s, l) => new MachineCut(s, Who(c), c.Next(4), Way(c), FromApi: true, FromPeers: false, FromClients: false) { Lasts = l },
        (c, _, s, l) => new MachineCut(s, Who(c), c.Next(4), Way(c), FromApi: false, FromPeers: true, FromClients: false) { Lasts = l },
        (c, _, s, l) => new PeersCut(s, c.Next(5), c.Next(5), Way(c)) { Lasts = l },
        (c, _, _, l) => new NetworkPoor(1 + c.NextDouble() * 30, c.NextDouble() * 0.2) { Lasts = l },
        (c, _, s, l) => new ApiDown(s, c.Happens(0.5)) { Lasts = l },
        (c, _, s, l) => new ApiPoor(s, c.NextDouble() * 0.2, c.NextDouble() * 0.3, c.NextDouble() * 0.3, c.NextDouble() * 0.3, c.NextDouble() * 0.2, 1 + c.NextDouble() * 40) { Lasts = l },
        (c, _, s, l) => new WatchesPoor(s, c.Milliseconds(50, 5000), c.NextDouble() * 0.3, c.NextDouble() * 0.1, c.NextDouble() * 0.3) { Lasts = l },
        (c, _, s, _) => new PodDeleted(s, Who(c), c.Next(4), c.Happens(0.5)),
        (c, _, s, _) => new VolumeLost(s, c.Happens(0.3) ? Victim.Holder : Victim.Follower, c.Next(4)),
        (c, _, s, _) => new SwitchoverAsked(s, c.Next(5)),
        (c, _, s, _) => new SwitchoverAsked(s, c.Next(5)),
        (c, t, s, _) => Edited(c, t, s),
    ];

    private static readonly Draw[] KindsOfPairs =
    [
        (c, _, _, _) => new SitesSwitched(c.OneOf(Sites), c.Milliseconds(0, 3000), OnlyOne: false),
        (c, _, _, _) => new SitesSwitched(c.OneOf(Sites), c.Milliseconds(0, 3000), OnlyOne: false),
        (c, _, _, _) => new SitesSwitched(c.OneOf(Sites), c.Milliseconds(0, 3000), OnlyOne: c.Happens(0.5)),
        (c, _, _, _) => new SiteFailedOver(c.Happens(0.2)),
        (c, _, s, l) => new SiteLost(s) { Lasts = l },
        (c, _, _, l) => new SitesCut(Way(c), Api: true, Data: true) { Lasts = l },
        (c, _, _, l) => new SitesCut(Way(c), Api: c.Happens(0.5), Data: c.Happens(0.5)) { Lasts = l },
        (c, _, s, l) => new OperatorEnded(s, c.Next(2)) { Lasts = c.Happens(0.5) ? l : TimeSpan.Zero },
        (c, _, s, l) => new OperatorsCut(s, c.OneOf(Sites), Way(c)) { Lasts = l },
        (c, t, _, _) => t.PairSynchrony == PairSynchrony.Asynchronous ? new SitesSwitched(c.OneOf(Sites), c.Milliseconds(0, 3000), OnlyOne: false) : new PairSynchronyEdited(c.OneOf([PairSynchrony.Required, PairSynchrony.Required, PairSynchrony.Preferred, PairSynchrony.Asynchronous]), c.Milliseconds(0, 3000)),
    ];

    /// <summary>Of pairs without a link.</summary>
    private static readonly Draw[] KindsByHand =
    [
        (c, _, _, _) => new SwitchedByHand(c.Milliseconds(0, 4000), OnlyOne: c.Happens(0.25), Stale: c.Happens(0.1)),
        (c, _, _, _) => new SwitchedByHand(c.Milliseconds(0, 4000), OnlyOne: false, Stale: false),
        (c, _, _, _) => new SwitchedByHand(c.Milliseconds(0, 4000), OnlyOne: false, Stale: false),
        (c, _, s, _) => new OldManifestApplied(s, c.Next(20)),
        (c, _, s, _) => new OldLetterPasted(s, c.Next(20)),
    ];

    private static readonly Draw[] KindsOfArbiters =
    [
        (c, _, _, l) => new ArbiterDown(c.Happens(0.5)) { Lasts = l },
        (c, _, s, l) => new ArbiterCut(s, c.Happens(0.5) ? c.Next(4) : null, Way(c)) { Lasts = l * 2 },
        (c, _, _, l) => new ArbiterPoor(c.NextDouble() * 0.4, c.NextDouble() * 0.4, 1 + c.NextDouble() * 30) { Lasts = l * 2 },
        (c, _, _, l) => new ArbiterUnnamed(c.Milliseconds(0, 3000)) { Lasts = l * 2 },
        (c, _, s, l) => new SiteLost(s) { Lasts = l * 2 },
        (c, _, _, l) => new SitesCut(Way(c), Api: true, Data: true) { Lasts = l * 2 },
    ];

    /// <summary>
    /// What happens to records themselves: rarely, and drawn apart from the rest, so that a seed's other faults stay what they were. Of a pair's API server no backup is restored: it would take the pair
    /// record back as well, after which nothing is to be opened until a person acts.
    /// </summary>
    private static readonly Draw[] KindsOfRecords =
    [
        (_, _, s, _) => new RecordDeleted(s),
        (_, _, s, _) => new RecordDeleted(s),
        (c, _, s, _) => new StaleReset(s, Who(c), c.Next(4)),
        (_, t, s, l) => t.Sites > 1 ? new RecordDeleted(s) : new ApiRestored(s) { Lasts = l },
        (_, t, s, l) => t.Sites > 1 ? new RecordDeleted(s) : new ApiRestored(s) { Lasts = l },
    ];

    /// <summary>What people do to a site that is well: drawn apart from the rest, as <see cref="KindsOfRecords"/> is. Without an operator nobody answers to most of it.</summary>
    private static readonly Draw[] KindsOfMaintenance =
    [
        (c, _, s, l) => new Drained(s, Who(c), c.Next(4)) { Lasts = l * 2 },
        (c, _, s, _) => new PromotedByHand(s, Victim.Follower, c.Next(4)),
        (c, _, s, l) => new KubeletPaused(s, Who(c), c.Next(4)) { Lasts = l * 2 },
        (c, t, s, _) => t.HasOperator ? new Scaled(s, c.OneOf([-1, 1])) : new PromotedByHand(s, Victim.Any, c.Next(4)),
        (c, t, s, l) => t.HasOperator ? new ImageRolled(s, c.Next(1, 9)) : new Drained(s, Who(c), c.Next(4)) { Lasts = l * 2 },
    ];

    /// <summary>Drawn only where a set-up names them: what the other kinds come to as well, but seldom just so.</summary>
    private static readonly Dictionary<string, Draw> Pointed = new(StringComparer.Ordinal)
    {
        ["HolderAlone"] = (c, _, s, l) => new MachineCut(s, Victim.Holder, c.Next(4), Direction.Both, FromApi: true, FromPeers: true, FromClients: false) { Lasts = l },
        ["HolderWithoutApi"] = (c, _, s, l) => new MachineCut(s, Victim.Holder, c.Next(4), Direction.Both, FromApi: true, FromPeers: false, FromClients: false) { Lasts = l },
        ["FollowerWithoutPeers"] = (c, _, s, l) => new MachineCut(s, Victim.Follower, c.Next(4), Direction.Both, FromApi: false, FromPeers: true, FromClients: false) { Lasts = l },
        ["HolderKilled"] = (c, _, s, _) => new ContainerKilled(s, Victim.Holder, c.Next(4)),
        ["FollowerPaused"] = (c, _, s, l) => new ServerPaused(s, Victim.Follower, c.Next(4)) { Lasts = l },
        ["FollowerVolumeLost"] = (c, _, s, _) => new VolumeLost(s, Victim.Follower, c.Next(4)),
        ["LinkLostInHandover"] = (c, _, _, l) => new LinkLostInHandover(c.Happens(0.5), c.Happens(0.6)) { Lasts = l },
        ["PersonLosesPatience"] = (c, _, _, _) => new PersonLosesPatience(c.Milliseconds(2000, 12000), Stale: false),
        ["PersonMistaken"] = (c, _, _, _) => new PersonLosesPatience(c.Milliseconds(2000, 6000), Stale: true),
        ["FailoverAsked"] = (_, _, _, _) => new SiteFailedOver(Stale: false),
        ["CheckpointersBusy"] = (c, _, _, l) => new CheckpointersBusy(c.Milliseconds(500, 4000)) { Lasts = l },
    };

    public static IReadOnlyList<PlannedFault> Of(Setup setup, IReadOnlyList<string> sites)
    {
        var chance = Chance.Of(setup.Seed, "faults");
        Draw[] all = setup.Sites == 1 ? Kinds : !setup.HasLink ? [.. Kinds, .. KindsOfPairs, .. KindsByHand, .. KindsByHand] : setup.HasArbiter ? [.. Kinds, .. KindsOfPairs, .. KindsOfArbiters, .. KindsOfArbiters] : [.. Kinds, .. KindsOfPairs, .. KindsOfPairs];
        Draw[] kinds = setup.Faults is { } named ? [.. named.SelectMany(n => Named(n, all, setup))] : chance.Happens(0.4) ? all : [.. Enumerable.Range(0, chance.Next(2, 7)).Select(_ => chance.OneOf(all))];
        var pace = setup.Pace ?? chance.Milliseconds(400, 5000);
        var plan = new List<PlannedFault>();
        var volumesLost = 0;
        for (var at = chance.Milliseconds(0, 2000); at < setup.Trouble; at += chance.Happens(0.35) ? chance.Milliseconds(0, 120) : chance.LongTailed(pace, TimeSpan.FromSeconds(12)))
        {
            var fault = chance.OneOf(kinds)(chance, setup, chance.OneOf(sites), chance.LongTailed(setup.Lasts ?? TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(20)));
            // What is gone for good is not to be more than what the mode can stand; the simulation would only find that out.
            if (fault is VolumeLost && ++volumesLost > 1) continue;
            if (fault is Play && plan.Any(p => p.Fault is Play)) continue;
            if (fault is Play) fault = fault with { Lasts = setup.Trouble };
            plan.Add(new PlannedFault(plan.Count, at, fault));
            if (fault is SiteLost { Site: var lost }) WantedBack(plan, chance, lost, at + fault.Lasts);
        }
        // Held to some kinds of faults, it has no others.
        if (setup.Faults is not null) return plan;
        var records = Chance.Of(setup.Seed, "faults of records");
        for (var left = records.Happens(0.25) ? records.Next(1, 3) : 0; left > 0; left--)
        {
            var at = records.Between(TimeSpan.Zero, setup.Trouble);
            plan.Add(new PlannedFault(plan.Count, at, records.OneOf(KindsOfRecords)(records, setup, records.OneOf(sites), records.LongTailed(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20)))));
        }
        if (setup.Sites > 1 && records.Happens(0.5))
        {
            var patience = records.LongTailed(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(12));
            plan.Add(new PlannedFault(plan.Count, TimeSpan.Zero, new PersonLosesPatience(patience, records.Happens(0.15))));
            if (records.Happens(0.3) && ++volumesLost <= 1) plan.Add(new PlannedFault(plan.Count, patience + records.Milliseconds(0, 4000), Pointed["FollowerVolumeLost"](records, setup, records.OneOf(sites), TimeSpan.Zero)));
        }
        // What such a person waits for comes about by chance alone once in a hundred seeds. Where there is time enough, it lasts until an operation's deadline has passed.
        if (setup.Sites > 1 && (setup.Trouble > TimeSpan.FromSeconds(30) || records.Happens(0.4)))
        {
            Fault doubt = records.Happens(0.6) ? new LinkLostInHandover(records.Happens(0.5), records.Happens(0.4)) : new FailoverOfDeafSite();
            var (at, lasts) = (records.Milliseconds(1000, 5000), records.Between(TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(36)));
            plan.Add(new PlannedFault(plan.Count, at, doubt with { Lasts = lasts }));
            if (doubt is FailoverOfDeafSite) WantedBack(plan, records, records.OneOf(sites), at + lasts);
            // It outlasts the other trouble by far, and is not to be alone all that time.
            for (var more = records.Next(3); more > 0; more--)
            {
                var draw = records.Happens(0.2) ? Pointed["FollowerVolumeLost"] : records.OneOf(Kinds);
                var fault = draw(records, setup, records.OneOf(sites), records.LongTailed(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(20)));
                if (fault is not VolumeLost || ++volumesLost <= 1) plan.Add(new PlannedFault(plan.Count, at + records.Between(TimeSpan.Zero, lasts), fault));
            }
        }
        var maintenance = Chance.Of(setup.Seed, "maintenance");
        for (var left = maintenance.Happens(0.25) ? maintenance.Next(1, 4) : 0; left > 0; left--)
        {
            var at = maintenance.Between(TimeSpan.Zero, setup.Trouble);
            plan.Add(new PlannedFault(plan.Count, at, maintenance.OneOf(KindsOfMaintenance)(maintenance, setup, maintenance.OneOf(sites), maintenance.LongTailed(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20)))));
        }
        if (setup.AgentsBehind)
        {
            foreach (var site in sites) plan.Add(new PlannedFault(plan.Count, maintenance.Between(TimeSpan.Zero, setup.Trouble), new AgentsUpgraded(site, maintenance.Milliseconds(0, 6000))));
        }
        if (!setup.HasLink)
        {
            // What people do by hand takes them several steps: by chance alone few seeds would come to the end of any.
            var hands = Chance.Of(setup.Seed, "faults by hand");
            for (var left = hands.Next(1, 5); left > 0; left--)
                plan.Add(new PlannedFault(plan.Count, hands.Between(TimeSpan.Zero, setup.Trouble), hands.OneOf(KindsByHand)(hands, setup, hands.OneOf(sites), TimeSpan.Zero)));
            if (hands.Happens(0.4)) plan.Add(new PlannedFault(plan.Count, hands.Between(TimeSpan.Zero, setup.Trouble), new SiteLost(hands.OneOf(sites)) { Lasts = hands.Milliseconds(2000, 20000) }));
            if (hands.Happens(0.3)) plan.Add(new PlannedFault(plan.Count, hands.Between(TimeSpan.Zero, setup.Trouble), new SiteFailedOver(Stale: false)));
        }
        if (Repertoire.Drawn(Chance.Of(setup.Seed, "play"), setup) is { } play) plan.Add(new PlannedFault(plan.Count, TimeSpan.Zero, play with { Lasts = setup.Trouble }));
        return plan.Any(p => p.Fault.TakesRecordsBack) ? [.. plan.Select(HeardInTime)] : plan;
    }

    private static PlannedFault HeardInTime(PlannedFault planned) =>
        planned.Fault is { PartsPeers: true } cut && cut.Lasts > Unheard ? planned with { Fault = cut with { Lasts = Unheard } } : planned;

    /// <summary>Who has seen a site come back often wants it to be what it was, and does not wait for long.</summary>
    private static void WantedBack(List<PlannedFault> plan, Chance chance, string site, TimeSpan back)
    {
        if (chance.Happens(0.5)) plan.Add(new PlannedFault(plan.Count, back + chance.Milliseconds(0, 6000), new SitesSwitched(site, chance.Milliseconds(0, 3000), OnlyOne: false)));
    }

    private static List<Draw> Named(string name, IReadOnlyList<Draw> all, Setup setup)
    {
        if (Pointed.TryGetValue(name, out var pointed)) return [pointed];
        if (Repertoire.Has(name)) return [(c, _, _, _) => Repertoire.Of(name, c)];
        var draws = all.Concat(KindsOfRecords).Concat(KindsOfMaintenance).Concat(KindsOfArbiters).Concat(KindsByHand).Where(d => d(Chance.Of(0, name), setup, Sites[0], TimeSpan.Zero).Kind == name).ToList();
        return draws.Count > 0 ? draws : throw new ArgumentException($"no fault is called {name}");
    }

    private static Victim Who(Chance chance) => chance.OneOf([Victim.Holder, Victim.Holder, Victim.Follower, Victim.Any]);

    private static Direction Way(Chance chance) => chance.OneOf([Direction.Both, Direction.Both, Direction.Out, Direction.In]);

    private static SynchronizationEdited Edited(Chance chance, Setup setup, string site)
    {
        var mode = setup.Instances < 3 ? chance.OneOf([SynchronizationMode.Synchronous, SynchronizationMode.Asynchronous]) : chance.OneOf([SynchronizationMode.Quorum, SynchronizationMode.Quorum, SynchronizationMode.Synchronous, SynchronizationMode.Asynchronous]);
        return new SynchronizationEdited(site, mode, mode == SynchronizationMode.Quorum ? chance.Next(1, Math.Max(2, setup.Instances - 1)) : 1, chance.OneOf([Durability.Required, Durability.Preferred]));
    }
}
