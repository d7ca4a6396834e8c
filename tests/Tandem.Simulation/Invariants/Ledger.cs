using Tandem.Protocol.Arbitration;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;
using Tandem.Simulation.Kernel;
using Tandem.Simulation.Postgres;
using Tandem.Simulation.Workloads;

namespace Tandem.Simulation.Invariants;

/// <summary>Who a server is.</summary>
/// <param name="Incarnation">Of its volume.</param>
/// <param name="Container">That it runs in, as `run` names it.</param>
/// <param name="Agent">Process 1 there.</param>
public sealed record ServerIdentity(string Site, string Incarnation, string Container, SimulatedProcess Agent);

/// <summary>
/// Remembers everything that was promised to anybody, and looks at every instant at which it could be broken. It sees the world from outside: what servers do, and which writes the
/// API servers commit; nothing that an agent believes.
/// </summary>
public sealed class Ledger(Events events, Trace trace) : IServerWitness, IClientWitness
{
    /// <summary>How long a server may still acknowledge that was paused for longer than its guard gave it: until the guard's next look (protocol, section 4).</summary>
    private static readonly TimeSpan GuardSlack = TimeSpan.FromMilliseconds(250);

    /// <summary>An agent looks at its server twice a second, and a stop takes some time on a slow disk.</summary>
    private static readonly TimeSpan StoppedWithin = TimeSpan.FromSeconds(8);

    /// <summary>What a holder has to refute a suspicion (protocol, section 3), less what two clocks may differ by.</summary>
    private static readonly TimeSpan RefutationWindow = TimeSpan.FromMilliseconds(450);

    /// <summary>Longer than this, and a site that can read another has read what stands there.</summary>
    private static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(4);

    private readonly List<Violation> _violations = [];
    private readonly Dictionary<string, TimeSpan> _suspectedAt = new(StringComparer.Ordinal);
    private readonly HashSet<int> _kept = [];

    /// <summary>Sites whose API server went back to asynchronous mode: to which epoch, and what was kept then.</summary>
    private readonly Dictionary<string, (Epoch Epoch, HashSet<int> Rows)> _wentBackAsynchronous = new(StringComparer.Ordinal);
    private readonly HashSet<int> _writtenSynchronously = [];
    private readonly Dictionary<Server, Reign> _open = [];
    private readonly Dictionary<string, PrimaryRecord> _latest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (PrimaryRecord Record, TimeSpan At)> _newest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PrimaryRecord> _ofHolder = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PairRecord> _pairs = new(StringComparer.Ordinal);
    private readonly SortedDictionary<PairEpoch, PairOutcomeKind> _decided = [];
    private readonly HashSet<PairEpoch> _decidedByItself = [];
    private readonly Dictionary<PairEpoch, PairEpoch> _decidedWithoutLoss = [];
    private readonly Dictionary<int, PairEpoch?> _acknowledgedIn = [];
    private readonly Dictionary<PairEpoch, TimeSpan> _decidedAt = [];
    private readonly Dictionary<string, TimeSpan> _restoredAt = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _demotingSince = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _bootedAt = new(StringComparer.Ordinal);
    private readonly Dictionary<int, PairEpoch?> _writtenAt = [];
    private readonly Dictionary<string, Permission> _runs = new(StringComparer.Ordinal);
    private int _rows;

    public IReadOnlyList<Violation> Violations => _violations;

    /// <summary>How many rows are to be in every later primary.</summary>
    public int Kept => _kept.Count;
    public int Openings { get; private set; }

    public required Func<Server, ServerIdentity> Identify { get; init; }

    /// <summary>The pair has an arbiter and always had: there are never two writable sites then, after no failover.</summary>
    public bool HasArbiter { get; set; }

    /// <summary>By a site's own manifest: a failover by itself is to lose nothing, and nobody has edited it of late.</summary>
    public required Func<string, bool> IsRequired { get; init; }

