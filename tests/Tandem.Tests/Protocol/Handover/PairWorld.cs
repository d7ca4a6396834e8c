using System.Collections.Immutable;
using Tandem.Protocol.Handover;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Tests.Protocol.Handover;

/// <summary>
/// Two sites with their records, logs and servers, driven by the real decisions one write at a time: what was read may be old by the time of the write, a write that got no answer
/// may land later, operators crash, links fail one-way, sites lose power, clocks run on. As the pair's model does it; positions are lengths, an entry of the log is the pair epoch that wrote it.
/// </summary>
internal sealed class PairWorld(IReadOnlyList<PairRule> rules, Random random)
{
    public static readonly string[] Names = ["east", "west"];
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly SystemIdentifier System = new(7);

    private readonly List<InFlight> _inFlight = [];
    private readonly Dictionary<PairEpoch, PairOutcomeKind> _epochs = [];
    private ImmutableList<PairEpoch> _acknowledged = [];
    private TimeSpan _clock;

    /// <summary>How often a write gets no answer, in percent: some walks are calm, some are not.</summary>
    private readonly int _lossiness = random.Next(4) * 12;
    private int _ids;

    /// <summary>A failover was given while the other site was unreadable: until that one has stopped, two may be writable.</summary>
    private bool _excused;

    public SiteState[] Sites { get; } = [NewSite(0), NewSite(1)];

    /// <summary>Bit i: site i reads and writes the other one.</summary>
    public int Link { get; set; } = 3;

    /// <summary>Rules of the agents that a test may take away.</summary>
    public bool GateReadsPeer { get; init; } = true;
    public bool GateReadsLineage { get; init; } = true;

    public List<string> Trace { get; } = [];
    public string? Violation { get; private set; }

    public sealed class SiteState
    {
        public required int Index { get; init; }
        public required PairRecord Record { get; set; }
        public required PrimaryRecord Cluster { get; set; }
        public required ImmutableList<PairEpoch> Log { get; set; }
        public required PairRequest Request { get; set; }
        public bool Powered { get; set; } = true;
        public bool Writable { get; set; }
        public PairEpoch? RunsAt { get; set; }
        public bool Settled { get; set; }

        /// <summary>No agent has lived through since the last writable holder.</summary>
        public bool Cold { get; set; }

        public (PairView View, PairAction Action)? Pending { get; set; }
        public string Name => Names[Index];
    }

    private sealed record InFlight(int Site, PairRecord? Record, PrimaryRecord? Cluster, string Version, bool Excuses);

    private static SiteState NewSite(int i)
    {
        var epoch = new PairEpoch(1, Names[0]);
        var primary = i == 0;
        var holder = new Incarnation($"db-{i}", "volume", "claim");
        return new SiteState
        {
            Index = i,
            Record = new PairRecord
            {
                PairEpoch = epoch, Role = primary ? PairRole.Primary : PairRole.Standby, LastRequested = Names[0], ResourceVersion = "1",
                Self = new SiteFacts { Ready = true, SystemIdentifier = System, ServerVersion = 150000 }, History = [new PairOutcome(PairOutcomeKind.Founded, null, epoch, Start)],
            },
            Cluster = new PrimaryRecord
            {
                Epoch = new Epoch(1), Holder = holder, LeaseDuration = TimeSpan.FromSeconds(10), RunMode = primary ? RunMode.Primary : RunMode.Standby, PairEpoch = epoch,
                Lineage = [new LineageEntry(epoch, new Epoch(1), holder, new TimelineId(1), Lsn.Zero)], SystemIdentifier = System, ResourceVersion = "1",
            },
            Log = [epoch], Request = new PairRequest(Names[0], null, false), Writable = primary, RunsAt = primary ? epoch : null,
        };
    }

    // ---- one step of the world ----

    public void Step()
    {
        if (Violation is not null) return;
        var i = random.Next(2);
        switch (random.Next(200))
        {
            case < 70: Observe(i); Act(i, Chance(_lossiness)); break;
            case < 90: Observe(i); break;
            case < 110: Act(i, Chance(_lossiness)); break;
            case < 114: Crash(i); break;
            case < 120: Land(); break;
            case < 150: Agent(i); break;
            case < 164: Stream(i); break;
            case < 168: Rewind(i); break;
            case < 175: Write(i); break;
            case < 184: Apply(i); break;
            case < 188: Link = Chance(50) ? 3 : random.Next(4); Say($"link {Link}"); break;
            case < 189: Power(i); break;
            case < 191: _clock += TimeSpan.FromSeconds(random.Next(100)); break;
            case < 193: Renew(i); break;
            default: if (!Sites[i].Powered) Power(i); break;
        }

        Check();
    }

