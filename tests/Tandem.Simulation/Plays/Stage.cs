using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Simulation.Agents;
using Tandem.Simulation.Api;
using Tandem.Simulation.Faults;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Postgres;
using Tandem.Simulation.Scenarios;
using Tandem.Simulation.Workloads;

namespace Tandem.Simulation.Plays;

/// <summary>What a play sees of a site, and what it does there. Instances go by their names: their agents come and go.</summary>
public sealed class Stage
{
    /// <summary>How often it is looked whether the next act may begin, besides at every write to an API server.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly World _world;
    private readonly Chance _chance;
    private readonly List<Action> _mends;
    private IEnumerator<Func<bool>>? _acts;
    private Func<bool> _waitsFor = () => true;
    private bool _isPlanned;

    public Stage(World world, Chance chance) : this(world, chance, world.Sites[0], []) => Other = world.Sites.Count > 1 ? new Stage(world, chance, world.Sites[1], _mends) : null!;

    private Stage(World world, Chance chance, SimulatedSite site, List<Action> mends) => (_world, _chance, Site, _mends) = (world, chance, site, mends);

    /// <summary>The other site of a pair. This one is primary when it begins.</summary>
    public Stage Other { get; } = null!;

    public World World => _world;
    public TimeSpan Now => _world.Events.Now;

    public SimulatedSite Site { get; }

    public PrimaryRecord? Record => Site.Record;
    public string? Holder => Record?.Holder?.Instance;

    public void Run(IEnumerable<Func<bool>> acts)
    {
        _acts = acts.GetEnumerator();
        foreach (var site in _world.Sites) site.Api.Changed += _ => StepSoon();
        Watch();
    }

    /// <summary>All that goes wrong by this play is mended.</summary>
    public void End()
    {
        _acts = null;
        foreach (var mend in _mends.AsEnumerable().Reverse().ToList()) mend();
    }

    private void Watch()
    {
        GoOn();
        if (_acts is not null) _world.Events.After(Look, Watch);
    }

    private void StepSoon()
    {
        if (_isPlanned || _acts is null) return;
        _isPlanned = true;
        _world.Events.After(TimeSpan.Zero, GoOn);
    }

    private void GoOn()
    {
        _isPlanned = false;
        while (_acts is { } acts && _waitsFor())
        {
            if (!acts.MoveNext())
            {
                _acts = null;
                return;
            }
            _waitsFor = acts.Current;
        }
    }

    // ---- what is seen ----

    public AgentProgram? Agent(string? instance) => Site.Programs.FirstOrDefault(p => p.Identity.Instance == instance);
    public Server? ServerOf(string? instance) => Agent(instance)?.Server.Live;
    public DataDirectory? DataOf(string? instance) => Agent(instance)?.Disk.Data as DataDirectory;
    public IReadOnlyList<string> Others(params string?[] but) => [.. Site.Programs.Select(p => p.Identity.Instance).Except(but.OfType<string>())];
    public bool IsOpen(string? instance) => ServerOf(instance) is { Phase: ServerPhase.Primary };

    /// <summary>A primary serves clients, and every other instance is in its synchronous set; where there is none, everybody streams.</summary>
    public bool IsWell => Record is { State: RecordState.Stable, Holder: { } holder, Members: { Count: var members } } record && members == _world.Setup.Instances && IsAdmitted(holder.Instance)
        && (record.Quorums is [{ IsEmpty: true }] ? ServerOf(holder.Instance)!.Senders.Count >= members - 1 : record.Quorums is [{ Members.Count: var counted }] && counted == members - 1);

    /// <summary>One site is primary and serves clients, the other one's main standby streams from it.</summary>
    public bool ArePaired => Site.PairRecord is { Role: PairRole.Primary, Operation: null, PairEpoch: var epoch } && Other.Site.PairRecord is { Role: PairRole.Standby, Operation: null, PairEpoch: var theirs } && epoch == theirs
        && IsAdmitted(Holder) && Other.Holder is { } standby && Other.ServerOf(standby) is { Phase: ServerPhase.Standby, Receivers.Count: > 0 } server && server.Data.Flushed + 4096 > ServerOf(Holder)!.Data.Flushed
        && Other.Others(standby).All(o => Other.ServerOf(o) is { Receivers.Count: > 0 });

    /// <summary>This site's record says that it has everything of the other one.</summary>
    public bool IsSynchronous => Site.PairRecord is { Role: PairRole.Standby, Synchronous: not null };

    /// <summary>The main standby here has all that the other site's token names.</summary>
    public bool HasReached(Stage other) => other.Site.PairRecord?.Operation?.Token is { } token && DataOf(Holder) is { } data && data.Flushed >= token.End.Lsn.Value;