    /// <summary>Of a site's volume: its disk was lost so long ago that everybody there has heard of it.</summary>
    public required Func<string, Incarnation, bool> IsLongLost { get; init; }

    public required ClauseCover ClauseCover { get; init; }

    /// <summary>Told of each row that a client was told is committed: by site.</summary>
    public required Action<string, PairEpoch?, int> WasAcknowledged { get; init; }
    public required Requests Requests { get; init; }

    /// <summary>Nothing goes wrong in this world but the network: a holder whose server runs is well, whatever others hear of it.</summary>
    public bool OnlyTheNetworkFails { get; set; }

    /// <summary>Whether there is anything in this world that could keep the sites from reading each other: only then may a failover leave two writable ones.</summary>
    public bool SitesMayBeApart { get; set; } = true;

    public void Report(string rule, string message)
    {
        var violation = new Violation(rule, events.Now, message);
        _violations.Add(violation);
        if (trace.IsOn) trace.Write("VIOLATION", $"{violation.Rule}: {message}");
    }

    // ---- records ----

    /// <summary>A record was committed at a site.</summary>
    /// <param name="knowable">The newest that its writer remembers, or hears of from others: what nobody could obey, as their volumes took no writes, leaves no trace and binds nobody.</param>
    /// <param name="sentAt">When its writer sent it: what was on its way when the API server went back lands on what stands there then, and is to be noticed like that.</param>
    public void Recorded(string site, PrimaryRecord? record, string writer, TimeSpan sentAt, Func<PrimaryRecord?> knowable)
    {
        ClauseCover.Recorded(site, record);
        if (record is null)
        {
            _latest.Remove(site);
            return;
        }
        if (_latest.TryGetValue(site, out var before) && record.Epoch < before.Epoch) Report("EpochFell", $"{site}: from {before.Epoch} to {record.Epoch}");
        if (before?.PairEpoch is { } stood && record.PairEpoch is { } stands && stands < stood) Report("PairEpochFell", $"{site}: the cluster's record goes from {stood} to {stands} [S7]");
        // After the record was lost, or the API server went back (where nothing stands, what was sent to be made there before the newest was written may land behind that one's loss: as if it had gone back): nothing goes on from what stands there, and what takes its place is above everything that ever stood.
        if (_newest.TryGetValue(site, out var newest) && (before is null || before.IsOlderThan(newest.Record)) && (before is null || !record.SaysTheSameAs(before))
            && knowable() is { } known && (before is null || before.IsOlderThan(known)) && record.Epoch <= known.Epoch && !record.SaysTheSameAs(known) && !(_restoredAt.TryGetValue(site, out var restored) && sentAt < restored) && !(before is null && sentAt < newest.At))
            Report("EpochReused", $"{site}: {record.State} at epoch {record.Epoch}, revision {record.Revision}, after epoch {known.Epoch}, revision {known.Revision}, was lost (by {writer}, sent at {sentAt.TotalSeconds:0.000} s; the newest was written at {newest.At.TotalSeconds:0.000} s)");
        if (OnlyTheNetworkFails && before is { State: RecordState.Stable, Holder: { } voted } && record.State is RecordState.Electing && _open.Any(o => o.Value.Site == site && o.Value.Incarnation == voted.ToString() && !o.Key.IsDead)
            && (before.Suspect is null || events.Now - _suspectedAt[site] < RefutationWindow))
            Report("VotedOutUnheard", $"{site}: {voted.Instance} was not given the time to refute");
        if (before?.Suspect?.Nonce != record.Suspect?.Nonce) _suspectedAt[site] = events.Now;
        _latest[site] = record;
        if (newest.Record?.IsOlderThan(record) != false) _newest[site] = (record, events.Now);
        if (record.Holder is { } holder) _ofHolder[holder.ToString()] = record;
        // What stands there still at a later pair epoch was written in an earlier one.
        if (record.Run is { } run && record.Holder is { } runner && _runs.GetValueOrDefault($"{runner}@{run.ContainerId}")?.Nonce != run.Nonce)
            _runs[$"{runner}@{run.ContainerId}"] = new Permission(run.Nonce, record.Epoch, record.PairEpoch, record.Arbiter is not null);
    }