    /// <summary>Faults end; everybody goes on in turn. Whether one site is writable in the end and the other follows.</summary>
    public bool Settles()
    {
        Link = 3;
        foreach (var site in Sites)
            if (!site.Powered) Power(site.Index);
        for (var round = 0; round < 400 && Violation is null; round++)
        {
            for (var i = 0; i < 2; i++)
            {
                Observe(i);
                Act(i, lost: false);
                Agent(i);
                Stream(i);
                Rewind(i);
                if (round % 10 == 9) _clock += TimeSpan.FromSeconds(40);
                Check();
            }

            if (IsAtGoal()) return true;
        }

        return false;
    }

    private bool IsAtGoal()
    {
        for (var i = 0; i < 2; i++)
        {
            var (me, peer) = (Sites[i], Sites[1 - i]);
            if (me.Writable && !peer.Writable && me.Record.Role == PairRole.Primary && peer.Record.Role == PairRole.Standby && me.Record.PairEpoch == peer.Record.PairEpoch
                && me.Cluster.PairEpoch == me.Record.PairEpoch && peer.Cluster.PairEpoch == me.Record.PairEpoch && me.Record.Operation is null && peer.Record.Operation is null
                && IsPrefix(peer.Log, me.Log)) return true;
        }

        return false;
    }

    // ---- the operator ----

    private bool Reads(int i) => Sites[i].Powered && Sites[1 - i].Powered && (Link >> i & 1) == 1;

    private void Observe(int i)
    {
        var (me, peer) = (Sites[i], Sites[1 - i]);
        if (!me.Powered) return;
        var view = new PairView
        {
            Site = me.Name, PeerSite = peer.Name, Request = me.Request, Timeouts = new PairTimeouts(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(30)),
            Record = me.Record, Cluster = me.Cluster, ClusterSettled = me.Settled, Peer = Reads(i) ? new PeerView(peer.Request, peer.Record) : null,
            Holder = new HolderPosition(System, Timeline(me.Log), new Lsn((ulong)me.Log.Count), Reads(i)),
            HolderAdmits = me.Writable, StandbyStreams = true, Quiesced = Chance(50), Now = Start + _clock, FreshId = $"op{++_ids}",
        };
        me.Pending = (view, PairDecision.Decide(view, rules));
    }

    private void Act(int i, bool lost)
    {
        var me = Sites[i];
        if (!me.Powered || me.Pending is not { } pending) return;
        me.Pending = null;
        // A takeover decided blindly is what the protocol allows a human to ask for.
        var excuses = pending.Action is PairAction.SwapRecord { Reason: "FailedOver" or "HandoverOverridden" } && (pending.View.Peer is null || pending.View.Request.AbandonPeerFromEpoch is not null);
        var write = pending.Action switch
        {
            PairAction.SwapRecord swap => new InFlight(i, swap.Next, null, pending.View.Record!.ResourceVersion, excuses),
            PairAction.SwapPeerRecord swap when Reads(i) => new InFlight(1 - i, swap.Next, null, pending.View.PeerRecord!.ResourceVersion, false),
            PairAction.SwapCluster swap => new InFlight(i, null, swap.Change.Apply(pending.View.Cluster!, $"n{++_ids}"), pending.View.Cluster!.ResourceVersion, false),
            _ => null,
        };
        if (write is null) return;
        Say($"{me.Name} {(lost ? "(no answer) " : "")}{pending.Action.Reason}: {pending.Action.Message}");
        if (lost)
        {
            if (write.Cluster is not null) me.Settled = false;
            _inFlight.Add(write);
            return;
        }

        if (Apply(write) && write.Cluster is not null) me.Settled = true;
    }

    private bool Apply(InFlight write)
    {
        var site = Sites[write.Site];
        if (!site.Powered) return false;
        if (write.Record is { } record)
        {
            if (site.Record.ResourceVersion != write.Version) return false;
            if (record.PairEpoch < site.Record.PairEpoch) Fail($"the pair epoch of {site.Name} falls from {site.Record.PairEpoch} to {record.PairEpoch}");
            if (write.Excuses) _excused = true;
            if (record.Outcome is { Kind: PairOutcomeKind.Consumed } outcome && record.PairEpoch != site.Record.PairEpoch && outcome.Token!.PairEpoch != outcome.From) Fail($"{outcome.Token} is consumed at {outcome.From}");
            site.Record = record with { ResourceVersion = Next(site.Record.ResourceVersion) };
            // One epoch of each number, whoever decided it: a token is consumed or revoked, never both, never twice.
            // But for two humans, each at a site that cannot read the other: one overrides, one fails over from a revocation that the first has not seen. The greater name wins then.
            var other = _epochs.FirstOrDefault(e => e.Key.Number == record.PairEpoch.Number && e.Key != record.PairEpoch && !AreTwoHumans(e.Value, record.Outcome!.Kind));
            if (!_epochs.ContainsKey(record.PairEpoch) && other.Key.Number > 0) Fail($"two outcomes of one epoch: {other.Key} and {record.PairEpoch}");
            _epochs.TryAdd(record.PairEpoch, record.Outcome!.Kind);
        }

        if (write.Cluster is { } cluster)
        {
            if (site.Cluster.ResourceVersion != write.Version) return false;
            if (cluster.PairEpoch < site.Cluster.PairEpoch) Fail($"the cluster's pair epoch at {site.Name} falls to {cluster.PairEpoch}");
            site.Cluster = cluster with { ResourceVersion = Next(site.Cluster.ResourceVersion) };
        }

        return true;
    }

