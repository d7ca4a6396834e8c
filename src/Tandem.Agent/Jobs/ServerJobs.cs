using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Tandem.Agent.Configuration;
using Tandem.Agent.Fencing;
using Tandem.Agent.Loop;
using Tandem.Agent.State;
using Tandem.Kubernetes.Client;
using Tandem.Postgres;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Protocol.Synchrony;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Agent.Jobs;

/// <summary>Starting, stopping, pointing and configuring the server.</summary>
internal static class ServerJobs
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(10);

    /// <summary>Without any progress.</summary>
    private static readonly TimeSpan ReplayPatience = TimeSpan.FromSeconds(1);

    /// <summary>As long as a standby may take to start.</summary>
    private static readonly TimeSpan WholeReplay = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan AttachInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AttachPatience = TimeSpan.FromSeconds(5);

    public static async Task StopAsync(JobContext c, InstanceAction.Stop stop, InstanceObservation o, CancellationToken cancellation)
    {
        await c.Server.StopAsync(stop.Mode, o.Settings.StopDeadline, cancellation);
        AfterStop(c);
    }

    /// <summary>No guard is needed any more, and nothing of the server's settings is in force.</summary>
    public static void AfterStop(JobContext c)
    {
        c.Guard.Disarm();
        c.Memory.Upstream = null;
        c.Memory.AppliedFingerprint = null;
        c.Memory.Admission = null;
    }

    public static async Task SealAsync(JobContext c, CancellationToken cancellation)
    {
        if (c.Memory.Volume.Marker != VolumeMarker.None || !c.Server.HasData) throw new JobFailedException("NoUsableData", "the volume is between two lives");
        await SealLogAsync(c, cancellation);
    }

    /// <summary>Where the log ends, durably; and what its own history tells of reigns that were followed before they were confirmed.</summary>
    public static async Task<WalEnd> SealLogAsync(JobContext c, CancellationToken cancellation)
    {
        var end = await c.Server.SealWalAsync(c.Memory.SealHint, cancellation);
        // A volume that ran read-write last, on a timeline that is not a reign of its own: somebody has promoted it (pg_promote), seen by its agent or not. By its number, and by where it was left, that timeline may
        // look like one that another has begun. pg_control is not asked of a log of the own reign: handing over waits for the end of that.
        if (!c.Server.Process.Running && c.Memory.Volume.LogOf(end.Timeline, end.End).Entries is [.., { Incarnation: var writer }] && writer.Volume != c.Memory.Me.Volume
            && (await c.Server.ReadControlDataAsync(cancellation)).RanReadWrite)
        {
            var left = await ReadHistoryAsync(c, end.Timeline, cancellation);
            c.Memory.Remember(state => state with { Lineage = DataLineage.Followed(state.Lineage, state.PromotedByHand, left), PromotedByHand = end.Timeline });
        }
        if (c.Memory.Volume.PromotedByHand != end.Timeline && c.Memory.Volume.Lineage.Any(e => e.SwitchPoint is null))
        {
            var history = await ReadHistoryAsync(c, end.Timeline, cancellation);
            c.Memory.Remember(state => state with { Lineage = DataLineage.Complete(state.Lineage, end.Timeline, history) });
        }
        if (!c.Server.Process.Running) c.Memory.NoteSealed(end);
        else await NoteTimelinesAsync(c, cancellation);
        return end;
    }

    /// <summary>Which timelines the running standby has heard of, reached or not.</summary>
    public static async Task NoteTimelinesAsync(JobContext c, CancellationToken cancellation) => c.Memory.NewestTimeline = await c.Server.ReadNewestTimelineAsync(cancellation);

    /// <summary>
    /// What the own database tells of those who wrote the log, as far as it is replayed. Of all who could tell, only the log itself cannot be wrong: two reigns may have taken the same
    /// number for their timelines, and left the one before at the same point.
    /// </summary>
    /// <param name="whole">Where the log ended when all of it had been replayed that could be, and how far that was; null: some may not have been.</param>
    public static async Task LearnLineageAsync(JobContext c, TimelineId timeline, (Lsn End, Lsn Replayed)? whole, CancellationToken cancellation)
    {
        var rows = await c.Server.ReadLineageAsync(cancellation);
        c.Memory.LineageAsked = new LineageQuestion(timeline, c.Time.BootTime(), whole, whole is not null && c.Memory.LineageAsked is { } before && before.Timeline == timeline && before.Whole == whole);
        var learned = DataLineage.Learn(c.Memory.Volume.Lineage, Entries(rows));
        if (!learned.SequenceEqual(c.Memory.Volume.Lineage)) c.Memory.Remember(state => state with { Lineage = learned });
    }

    /// <summary>
    /// As <see cref="LearnLineageAsync"/>, once all is replayed that is here, or no more will be, since the log ends within a record or replay is held: what the log's last records tell is not in the
    /// database before.
    /// </summary>
    public static async Task LearnWholeLineageAsync(JobContext c, TimelineId timeline, CancellationToken cancellation)
    {
        var reached = Lsn.Zero;
        var since = c.Time.BootTime();
        (Lsn, Lsn)? whole = null;
        await c.UntilAsync(async () =>
        {
            if (await c.Server.QueryStatusAsync(TimeSpan.FromMilliseconds(500), cancellation) is not { InRecovery: true, Replayed: { } replayed } status) return true;
            if (replayed > reached) (reached, since) = (replayed, c.Time.BootTime());
            if (replayed < status.Flushed && c.Time.BootTime() - since <= ReplayPatience) return false;
            whole = (status.Flushed, replayed);
            return true;
        }, WholeReplay, Soon, cancellation);
        await NoteTimelinesAsync(c, cancellation);
        await LearnLineageAsync(c, timeline, whole, cancellation);
    }

    public static ImmutableList<LineageEntry> Entries(IEnumerable<LineageRow> rows) =>
        DataLineage.OnePerReign(rows.Select(r => new LineageEntry(r.PairEpoch, r.Epoch, Incarnation.Parse(r.Incarnation), r.Timeline, r.SwitchPoint)));

    /// <summary>Where a log stands in an election; see <see cref="DataLineage.PositionWithin"/>.</summary>
    public static async Task<LogEnd?> PositionAsync(JobContext c, DataLineage mine, CancellationToken cancellation) =>
        mine.PositionWithin(mine.EndsUnattributed ? await ReadHistoryAsync(c, mine.Timeline, cancellation) : []);

    /// <summary>Each timeline before this one, and where it was left, oldest first.</summary>
    public static async Task<IReadOnlyList<(TimelineId Timeline, Lsn At)>> ReadHistoryAsync(JobContext c, TimelineId timeline, CancellationToken cancellation) =>
        [.. (await c.Server.ReadTimelineHistoryAsync(timeline, cancellation)).Select(h => (h.Timeline, h.SwitchPoint))];

    /// <summary>Behind the gate, and under the guard: armed before the process exists, by the time at which the swap of <c>run</c> was sent [C10c].</summary>
    public static async Task StartReadWriteAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        var record = o.Record!;
        var grant = c.Memory.Grant ?? throw new JobFailedException("NoGrant", "the start was not written into the record");
        Arm();
        c.Memory.Admission = null;
        await ConfigureAsync(c, o, new Wanted(SettingFor(o), Door.Instances, null), cancellation);
        c.Memory.LogChanges();
        // What came before may have taken long: a guard that fired meanwhile found no server, and watches no more.
        Arm();
        await c.Server.StartAsync(ServerMode.ReadWrite, cancellation);
        try
        {
            Arm();
        }
        catch (JobFailedException)
        {
            c.Server.KillNow();
            throw;
        }
        await UntilAnswersAsync(c, o, inRecovery: false, cancellation);

        void Arm()
        {
            if (!c.Guard.Extend(record.Epoch, grant.SentAt + record.LeaseDuration * 2 / 3))
                throw new JobFailedException("GrantLapsed", "the start came too late after its swap");
        }
    }

    public static async Task StartStandbyAsync(JobContext c, InstanceAction.StartStandby start, InstanceObservation o, CancellationToken cancellation)
    {
        Follow(c, o, start.Source);
        await AttachAsync(c, o, start.Source, rewinds: false, cancellation);
        await ConfigureAsync(c, o, new Wanted(Unborne(o), DoorOfStandby(o), Source(c, start.Source)), cancellation);
        c.Memory.Upstream = start.Source;
        // Of timelines that its log has not reached it hears again, from whom it follows now.
        await c.Server.ForgetTimelinesAsync(o.LogEnd!.Timeline, cancellation);
        c.Memory.LogChanges();
        // A start read-write that failed has left it armed, and in the end it would kill a standby.
        c.Guard.Disarm();
        try
        {
            await c.Server.StartAsync(ServerMode.Standby, cancellation);
            await UntilAnswersAsync(c, o, inRecovery: true, cancellation);
        }
        catch (Exception exception) when (start.Source is null && exception is PostgresException or JobFailedException)
        {
            // Whoever was started to be asked whose log it has, and does not come up, has told what it can.
            c.Memory.LineageAsked = new LineageQuestion(o.LogEnd.Timeline, c.Time.BootTime());
            throw;
        }
    }

    public static async Task RepointAsync(JobContext c, InstanceAction.Repoint repoint, InstanceObservation o, CancellationToken cancellation)
    {
        Follow(c, o, repoint.Source);
        await AttachAsync(c, o, repoint.Source, rewinds: false, cancellation);
        await ConfigureAsync(c, o, new Wanted(Unborne(o), DoorOfStandby(o), Source(c, repoint.Source)), cancellation);
        c.Memory.Upstream = repoint.Source;
        c.Memory.Promise = null;
        c.Server.Reload();
    }

    /// <summary>
    /// The winner's way up (section 3, step 5). Its clause's setting is in force before it promotes [C7c], so that no commit of its reign can return on an older one;
    /// nobody but instances is let in, and sessions that were reading here end, since a session survives promotion and would write before admission.
    /// </summary>
    public static async Task PromoteAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        var record = o.Record!;
        var grant = c.Memory.Grant ?? throw new JobFailedException("NoGrant", "the promotion was not written into the record");
        if (!c.Guard.Extend(record.Epoch, grant.SentAt + record.LeaseDuration * 2 / 3))
            throw new JobFailedException("GrantLapsed", "the promotion came too late after its swap");
        c.Memory.Admission = null;
        await ReachedTimelinesAloneAsync(c, o, cancellation);
        // As a follower does with whom it follows: before the log goes on on a timeline of its own, the volume knows whose that is. Else it would be taken for one that another opened under the
        // same number, and for that one's history [C2].
        c.Memory.Remember(state => state with { Lineage = record.Lineage });
        // Beside the promotion, which does not wait for it: until admission nobody is let in, and the selectors are put right again then and ever after.
        _ = SelectQuietlyAsync(c, record, cancellation);
        var written = await ConfigureAsync(c, o, new Wanted(SettingFor(o), Door.Instances, null), cancellation);
        c.Server.Reload();
        c.Memory.Upstream = null;
        c.Memory.Promise = null;
        await c.Server.PromoteAsync(written, cancellation);
        // In recovery nobody was freed; whoever streamed from here then, and has not read it yet, knows one by which nobody counts.
        c.Memory.Settings = KnownSettings.Of(StandbyNames.Parse(SettingFor(o)));
        c.Memory.LastDurableWrite = null;
    }

    /// <summary>
    /// A server takes the newest timeline that it has the history of for its new one's parent, even if nothing of it has arrived. By its own history the old timeline would go on to where that other one left
    /// it: whoever lags behind asks for that for ever, and gets nothing.
    /// </summary>
    private static async Task ReachedTimelinesAloneAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        // Inside a site a promise or the end of the old holder has closed the way on which one could still arrive.
        if (c.Memory.Upstream is { IsSite: true } && !await c.Server.StarveAsync(PromiseJobs.StarveLimit, cancellation)) throw new JobFailedException("StillReceiving", "the WAL receiver has not ended");
        await NoteTimelinesAsync(c, cancellation);
        if ((o with { NewestTimeline = c.Memory.NewestTimeline }).TimelineAhead is { } ahead)
            throw new JobFailedException("TimelineNotReached", $"the history of timeline {ahead.Timeline} has arrived, and nothing of that timeline");
    }

    public static async Task ApplyConfigurationAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        if (c.Memory.Wanted is not { } applied) return;
        var door = o.RunsReadWrite ? (o.IsAdmitted && o.Pair is not { RefusesClients: true } ? Door.Clients : Door.Instances) : DoorOfStandby(o);
        var closes = door == Door.Instances && applied.Door == Door.Clients && o.RunsReadWrite;
        if (closes) await c.Server.CheckpointAsync(cancellation); // while clients still write: so that the stop's own has little left to write
        await ConfigureAsync(c, o, new Wanted(applied.SynchronousStandbyNames, door, applied.Source), cancellation);
        c.Server.Reload();
        c.Memory.RefusingSince = door == Door.Instances ? c.Memory.RefusingSince ?? c.Time.GetUtcNow() : null;
    }

    public static Task SelectMeAsync(JobContext c, PrimaryRecord record, CancellationToken cancellation) =>
        Task.WhenAll(
            c.Selectors.SelectAsync(Names.ReadWriteService(c.Identity.Cluster), c.Identity.Instance, record.Epoch, cancellation),
            c.Selectors.SelectAsync(Names.ReplicationService(c.Identity.Cluster), c.Identity.Instance, record.Epoch, cancellation));

    private static async Task SelectQuietlyAsync(JobContext c, PrimaryRecord record, CancellationToken cancellation)
    {
        try
        {
            await SelectMeAsync(c, record, cancellation);
        }
        catch (Exception exception) when (exception is KubernetesException or KubernetesUnreachableException or OperationCanceledException)
        {
            Log.LinkFailed(c.Logger, Names.ReadWriteService(c.Identity.Cluster), exception.Message);
        }
    }

    public sealed record Wanted(string SynchronousStandbyNames, Door Door, ReplicationSource? Source);

    /// <summary>Writes the configuration; the server must be reloaded for it.</summary>
    /// <returns>The setting that names it: what a session shows of it tells whether it is in effect.</returns>
    public static async Task<Setting> ConfigureAsync(JobContext c, InstanceObservation o, Wanted wanted, CancellationToken cancellation)
    {
        c.Secrets.RefreshCertificate();
        var version = await c.Server.GetVersionAsync(cancellation);
        var generation = Fingerprint(o.Settings, c, version, new WantedConfiguration(wanted.SynchronousStandbyNames, wanted.Door, wanted.Source, ""));
        var configuration = new WantedConfiguration(wanted.SynchronousStandbyNames, wanted.Door, wanted.Source, generation);
        await c.Server.WriteConfigurationAsync(ServerConfigurationBuilder.Build(o.Settings, c.Identity.Instance, version, configuration, c.Paths), cancellation);
        c.Memory.Wanted = configuration;
        var setting = StandbyNames.Parse(wanted.SynchronousStandbyNames);
        c.Memory.Settings = c.Server.Process.Running && c.Memory.Settings is { } known ? known.Writes(setting) : KnownSettings.Of(setting);
        c.Memory.AppliedFingerprint = generation;
        return new Setting(ServerConfigurationBuilder.GenerationParameter, generation);
    }

    /// <summary>Twelve hex digits over everything in the files: alike if and only if they are.</summary>
    public static string Fingerprint(AgentSettings settings, JobContext c, int version, WantedConfiguration wanted)
    {
        var built = ServerConfigurationBuilder.Build(settings, c.Identity.Instance, version, wanted with { Generation = "" }, c.Paths);
        var text = new StringBuilder();
        foreach (var (name, value) in built.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal)) text.Append(name).Append('=').Append(value).Append('\n');
        foreach (var rule in built.HostRules) text.Append(rule).Append('\n');
        text.Append(built.Source);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..12];
    }

    public static Door DoorOfStandby(InstanceObservation o) => o.Pair is { RefusesClients: true } ? Door.Instances : Door.Clients;

    /// <summary>On a server that is not holder: a name that nobody bears, so that a promotion by hand would acknowledge nothing.</summary>
    private static string Unborne(InstanceObservation o) => o.Settings.Synchrony.IsSynchronous ? $"ANY 1 ({StandbyNames.Placeholder})" : "";

    private static string SettingFor(InstanceObservation o) =>
        o.OwnClause is { } clause ? SetRules.Setting(clause, o.Synchrony, o.AwaitedRemote).ToString() : throw new JobFailedException("NoClause", "the record has no clause of this reign");

    /// <summary>Before anything of it can arrive, the volume remembers whose history it is about to receive.</summary>
    private static void Follow(JobContext c, InstanceObservation o, UpstreamTarget? source)
    {
        if (source is null) return;
        var lineage = source.IsSite ? o.OtherSite?.Entries : o.Record!.Lineage;
        if (lineage is null || lineage.IsEmpty) return;
        c.Memory.Remember(state => state with
        {
            Lineage = lineage,
            Promise = Epoch.Max(state.Promise, o.Record!.Epoch),
        });
    }

    /// <summary>Asks for the slot until it is there: a holder that is just being promoted has it within a moment, and a fresh attempt of the job would cost more than that.</summary>
    public static async Task AttachAsync(JobContext c, InstanceObservation o, UpstreamTarget? source, bool rewinds, CancellationToken cancellation)
    {
        if (source is null || source.IsSite) return;
        var peer = new Links.PeerAddress(source.Name, source.Host);
        var attached = false;
        await c.UntilAsync(async () =>
            (attached = await c.Links.AttachAsync(peer, new AttachRequest(c.Memory.Me.ToString(), rewinds), cancellation)) || c.Latest().Record.SameReign(o.Record!) is null, AttachPatience, AttachInterval, cancellation);
        if (!attached) throw new JobFailedException("NotAttached", $"{source.Name} has not made the slot for this instance");
    }

    public static async Task AttachAgainAsync(JobContext c, InstanceAction.Attach attach, InstanceObservation o, CancellationToken cancellation)
    {
        await AttachAsync(c, o, attach.Source, rewinds: false, cancellation);
        c.Memory.DetachedSince = c.Time.BootTime();
        await NoteTimelinesAsync(c, cancellation);
    }

    public static ReplicationSource? Source(JobContext c, UpstreamTarget? target)
    {
        if (target is null) return null;
        c.Secrets.RefreshCertificate();
        var name = c.Memory.Me.ReplicationName;
        var slot = !target.IsSite ? name : target.CountsMe ? SiteSlots.Of(name) : null;
        return new ReplicationSource(target.Host, target.Port, "tandem_replication", name, slot,
            new TlsFiles(c.Paths.Bundle, c.Paths.ServerCertificate, c.Secrets.MakeCredential(target.Epoch)));
    }

    private static async Task UntilAnswersAsync(JobContext c, InstanceObservation o, bool inRecovery, CancellationToken cancellation)
    {
        // Longer than the limit of a restart in place: a standby may replay for long, and that is no failure.
        var limit = inRecovery ? TimeSpan.FromMinutes(30) : o.Settings.RestartTimeout;
        var answered = await c.UntilAsync(async () => !c.Server.Process.Running || await c.Server.QueryStatusAsync(TimeSpan.FromMilliseconds(500), cancellation) is { } status && status.InRecovery == inRecovery, limit, Soon, cancellation);
        if (!c.Server.Process.Running) throw new JobFailedException("ServerEnded", $"the server ended while starting (exit code {c.Server.Process.ExitCode})");
        if (answered) return;
        await c.Server.StopAsync(StopMode.Immediate, o.Settings.StopDeadline, cancellation);
        AfterStop(c);
        c.Memory.Crashes = c.Memory.Crashes.Add(c.Time.BootTime());
        throw new JobFailedException("StartTimeout", $"the server did not accept connections within {limit.TotalSeconds:0} s");
    }
}