    /// <summary>A site's API server went back to what it held at some earlier time: that is nobody's act.</summary>
    /// <param name="isAsynchronous">By the manifest that stands there now: whoever starts by what it reads waits for nobody, and what was acknowledged under a later one may be lost (docs/protocol.md, what is not promised).</param>
    public void Restored(string site, PrimaryRecord? record, bool isAsynchronous)
    {
        if (isAsynchronous && record is not null) _wentBackAsynchronous[site] = (record.Epoch, [.. _kept]);
        ClauseCover.Restored(site);
        _restoredAt[site] = events.Now;
        if (record is null) _latest.Remove(site);
        else _latest[site] = record;
    }

    /// <summary>A person has named the one that goes on: what it does not have was given up, and nothing else.</summary>
    public void GaveUp(DataDirectory kept)
    {
        var there = kept.Log.Rows().ToHashSet();
        _kept.RemoveWhere(r => !there.Contains(r));
        foreach (var row in _acknowledgedIn.Keys.Where(r => !there.Contains(r)).ToList()) _acknowledgedIn.Remove(row);
        ClauseCover.GaveUp(there);
    }

    /// <summary>An instance ends a life of its volume by itself: what stands in a clause must have left it before.</summary>
    public void Discarded(string site, Incarnation life)
    {
        // What stands there since the API server went back is not gone on from.
        if (_latest.TryGetValue(site, out var stands) && (_newest.GetValueOrDefault(site).Record is { } newest && stands.IsOlderThan(newest) ? newest : stands) is var record && record.Quorums.FirstOrDefault(q => q.Members.Contains(life)) is { } clause)
            Report("CountedDiscarded", $"{site}: {life.Instance} is about to wipe what clause {clause} of epoch {clause.Epoch} counts on");
    }