    private static bool AreTwoHumans(PairOutcomeKind a, PairOutcomeKind b) => (a, b) is (PairOutcomeKind.Overridden, PairOutcomeKind.FailedOver) or (PairOutcomeKind.FailedOver, PairOutcomeKind.Overridden);

    private void Crash(int i)
    {
        Sites[i].Pending = null;
        Sites[i].Settled = false;
        Say($"the operator of {Names[i]} restarts");
    }

    private void Land()
    {
        if (_inFlight.Count == 0) return;
        var write = _inFlight[random.Next(_inFlight.Count)];
        _inFlight.Remove(write);
        if (Apply(write)) Say($"a late write lands at {Names[write.Site]}");
    }

    // ---- the agents ----

    private void Agent(int i)
    {
        var (me, peer) = (Sites[i], Sites[1 - i]);
        if (!me.Powered) return;
        var cluster = me.Cluster;
        if (cluster.RunMode == RunMode.Standby)
        {
            if (me.Writable)
            {
                me.Writable = false;
                Say($"{me.Name} stops, its log is {Show(me.Log)}");
                if (_excused && me.Record.PairEpoch.Site != me.Name) _excused = false;
            }
            else if (cluster.Demoted is null && cluster.PairEpoch is { } epoch)
            {
                var demoted = cluster with { Demoted = new DemotionToken(System, Timeline(me.Log), new Lsn((ulong)me.Log.Count), epoch) };
                var write = new InFlight(i, null, demoted, cluster.ResourceVersion, false);
                if (Chance(15)) _inFlight.Add(write);
                else Apply(write);
            }

            return;
        }

        var at = cluster.PairEpoch!.Value;
        if (at.Site != me.Name) return;
        if (me.Writable)
        {
            if (me.RunsAt != at) Run(me, at);
            return;
        }

        // The gate of a read-write start: the other site's record live, where nobody has lived through [S8]; nothing of a higher epoch in one's own log [S7]; not below the floor [S12].
        if (me.Cold && GateReadsPeer && !(Reads(i) && peer.Record.PairEpoch <= at)) return;
        if (GateReadsLineage && me.Log[^1] > at) return;
        if (cluster.Floor is { } floor && (ulong)me.Log.Count < floor.Lsn.Value) return;
        if (me.Cold && Reads(i) && peer.Record.PairEpoch > at) Fail($"{me.Name} starts read-write at {at}, while it can read {peer.Record.PairEpoch} at the other site");
        Run(me, at);
        me.Cold = false;
        Say($"{me.Name} is writable at {at}, its log is {Show(me.Log)}");
        if (me.Record.Outcome is { Kind: PairOutcomeKind.Consumed } outcome && outcome.To == at && !IsPrefix(_acknowledged, me.Log)) Fail($"a switchover lost what was acknowledged: {Show(_acknowledged)}, not in {Show(me.Log)}");
        if (me.Record.Outcome is { Kind: PairOutcomeKind.FailedOver or PairOutcomeKind.Overridden }) _acknowledged = Common(_acknowledged, me.Log);
    }

    private static void Run(SiteState me, PairEpoch at)
    {
        me.Writable = true;
        me.RunsAt = at;
        if (me.Log[^1] != at) me.Log = me.Log.Add(at);
        // Entries of other reigns may bear the same number: the newest of them wrote last.
        var reign = new LineageEntry(at, me.Cluster.Epoch, me.Cluster.Holder!.Value, Timeline(me.Log), new Lsn((ulong)me.Log.Count));
        me.Cluster = me.Cluster with { Lineage = [.. me.Cluster.Lineage.Where(l => l.PairEpoch != at), reign], ResourceVersion = Next(me.Cluster.ResourceVersion) };
    }

    private void Renew(int i)
    {
        if (Sites[i].Powered) Sites[i].Cluster = Sites[i].Cluster with { ResourceVersion = Next(Sites[i].Cluster.ResourceVersion) };
    }

    // ---- the database ----

    private bool Both => Link == 3 && Sites.All(s => s.Powered);

