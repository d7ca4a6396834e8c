using Tandem.Arbiter;
using Tandem.Kubernetes.Models;
using Tandem.Protocol.Arbitration;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;
using Tandem.Simulation.Agents;
using Tandem.Simulation.Api;
using Tandem.Simulation.Faults;
using Tandem.Simulation.Invariants;
using Tandem.Simulation.Invariants.Status;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Machines;
using Tandem.Simulation.Network;
using Tandem.Simulation.Plays;
using Tandem.Simulation.Postgres;
using Tandem.Simulation.Workloads;

namespace Tandem.Simulation.Scenarios;

/// <summary>Everything that there is in one simulation, and what happens in it from the beginning to the end.</summary>
public sealed class World
{
    public const string ClusterName = "db";
    public const string Namespace = "apps";
    public const string PairName = "pair";

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan HeldLimit = TimeSpan.FromSeconds(30);

    /// <summary>Each of a site's instances may have something of its own that is only given up by name.</summary>
    private const int ActsOfPersons = 4;

    private readonly List<SimulatedSite> _sites = [];
    private readonly List<Client> _clients = [];
    private readonly Dictionary<PlannedFault, Action> _open = [];
    private readonly IReadOnlyList<PlannedFault> _plan;
    private readonly Encounters _encounters = new();
    private readonly StatusTruth _truth;
    private readonly RecoveryPoints _points;
    private TimeSpan? _heldSince;
    private int _acts;

    /// <param name="without">Numbers of planned faults that are left out.</param>
    public World(Setup setup, TextWriter? trace = null, IReadOnlyCollection<int>? without = null)
    {
        Setup = setup;
        Events = new Events();
        Trace = new Trace(Events, trace) { Acted = rule => _encounters.Acted(rule, Events.Now) };
        Wires = new Wires(Events, Chance.Of(setup.Seed, "wires"), IsFar);
        void Report(string rule, string what) => Ledger!.Report(rule, what);
        bool IsLongLost(string site, Incarnation incarnation) => Site(site).IsLongLost(incarnation);
        Ledger = new Ledger(Events, Trace) { Identify = Identify, HasArbiter = setup is { HasArbiter: true, AgentsBehind: false }, IsRequired = site => Site(site).IsRequired, IsLongLost = IsLongLost, WasAcknowledged = (site, epoch, row) => _points!.Acknowledged(site, epoch, row), ClauseCover = new ClauseCover((site, incarnation) => Site(site).DataOf(incarnation), IsLongLost, Report), Requests = new Requests(Report) { ByHand = !setup.HasLink } };
        (_truth, _points) = (new StatusTruth(this), new RecoveryPoints(Events));
        Ledger.StreamBegan += _truth.Look;
        StatusClaims = new StatusClaims(this, _truth, _points);
        Addresses = new Addresses();
        Postgres = new PostgresWorld(Events, Wires, Addresses, Ledger, Trace, setup.Seed, setup.PublishesLate);
        Arbiter = setup.HasArbiter ? new ApiServer("arbiter-api", Events, Wires, new MachineClock(Events, 0, TimeSpan.FromDays(3), TimeSpan.Zero), Chance.Of(setup.Seed, "arbiter-api")) : null;
        Agents = new AgentWorld(Events, Wires, Postgres, new AgentDirectory(), Trace, setup.Seed, "1.0.0", Arbiter) { Holds = new Holds(Events, Report), Discards = Ledger.Discarded };
        if (Arbiter is not null) Arbiter.Changed += write => Ledger.Arbitrated(ArbiterRecordIn(write.Old), ArbiterRecordIn(write.New));
        string[] names = setup.Sites == 1 ? ["east"] : ["east", "west"];
        foreach (var name in names)
        {
            var site = new SimulatedSite(this, name);
            _sites.Add(site);
            Addresses.Set(site.ReplicationHost, site.ThroughNodes);
        }
        _plan = [.. FaultPlan.Of(setup, names).Where(p => without?.Contains(p.Number) != true)];
        Ledger.OnlyTheNetworkFails = _plan.All(p => p.Fault is MachineCut or PeersCut or NetworkPoor);
        Courier = setup.HasLink ? null : new Courier(this);
        Ledger.SitesMayBeApart = !setup.HasLink || _plan.Any(p => p.Fault is not (SitesSwitched or SiteFailedOver or SwitchoverAsked or SynchronizationEdited or PairSynchronyEdited or ServerKilled or PostmasterKilled or StreamsBroken or ReplayHeld or ArbiterDown or ArbiterCut or ArbiterPoor or ArbiterUnnamed or SwitchedByHand or OldManifestApplied or OldLetterPasted or Play { PartsSites: false }));
    }