    /// <summary>A pair's record was committed at a site.</summary>
    public void Recorded(string site, PairRecord? record)
    {
        if (record is null)
        {
            _pairs.Remove(site);
            return;
        }
        if (_pairs.TryGetValue(site, out var before) && record.PairEpoch < before.PairEpoch) Report("PairEpochFell", $"{site}: from {before.PairEpoch} to {record.PairEpoch}");
        if (before is not null && record.PairEpoch > before.PairEpoch && record.Role == PairRole.Standby && before.Role == PairRole.Primary && _latest.TryGetValue(site, out var cluster) && cluster is { RunMode: RunMode.Primary })
            Report("AdoptedOverWriter", $"{site}: its pair record says standby at {record.PairEpoch}, and its cluster's record lets a primary run at {cluster.PairEpoch} [S7]");
        if (before is { Step: PairStep.FailingOver } && record.Outcome is { Kind: PairOutcomeKind.Consumed or PairOutcomeKind.Revoked } taken && taken.To == record.PairEpoch && before.PairEpoch < taken.To)
            Report("DecidedWhileFailingOver", $"{site}: {taken.Kind} at {taken.To}, though it was failing over [S9]");
        if (before is { Step: not PairStep.FailingOver } && record.Outcome is { Kind: PairOutcomeKind.FailedOver } unannounced && unannounced.To == record.PairEpoch && before.PairEpoch < unannounced.To && unannounced.IsAutomatic())
            Report("FailedOverUnannounced", $"{site} has taken over at {unannounced.To} by itself, and its record had not said before that it would [S9]");
        if (before is { Named: { } named } && record.Outcome is { Kind: PairOutcomeKind.FailedOver } alone && alone.To == record.PairEpoch && before.PairEpoch < alone.To && _latest.GetValueOrDefault(site)?.Named == named && IsLongLost(site, named))
            Report("FailedOverWithoutTheNamed", $"{site} has taken over at {alone.To}, and cannot open: its elections do not pass {named.Instance} by, whose volume is lost [S11]");
        if (before is { Synchronous: not { Preferred: false } } && record.Outcome is { Kind: PairOutcomeKind.FailedOver } unvouched && unvouched.To == record.PairEpoch && before.PairEpoch < unvouched.To && unvouched.IsAutomatic() && IsRequired(site))
            Report("FailedOverUnvouched", $"{site} has taken over at {unvouched.To} by itself, and its record did not say that it has everything, which spec.synchronization.durability requires [S11]");
        _pairs[site] = record;
        if (!record.IsDemoting) _demotingSince.Remove(site);
        else _demotingSince.TryAdd(site, events.Now);
        Requests.Recorded(site, record);
        if (record.Outcome is not { } outcome) return;
        if (outcome.Kind == PairOutcomeKind.FailedOver && outcome.IsAutomatic()) _decidedByItself.Add(outcome.To);
        if (before is { Synchronous.Preferred: false } && before.PairEpoch < outcome.To && outcome is { Kind: PairOutcomeKind.FailedOver, From: { } from }) _decidedWithoutLoss.TryAdd(outcome.To, from);
        if (_decided.TryGetValue(outcome.To, out var known) ? known is PairOutcomeKind.Adopted : true) _decided[outcome.To] = outcome.Kind;
        if (!_decidedAt.TryAdd(outcome.To, events.Now) || outcome.Kind != PairOutcomeKind.FailedOver || SitesMayBeApart) return;
        if (outcome.IsAutomatic() && _demotingSince.Any(d => d.Key != site && events.Now - d.Value > ReadWithin))
            Report("FailedOverBesideHandover", $"{site} has taken over at {outcome.To} by itself, while the other site's record shows an open handover [S9]");
        // It could read the other site, so it has stopped it first [S5].
        var able = _open.FirstOrDefault(o => o.Value.Site != site && CanAcknowledge(o.Key)).Key;
        if (able is not null) Report("FailedOverUnfenced", $"{site} has taken over at {outcome.To}, and {able.Name} can acknowledge commits of clients");
    }

    /// <summary>The pair's object has gone at a site: what its records say is not obeyed there any more.</summary>
    public void Released(string site)
    {
        foreach (var (where, record) in _pairs)
            if (record.State != PairRecordState.Dissolved)
                Report("ReleasedUndissolved", $"{site} has let its pair go, and the record of {where} is {record.State} at {record.PairEpoch} [S13]");
    }

    /// <summary>What stands at the arbiter was changed.</summary>
    public void Arbitrated(ArbiterRecord? before, ArbiterRecord? after)
    {
        if (before is { Holder: null } && after is { Holder: { } site } && after.Generation <= before.Generation && after.PairEpoch == before.PairEpoch)
            Report("TakenAfterGivenUp", $"{site} holds the arbiter again under the binding of generation {after.Generation}, under which it was given up [S8]");
    }

    /// <summary>
    /// Whether some pair epoch above this one began with a failover, or by an override that could not see this one: then what was acknowledged in this one may be lost, as whoever asked for it was told.
    /// What an override goes on from is not lost by it: it is the same site's own.
    /// </summary>
    private bool WasFailedOver(PairEpoch? epoch, PairEpoch? to) => epoch is { } from && _decided.Any(d => d.Key > from && (to is null || d.Key <= to)
        && (d.Value == PairOutcomeKind.FailedOver || (d.Value == PairOutcomeKind.Overridden && from.Site != d.Key.Site && from.Number == d.Key.Number - 1)));