    /// <summary>Of the operation of this site's pair record; null: there is none.</summary>
    public PairStep? Step => Site.PairRecord?.Operation?.Step;

    public bool IsAdmitted(string? instance) => ServerOf(instance) is { Phase: ServerPhase.Primary, LetsClientsIn: true };

    /// <summary>Somebody else than those has the record.</summary>
    public bool IsElected(params string?[] but) => Record is { State: RecordState.Stable, Holder: { } holder } && !but.Contains(holder.Instance);

    /// <returns>True once a client has been told so after this was asked for.</returns>
    public Func<bool> Commits()
    {
        var since = Now;
        return () => _world.Committed(Site) > since;
    }

    public Func<bool> After(double least, double most)
    {
        var at = Now + _chance.Milliseconds(least, most);
        return () => Now >= at;
    }

    // ---- what is done; all of it is mended in the end, if not before ----

    public Action Cut(string instance, bool api, bool peers, bool clients = false)
    {
        if (Agent(instance) is not { } agent) return Nothing;
        var here = agent.Machine.Name;
        List<string> others = [];
        if (api) others.Add(Site.Api.Place);
        if (peers) others.AddRange(Site.Machines.Select(m => m.Name).Where(m => m != here));
        if (clients) others.AddRange(_world.ClientPlaces);
        return Mended($"{instance} cut{(api ? " from the API" : "")}{(peers ? " from its peers" : "")}{(clients ? " from clients" : "")}", Cuts.Make(_world, [.. others.Select(o => (here, o))], Direction.Both));
    }

    /// <summary>The two sites cannot reach each other: their API servers, or their data.</summary>
    public Action CutLink(bool api, bool data) => Mended($"sites cut:{(api ? " API" : "")}{(data ? " data" : "")}", new SitesCut(Direction.Both, api, data).Begin(_world)!);

    public Action CutFromArbiter() => Mended($"{Site.Name} cut from the arbiter", new ArbiterCut(Site.Name, null, Direction.Both).Begin(_world) ?? Nothing);

    public Action PauseOperators()
    {
        var operators = Site.Operators.Select(o => o.Process).ToList();
        foreach (var process in operators) process.Pause();
        return Mended($"operators of {Site.Name} paused", () =>
        {
            foreach (var process in operators) process.Resume();
        });
    }

    /// <summary>What is written to this site's API server is applied later than its sender waits.</summary>
    public Action WritesLate(TimeSpan longest) => Late(Site.Api, $"what is written to the API server of {Site.Name} is applied late", longest);

    /// <summary>What is written at the third place is applied later than its sender waits.</summary>
    public Action ArbiterLate(TimeSpan longest) => _world.Arbiter is { } arbiter ? Late(arbiter, "what is written at the arbiter is applied late", longest) : Nothing;

    /// <summary>The arbiter is taken out of the manifests of both sites.</summary>
    public void UnnameArbiter()
    {
        Say("spec.arbiter taken away at both sites");
        _world.Ledger.HasArbiter = false;
        foreach (var site in _world.Sites) site.NameArbiter(named: false);
    }

    /// <summary>The pair's object is deleted here. It is mended by deleting it at the other site too, and applying it anew when both are gone.</summary>
    public Action DeletePair()
    {
        Site.DeletePair();
        return Mended($"pair deleted at {Site.Name}", () =>
        {
            foreach (var site in _world.Sites) site.DeletePair();
            ApplyPairWhenGone();
        });
    }

    private void ApplyPairWhenGone()
    {
        if (_world.Sites.Any(s => s.HasPair))
        {
            _world.Events.After(Look, ApplyPairWhenGone);
            return;
        }
        var primary = _world.Sites.First(s => s.PairRecord is { Role: PairRole.Primary }).Name;
        Say($"pair applied anew, with spec.primarySite {primary}");
        foreach (var site in _world.Sites) site.ApplyPair(primary);
    }

    /// <summary>The manifests of both sites name this one.</summary>
    public void AskFor(Stage target)
    {
        Say($"spec.primarySite {target.Site.Name} at both sites");
        foreach (var site in _world.Sites) site.ApplyPair(target.Site.Name);
    }

    /// <summary>A failover to that site is asked for, which stops this one first.</summary>
    public void Fence(Stage target)
    {
        Say($"failover to {target.Site.Name} asked for");
        target.Site.ApplyPair(target.Site.Name, target.Site.PairRecord!.PairEpoch.Number);
    }

    /// <summary>Without a link: whoever carries letters does it no more but as the play says.</summary>
    public Action SendCourierAway()
    {
        if (_world.Courier is not { } courier) return Nothing;
        courier.IsAway = true;
        return Mended("the courier is away", () => courier.IsAway = false);
    }