    public Setup Setup { get; }
    public Events Events { get; }
    public Trace Trace { get; }
    public Wires Wires { get; }
    public Ledger Ledger { get; }
    public StatusClaims StatusClaims { get; }
    public Addresses Addresses { get; }
    public AgentWorld Agents { get; }
    public PostgresWorld Postgres { get; }

    /// <summary>API server of the third cluster, where the pair's arbiter is; null: the pair has none.</summary>
    public ApiServer? Arbiter { get; }

    /// <summary>Carries letters between the sites; null: they have a link.</summary>
    public Courier? Courier { get; }
    public IReadOnlyList<SimulatedSite> Sites => _sites;
    public IReadOnlyList<PlannedFault> Plan => _plan;
    public IEnumerable<string> ClientPlaces => _sites.Select(s => s.ClientMachine.Name);

    public SimulatedSite Site(string name) => _sites.First(s => s.Name == name);

    public Outcome Run()
    {
        Trace.Write("setup", Setup.ToString());
        foreach (var planned in _plan) Trace.Write("plan", planned.ToString());
        foreach (var site in _sites) site.Begin();
        AddClients();
        Courier?.Begin();
        if (!RunUntil(Setup.ComingUpLimit, IsSettled) && Ledger.Violations.Count == 0) Ledger.Report("NotSettled", $"it does not come up: {string.Join("; ", _sites.Select(s => s.WhyNotSettled(Committed) ?? "well"))}");
        Trace.Write("up", "everything: from now on things go wrong");
        if (Courier is not null) Courier.IsSteady = false;
        foreach (var planned in _plan) Events.After(planned.At, () => Begin(planned));
        var end = Events.Now + Setup.Trouble;
        RunUntil(end, () => false);
        foreach (var planned in _open.Keys.OrderBy(p => p.Number).ToList()) Mend(planned);
        foreach (var client in _clients) client.IsSteady = true;
        if (Courier is not null) Courier.IsSteady = true;
        Trace.Write("mended", "everything: from now on nothing goes wrong any more");
        var settled = Ledger.Violations.Count == 0 && IsWellInTheEnd(end);
        if (!settled) DescribeAgents();
        var needed = settled ? null : _sites.Select(s => s.WhyAPersonIsNeeded()).FirstOrDefault(w => w is not null);
        if (!settled && needed is null && Ledger.Violations.Count == 0) Ledger.Report("NotSettled", string.Join("; ", _sites.Select(s => s.WhyNotSettled(Committed) ?? "well")));
        foreach (var site in _sites)
            if (settled && site.Primary is { } primary)
                Ledger.Settle(primary);
        TimeSpan? settledAfter = settled ? Events.Now - end : null;
        Events.End();
        return new Outcome(Setup.Seed, Ledger.Violations, Events.Digest, Events.Count, Events.Now, settledAfter, needed, Ledger.Kept, Ledger.Openings, _encounters.Until(end, Events.Now));
    }

    private void DescribeAgents()
    {
        if (!Trace.IsOn) return;
        foreach (var program in _sites.SelectMany(s => s.Programs))
        {
            if (program.Links?.Snapshot is not { } snapshot) continue;
            var report = snapshot.Report;
            Trace.Write(program.Process.Name, $"is {report.State}: {report.Reason}: {report.Message} (epoch {report.Epoch}, record {report.RecordEpoch} read {report.RecordAgeMilliseconds} ms ago, follows {report.Upstream ?? "nobody"}{(report.Streaming ? ", streaming" : "")}, senders {string.Join(" ", report.Senders.Select(s => $"{s.ApplicationName}:{s.State}"))})");
        }
    }

    /// <returns>Whether it came to what was waited for.</returns>
    private bool RunUntil(TimeSpan end, Func<bool> reached)
    {
        while (Events.Now < end && Ledger.Violations.Count == 0)
        {
            var next = Events.Now + Look;
            if (next > end) next = end;
            for (var look = Events.Now; look < next && Ledger.Violations.Count == 0;)
            {
                look += StatusTruth.Every;
                if (look > next) look = next;
                StepTo(look);
                LookAtTruth();
            }
            if (reached()) return true;
        }
        return false;
    }

    /// <summary>What a play or a fault trips over is a failure of its seed, and of no other.</summary>
    private void StepTo(TimeSpan end)
    {
        try
        {
            while (Events.Step(end) && Ledger.Violations.Count == 0)
            {
            }
        }
        catch (Exception exception)
        {
            Ledger.Report("GeneratorFailed", exception.ToString());
        }
    }

    private void LookAtTruth()
    {
        _truth.Look();
        if (_sites.Count == 1) return;
        foreach (var site in _sites)
            if (StatusTruth.HolderOf(site)?.Server.Live is { Phase: ServerPhase.Primary } primary)
                _points.Look(site.Name, primary);
    }