    /// <summary>As <see cref="WasFailedOver"/>, and one of those failovers was not said to lose nothing.</summary>
    private bool MayBeLost(PairEpoch? epoch, PairEpoch? to) => WasFailedOver(epoch, to) && _decided.Any(d => d.Key > epoch && (to is null || d.Key <= to) && d.Value is PairOutcomeKind.FailedOver or PairOutcomeKind.Overridden && _decidedWithoutLoss.GetValueOrDefault(d.Key) != epoch);

    /// <summary>A site has its power back: from here on nobody there has lived through.</summary>
    public void Booted(string site) => _bootedAt[site] = events.Now;

    /// <summary>
    /// Whether another site had taken over before this one had its power back: whoever opens it now has not looked [S8]. Where the start needed the arbiter's lease, which is looked at instead, as far as the other site has taken over there:
    /// by a person's word it does not before this one has given up its lease.
    /// </summary>
    private bool IsBehindFailover(Reign reign, bool needsArbiter) =>
        // Opened since by a person's word, who knows what he gives up.
        _bootedAt.TryGetValue(reign.Site, out var booted) && !(reign.PairEpoch is { } opened && _decided.GetValueOrDefault(opened) == PairOutcomeKind.Overridden && _decidedAt[opened] > booted) && _decided.Any(d => d.Value == PairOutcomeKind.FailedOver && (!needsArbiter || _decidedByItself.Contains(d.Key)) && reign.PairEpoch is { } own && d.Key > own && d.Key.Site != reign.Site && _decidedAt[d.Key] < booted);

    // ---- servers ----

    public void Opened(Server server)
    {
        // No record explains it, and none has to: it is to be stopped soon, and to acknowledge nothing until then.
        if (server.IsPromotedByHand)
        {
            events.After(StoppedWithin, () => LookWhetherStopped(server));
            return;
        }
        Openings++;
        var (site, incarnation, container, agent) = Identify(server);
        if (server.Data.IsCorrupt) Report("CorruptPrimary", $"{server.Name} takes writes on data that no history explains");
        if (!_runs.TryGetValue($"{incarnation}@{container}", out var run)) Report("UnexplainedPrimary", $"{server.Name} takes writes, and no record ever allowed {incarnation} in {container} to run");
        var reign = new Reign(site, incarnation, run?.Epoch ?? default, run?.PairEpoch, events.Now, agent);
        if (IsBehindFailover(reign, run?.NeedsArbiter == true)) Report("OpenedBehindFailover", $"{server.Name} takes writes in {reign.PairEpoch}, which ended by a failover before its site had its power back");
        // One of an epoch that is over, which has not heard so yet, acknowledges nothing: that is looked at by itself.
        var isCurrent = _open.Values.All(r => r.Site != site || r.Epoch <= reign.Epoch) && !WasFailedOver(reign.PairEpoch, null);
        var missing = isCurrent ? Missing(server) : [];
        if (missing.Count > 0)
        {
            // What takes the place of a record that was found out is above everything that stood, and excuses nothing.
            var given = _wentBackAsynchronous.TryGetValue(site, out var back) && reign.Epoch <= back.Epoch ? back.Rows : [];
            var lost = missing.Where(r => !given.Contains(r) && !MayBeLost(_writtenAt.GetValueOrDefault(r), reign.PairEpoch)).ToList();
            _kept.ExceptWith(missing);
            missing = lost;
            if (lost.Count > 0) Report("AcknowledgedLost", $"{server.Name} takes writes without {missing.Count} of {_kept.Count} rows that were acknowledged or read, among them {string.Join(", ", missing.Take(5))}");
        }
        LookForSynchronous(server, reign);
        _open[server] = reign;
        Changed(server);
    }