    /// <summary>Without a link: this site is told to demote itself, by a word for its present pair epoch.</summary>
    public void AskByHand(Stage target)
    {
        Say($"switchover to {target.Site.Name} by hand asked for at {Site.Name}");
        Site.ApplyPair(target.Site.Name, switchover: new SwitchoverAttempt(Site.PairRecord!.PairEpoch.Number, 1));
    }

    /// <summary>What this site has to say to the other one now.</summary>
    public PairLetter? Letter => _world.Courier?.Read(Site) is { } text ? PairLetterCodec.Decode(text) : null;

    public Action CutApart(string one, string other) =>
        Agent(one) is { } a && Agent(other) is { } b ? Mended($"{one} and {other} cut apart", Cuts.Make(_world, [(a.Machine.Name, b.Machine.Name)], Direction.Both)) : Nothing;

    public Action PowerOff(string instance)
    {
        if (Agent(instance) is not { Machine: var machine }) return Nothing;
        machine.LosePower();
        return Mended($"power of {instance} lost", machine.Boot);
    }

    /// <summary>The pair's manifest here with another synchronisation. It is mended by the same at the other site.</summary>
    public Action Synchronize(PairSynchrony synchrony)
    {
        Site.SynchronizePair(synchrony);
        return Mended($"spec.synchronization of the pair set to {synchrony} at {Site.Name}", () =>
        {
            foreach (var site in _world.Sites) site.SynchronizePair(synchrony);
        });
    }

    /// <summary>Of the whole site.</summary>
    public Action LosePower() => Mended($"power of {Site.Name} lost", new SiteLost(Site.Name).Begin(_world)!);

    /// <summary>The agent stands still, its guard too.</summary>
    public Action PauseAgent(string instance) => Agent(instance) is { } agent ? Paused($"agent of {instance} paused", agent.Process) : Nothing;

    public Action PauseServer(string instance) => ServerOf(instance) is { } server ? Paused($"server of {instance} paused", server.Process) : Nothing;

    /// <summary>As pg_wal_replay_pause, or a query in the way: what comes is flushed, and nobody sees it.</summary>
    public Action HoldReplay(string instance)
    {
        if (ServerOf(instance) is not { } server) return Nothing;
        server.ReplayHolds = true;
        return Mended($"replay of {instance} held", () => server.ReplayHolds = false);
    }

    public Action SlowDisk(string instance, double least, double most)
    {
        if (Agent(instance) is not { Disk: var disk }) return Nothing;
        var by = _chance.Milliseconds(least, most);
        disk.Slowness += by;
        return Mended(FormattableString.Invariant($"disk of {instance} slow by {by.TotalMilliseconds:0} ms"), () => disk.Slowness -= by);
    }

    public void Kill(string instance)
    {
        Say($"container of {instance} killed");
        Agent(instance)?.Kill();
    }

    public void KillServer(string instance)
    {
        Say($"server of {instance} killed");
        ServerOf(instance)?.KillAll(-9);
    }

    public void PromoteByHand(string instance)
    {
        Say($"{instance} promoted by hand");
        ServerOf(instance)?.PromoteByHand();
    }

    public void LoseVolume(string instance)
    {
        Say($"volume of {instance} lost");
        Site.LoseVolume(instance);
    }

    /// <summary>The Lease of the cluster's record is deleted.</summary>
    public void LoseRecord()
    {
        Say($"record of {Site.Name} deleted");
        _ = new RecordDeleted(Site.Name).Begin(_world);
    }

    /// <summary>Much is written by sessions that wait for nobody.</summary>
    public void Load(string instance)
    {
        if (ServerOf(instance) is not { Phase: ServerPhase.Primary } server) return;
        Say($"{instance} is loaded");
        for (var i = _chance.Next(5, 40); i > 0; i--) server.Append(new WalPayload.Row(_world.Ledger.NextRow(CommitMode.Off)), _chance.Next(1000, 8000));
        server.Flush(() => { });
    }

    public void Say(string what) => _world.Trace.Write("play", what);

    private Action Late(ApiServer server, string what, TimeSpan longest)
    {
        var faults = server.Faults;
        var usual = faults.LongestLateness;
        (faults.AppliesLate, faults.LongestLateness) = (faults.AppliesLate + 1, longest);
        return Mended(what, () => (faults.AppliesLate, faults.LongestLateness) = (faults.AppliesLate - 1, usual));
    }

    private Action Paused(string what, SimulatedProcess process)
    {
        process.Pause();
        return Mended(what, process.Resume);
    }

    private Action Mended(string what, Action mend)
    {
        Say(what);
        void Once()
        {
            if (!_mends.Remove(Once)) return;
            Say($"mended: {what}");
            mend();
        }

        _mends.Add(Once);
        return Once;
    }

    private static void Nothing()
    {
    }
}