    /// <summary>
    /// All is well, or a person is needed; and what is written says so too, after a while. Where something comes back down, a roll-out or the news of a record that was taken back, all was not well yet: it counts
    /// from when that is over.
    /// </summary>
    private bool IsWellInTheEnd(TimeSpan end)
    {
        string? WhyWrong() => _sites.Select(StatusInTheEnd.WhyWrong).FirstOrDefault(w => w is not null);
        TimeSpan? since = null;
        bool IsOver()
        {
            // Once they all commit, a client that does not at this moment is no break.
            if (since is null ? !IsSettled() : _sites.Any(s => s.WhyNotSettled(_ => Events.Now) is not null))
            {
                since = null;
                return IsHeld();
            }
            since ??= Events.Now;
            return WhyWrong() is null || Events.Now - since > StatusInTheEnd.Within;
        }

        // What is well by then has as long as any other to say so.
        if (!IsOver() && !RunUntil(end + Setup.SettleLimit, IsOver) && since is not null) RunUntil(Events.Now + StatusInTheEnd.Within + Look, IsOver);
        if (since is null || Ledger.Violations.Count > 0) return false;
        if (WhyWrong() is { } wrong) Ledger.Report("StatusStaysWrong", $"all is well for {(Events.Now - since.Value).TotalSeconds:0} s: {wrong}");
        return true;
    }

    private void Begin(PlannedFault planned)
    {
        Trace.Write("fault", planned.ToString());
        // A play is many things, and goes on for long.
        if (planned.Fault is not Play) _encounters.Began(planned.Fault.Kind, Events.Now, planned.Fault.Lasts, planned.Fault.Aftermath);
        if (planned.Fault.Begin(this) is not { } mend) return;
        _open[planned] = mend;
        Events.After(planned.Fault.Lasts, () => Mend(planned));
    }

    private void Mend(PlannedFault planned)
    {
        if (!_open.Remove(planned, out var mend)) return;
        Trace.Write("mended", planned.ToString());
        mend();
    }

    private bool IsSettled() => _sites.All(s => s.WhyNotSettled(Committed) is null);

    /// <summary>It has waited for a person for long enough to be sure that nothing else ends it.</summary>
    private bool IsHeld()
    {
        if (_sites.All(s => s.WhyAPersonIsNeeded() is null)) _heldSince = null;
        else _heldSince ??= Events.Now;
        if (!(Events.Now - _heldSince > HeldLimit)) return false;
        // A person does what the condition says, which settles it.
        if (_acts >= ActsOfPersons || _sites.FirstOrDefault(s => s.WhyAPersonIsNeeded() is not null) is not { } site || !site.DoAsTold(site.WhyAPersonIsNeeded()!)) return true;
        (_acts, _heldSince) = (_acts + 1, null);
        return false;
    }

    /// <summary>Whether a volume of the site was lost for good.</summary>
    public bool WasLost(string site) => Site(site).HasLostVolumes;

    /// <summary>When a client of a site was last told that its commit is done.</summary>
    public TimeSpan? Committed(SimulatedSite site) => _clients.Where(c => c.Name.StartsWith(site.Name, StringComparison.Ordinal)).Max(c => c.CommittedAt);

    private void AddClients()
    {
        foreach (var site in _sites)
        {
            var world = new ClientWorld(Events, Wires, Addresses, Trace, Setup.Seed, Ledger, site.Route);
            for (var i = 0; i < Setup.Clients; i++) _clients.Add(new Client(world, $"{site.Name}-client-{i}", site.ClientMachine, Tandem.Resources.Names.ReadWriteService(ClusterName)));
        }
    }

    private static ArbiterRecord? ArbiterRecordIn(object? written) =>
        written is V1Lease lease && lease.Metadata.Annotations?.GetValueOrDefault(KubernetesArbiter.Annotation) is { } text ? ArbiterRecord.Decode(text) : null;

    /// <summary>A place is called by its site, a dash and what it is.</summary>
    private static bool IsFar(string from, string to) => !SiteOf(from).SequenceEqual(SiteOf(to));

    private static ReadOnlySpan<char> SiteOf(string place) => place.IndexOf('-') is >= 0 and var dash ? place.AsSpan(0, dash) : place;

    private ServerIdentity Identify(Server server)
    {
        foreach (var site in _sites)
            if (site.Programs.FirstOrDefault(p => p.Server.Live == server) is { } program)
                return new ServerIdentity(site.Name, SimulatedSite.IncarnationOf(program).ToString(), program.Identity.ContainerId, program.Process);
        throw new InvalidOperationException($"nobody runs {server.Name}");
    }
}