    /// <summary>
    /// A failover of a synchronous pair that was said to lose nothing: whatever the other site acknowledged is here, in whatever mode its own standbys were [S10] [S11]. What a failover within a site has lost, as its
    /// mode allows, was there no more to be counted.
    /// </summary>
    private void LookForSynchronous(Server server, Reign reign)
    {
        if (reign.PairEpoch is not { } epoch) return;
        var from = _decidedWithoutLoss.TryGetValue(epoch, out var before) ? before : epoch;
        var missing = _acknowledgedIn.Where(r => r.Value == from && !Contains(server, r.Key)).Select(r => r.Key).Order().ToList();
        if (from != epoch && missing.Count > 0) Report("SynchronousLost", $"{server.Name} takes writes after a failover of pair epoch {from} that was to lose nothing, without {missing.Count} rows acknowledged in it, among them {string.Join(", ", missing.Take(5))}");
        foreach (var row in missing) _acknowledgedIn.Remove(row);
    }

    private void LookWhetherStopped(Server server)
    {
        if (server.IsDead) return;
        // Whoever would stop it, or its own processes, stood still.
        if (Identify(server).Agent is not { IsPaused: false } agent || events.Now - agent.ResumedAt < StoppedWithin || server.Process.IsPaused || events.Now - server.Process.ResumedAt < StoppedWithin) events.After(StoppedWithin, () => LookWhetherStopped(server));
        else Report("PromotedByHandRunsOn", $"{server.Name} was promoted by hand, and nobody has stopped it within {StoppedWithin.TotalSeconds:0} s");
    }

    public void Acknowledged(Server server, int row)
    {
        // In asynchronous mode nothing is promised, and a server that is about to be given the record bears that mode's setting. Nor does any commit wait before an older server's checkpointer has said so: to a standby that
        // is promoted so just when the Service selects it, for a handover, a client may come as early.
        if (server.IsPromotedByHand && !server.Synchronous.IsUnpublished && _writtenSynchronously.Contains(row) && _latest.GetValueOrDefault(Identify(server).Site) is { } stands && !stands.Quorums.Any(q => q.IsEmpty)) Report("AcknowledgedByHand", $"{server.Name}, which was promoted by hand, acknowledged row {row}");
        if (_writtenSynchronously.Contains(row) && _open.TryGetValue(server, out var writer))
        {
            _acknowledgedIn[row] = writer.PairEpoch;
            WasAcknowledged(writer.Site, writer.PairEpoch, row);
        }
        if (!IsCovered(server)) return;
        if (!Keep(row, server)) return;
        var own = _open[server];
        ClauseCover.Acknowledged(own.Site, own.Incarnation, own.Epoch, own.PairEpoch, server, row);
        foreach (var (other, reign) in _open)
        {
            if (other == server || other.IsDead || IsEarlier(reign, _open[server]) || Contains(other, row)) continue;
            Report("AcknowledgedByDeposed", $"{server.Name} acknowledged row {row}, which {other.Name} does not have, a primary since {reign.Since.TotalSeconds:0.000} s");
        }
    }

    /// <summary>A stream has begun, which may be over again in a moment.</summary>
    public event Action? StreamBegan;

    public void Streams(Server server) => StreamBegan?.Invoke();

    public void Changed(Server server)
    {
        if (server.IsDead) _open.Remove(server);
        if (_open.Count < 2) return;
        var able = _open.Keys.Where(CanAcknowledge).ToList();
        if (SitesMayBeApart && able.Count > 1 && able.Select(s => _open[s].Site).Distinct().Count() > 1 && able.Any(s => WasFailedOver(_open[s].PairEpoch, null)))
        {
            // From a failover that a person asked for and that could not reach the other site there are two until that one has heard of it; with an arbiter only where a guard was held up.
            var earliest = able.Min(s => _open[s].PairEpoch);
            if (!HasArbiter && !able.Any(s => _open[s].PairEpoch is { } epoch && epoch > earliest && _decidedByItself.Contains(epoch))) return;
            able = [.. able.Where(HasGuard)];
            if (able.Select(s => _open[s].Site).Distinct().Count() < 2) return;
        }
        if (able.Count > 1) Report("TwoPrimaries", $"{string.Join(" and ", able.Select(s => s.Name))} can acknowledge commits of clients");
    }