    private void Stream(int i)
    {
        var (me, peer) = (Sites[i], Sites[1 - i]);
        var follows = me.Cluster.RunMode == RunMode.Standby || me.Cluster.Floor is { } floor && (ulong)me.Log.Count < floor.Lsn.Value;
        if (!me.Writable && follows && Both && peer.Log.Count > me.Log.Count && IsPrefix(me.Log, peer.Log)) Follow(me, peer);
    }

    /// <summary>The lineage comes with the data: the follower's agent writes it into its cluster's record.</summary>
    private static void Follow(SiteState me, SiteState peer)
    {
        me.Log = [.. peer.Log.Take(me.Log.Count + 1)];
        var lineage = peer.Cluster.Lineage.Where(l => l.PairEpoch is { } epoch && me.Log.Contains(epoch)).ToImmutableList();
        if (!lineage.SequenceEqual(me.Cluster.Lineage)) me.Cluster = me.Cluster with { Lineage = lineage, ResourceVersion = Next(me.Cluster.ResourceVersion) };
    }

    private void Rewind(int i)
    {
        var (me, peer) = (Sites[i], Sites[1 - i]);
        if (me.Writable || !Both || !peer.Writable || IsPrefix(me.Log, peer.Log)) return;
        if (me.Record.Role != PairRole.Standby || me.Cluster.RunMode != RunMode.Standby || peer.Record.Role != PairRole.Primary || me.Record.PairEpoch != peer.Record.PairEpoch) return;
        me.Log = Common(me.Log, peer.Log);
        Say($"{me.Name} rewinds to {Show(me.Log)}");
    }

    private void Write(int i)
    {
        var me = Sites[i];
        if (!me.Writable || me.Log.Count > 30) return;
        me.Log = me.Log.Add(me.RunsAt!.Value);
        if (me.RunsAt == Sites.Max(s => s.Record.PairEpoch)) _acknowledged = me.Log;
    }

    // ---- the surroundings ----

    private void Apply(int i)
    {
        var standby = Sites.MaxBy(s => s.Record.PairEpoch)!.Record.PairEpoch.Site == Names[0] ? 1 : 0;
        var site = Names[Chance(65) ? standby : random.Next(2)];
        var from = Chance(30) ? Sites.Max(s => s.Record.PairEpoch.Number) - (Chance(20) ? 1 : 0) : (long?)null;
        var present = Sites[i].Record.PairEpoch.Number;
        Sites[i].Request = new PairRequest(site, from, false, Chance(20) ? from : null);
        // Whoever sees a handover in doubt overrides it, or sends what was written for another one.
        if (Sites[i].Record.Step == PairStep.RollBack && Chance(60)) Sites[i].Request = new PairRequest(Names[i], null, false, null, present - (Chance(15) ? 1 : 0));
        if (Chance(70)) Sites[1 - i].Request = Sites[i].Request;
        Say($"manifest {{{site}, from {from}}} at {Names[i]}{(Sites[1 - i].Request == Sites[i].Request ? " and the other" : "")}");
    }

    private void Power(int i)
    {
        var me = Sites[i];
        me.Powered = !me.Powered;
        Say($"{me.Name} {(me.Powered ? "gets its power back" : "loses power")}");
        me.Writable = false;
        me.Cold = true;
        me.Settled = false;
        me.Pending = null;
        if (!me.Powered) _inFlight.RemoveAll(w => w.Site == i);
    }

    // ---- what must hold ----

    private void Check()
    {
        if (Sites.All(s => s.Writable) && !_excused) Fail("two writable sites");
    }

    private void Fail(string what) => Violation ??= what;

    private void Say(string what) => Trace.Add(what);

    private bool Chance(int percent) => random.Next(100) < percent;

    private static string Next(string version) => (int.Parse(version, null) + 1).ToString(global::System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A promotion makes a timeline: its number says how many there were, so that two branches can bear the same.</summary>
    private static TimelineId Timeline(ImmutableList<PairEpoch> log) => new((uint)log[^1].Number);

    private static bool IsPrefix(ImmutableList<PairEpoch> a, ImmutableList<PairEpoch> b) => a.Count <= b.Count && a.SequenceEqual(b.Take(a.Count));

    private static ImmutableList<PairEpoch> Common(ImmutableList<PairEpoch> a, ImmutableList<PairEpoch> b) => [.. a.Zip(b).TakeWhile(p => p.First == p.Second).Select(p => p.First)];

    private static string Show(IEnumerable<PairEpoch> log) => string.Join(' ', log);

    public string Describe() => string.Join('\n', Trace.TakeLast(60)) + "\n" + string.Join('\n', Sites.Select(s =>
        $"{s.Name}: {s.Record.Role} {s.Record.PairEpoch} step {s.Record.Step} lastRequested {s.Record.LastRequested}, cluster {s.Cluster.RunMode} {s.Cluster.PairEpoch}, asks {s.Request}, writable {s.Writable} at {s.RunsAt}, log {Show(s.Log)}, cold {s.Cold}"));
}