    // ---- clients ----

    public int NextRow(CommitMode mode)
    {
        _rows++;
        if (mode == CommitMode.Synchronous) _writtenSynchronously.Add(_rows);
        return _rows;
    }

    /// <summary>What was read at a primary in a synchronous mode stays. Rows that their own writer did not want to be waited for promise nothing to anybody.</summary>
    public void WasRead(Server server, IReadOnlyList<int> rows)
    {
        if (server.Phase != ServerPhase.Primary || !IsCovered(server)) return;
        foreach (var row in rows)
            if (_writtenSynchronously.Contains(row) && _open.ContainsKey(server))
                _ = Keep(row, server);
    }

    /// <returns>False where a failover has ended the pair epoch that the server is in: it may be lost then.</returns>
    private bool Keep(int row, Server server)
    {
        var epoch = _open[server].PairEpoch;
        if (WasFailedOver(epoch, null)) return false;
        if (_kept.Add(row)) _writtenAt[row] = epoch;
        return true;
    }

    /// <summary>At the end: the one that clients reach has everything.</summary>
    public void Settle(Server server)
    {
        var missing = Missing(server);
        if (missing.Count > 0) Report("AcknowledgedLost", $"at the end {server.Name} lacks {missing.Count} rows, among them {string.Join(", ", missing.Take(5))}");
    }

    private List<int> Missing(Server server)
    {
        if (_kept.Count == 0) return [];
        var there = server.Data.Log.Rows().ToHashSet();
        return [.. _kept.Where(r => !there.Contains(r)).Order()];
    }

    private static bool Contains(Server server, int row) => server.Data.Log.EndOfRow(row) is not null;

    /// <summary>Whether what this server acknowledges is promised to stay: as long as no empty clause of its reign stands in the record.</summary>
    private bool IsCovered(Server server)
    {
        if (!_open.TryGetValue(server, out var reign) || !_ofHolder.TryGetValue(reign.Incarnation, out var record)) return false;
        var own = record.Quorums.Where(q => q.Epoch == record.Epoch && q.Holder == record.Holder).ToList();
        return own.Count > 0 && own.All(q => !q.IsEmpty);
    }

    private bool CanAcknowledge(Server server)
    {
        if (server.Phase != ServerPhase.Primary || server.Process.IsPaused || server.IsOrphaned) return false;
        if (!server.LetsClientsIn && server.Sessions.Count == 0) return false;
        // Asynchronously nobody but its guard stops it: a pause of the guard is what only a watchdog of the hardware could close.
        if (!server.Synchronous.IsDefined) return HasGuard(server);
        var alive = server.Senders.Where(s => s.HasPriority && s.Peer is { IsOver: false }).ToList();
        return alive.Any(s => alive.Count >= s.Standbys.Acknowledgements);
    }

    /// <summary>Nothing held its guard up of late.</summary>
    private bool HasGuard(Server server) => _open[server].Agent is { IsPaused: false } guard && events.Now - guard.ResumedAt > GuardSlack && events.Now - server.Process.ResumedAt > GuardSlack;

    /// <summary>Within a site by the epoch; an older reign need not have what a newer one acknowledges.</summary>
    private static bool IsEarlier(Reign a, Reign b) => a.Site == b.Site ? a.Epoch < b.Epoch : a.PairEpoch < b.PairEpoch;

    /// <summary>A swap of `run`: when it may start, and in which reign.</summary>
    /// <param name="NeedsArbiter">The start needs the lease at the arbiter.</param>
    private sealed record Permission(string Nonce, Epoch Epoch, PairEpoch? PairEpoch, bool NeedsArbiter);

    private sealed record Reign(string Site, string Incarnation, Epoch Epoch, PairEpoch? PairEpoch, TimeSpan Since, SimulatedProcess Agent);
}
