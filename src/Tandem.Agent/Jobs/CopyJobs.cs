using Tandem.Agent.Fencing;
using Tandem.Agent.Loop;
using Tandem.Agent.State;
using Tandem.Postgres;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Records;
using Tandem.Protocol.Rejoining;
using Tandem.Resources.Values;

namespace Tandem.Agent.Jobs;

/// <summary>What fills or changes a volume while its server is down. A marker stands on the volume from before the first byte until after the last.</summary>
internal static class CopyJobs
{
    /// <summary>A primary has done a checkpoint by then.</summary>
    private static readonly TimeSpan NothingPatience = TimeSpan.FromSeconds(10);

    /// <summary>A main standby does one only where it has replayed that of its primary.</summary>
    private static readonly TimeSpan NothingPatienceInRecovery = TimeSpan.FromMinutes(1);

    /// <summary>Two that lie further apart are of two occasions: what comes between tries of one (pauses, a checkpoint over there) never takes so long.</summary>
    private static readonly TimeSpan NothingForgotten = TimeSpan.FromMinutes(5);

    /// <summary>WAL beyond a fork that is kept for salvage, in bytes.</summary>
    private const long SalvageLimit = 1L << 30;

    public static async Task InitializeAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        await c.Server.WipeAsync(cancellation);
        await c.Server.InitializeAsync(cancellation);
        c.Memory.Remember(state => state with { Marker = VolumeMarker.None, Promise = o.Record!.Epoch, Lineage = o.Record.Lineage, PairEpoch = o.Record.PairEpoch });
    }

    public static async Task BaseBackupAsync(JobContext c, InstanceAction.BaseBackup action, InstanceObservation o, CancellationToken cancellation)
    {
        var site = action.Source.IsSite;
        // A holder is known to its record by this life; anybody else begins a new one, so that nothing counted on the old one is looked for here.
        if (c.Memory.Volume.Marker != VolumeMarker.Cloning) c.Memory.BeginIncarnation(c.Random.NextHex(32), VolumeMarker.Cloning);
        var slot = site ? null : c.Memory.Me.ReplicationName;
        await ServerJobs.AttachAsync(c, o, action.Source, rewinds: false, cancellation);
        c.Memory.LogChanges();
        await c.Server.WipeAsync(cancellation);
        // Under a name of its own: what a copy has received so far must not be counted as a member's flush.
        var source = ServerJobs.Source(c, action.Source)! with { ApplicationName = "tandem_clone" };
        await c.Server.CloneAsync(source, slot, Watch(c), cancellation);
        var control = await c.Server.ReadControlDataAsync(cancellation);
        if (o.Record!.SystemIdentifier is { } wanted && control.SystemIdentifier != wanted)
            throw new JobFailedException("SystemIdentifierMismatch", $"the clone is of {control.SystemIdentifier}, the record names {wanted}");
        c.Memory.Progress = null;
        c.Memory.Remember(state => state with
        {
            Marker = VolumeMarker.None,
            Promise = Epoch.Max(state.Promise, o.Record.Epoch),
            Lineage = site ? o.OtherSite!.Entries : o.Record.Lineage,
            PairEpoch = o.Record.PairEpoch,
            // Whatever database this volume had before is gone.
            Record = o.Record with { SystemIdentifier = control.SystemIdentifier },
        });
    }

    /// <summary>While the marker stands this instance promises without a position: its log is neither the old one nor the new [C6].</summary>
    public static async Task RewindAsync(JobContext c, InstanceAction.Rewind action, InstanceObservation o, CancellationToken cancellation)
    {
        // The source's control file must know the timeline that it is on, or it and this volume look alike.
        await ServerJobs.AttachAsync(c, o, action.Source, rewinds: true, cancellation);
        var (end, asked) = (c.Memory.SealedEnd, c.Memory.LineageAsked);
        c.Memory.LogChanges();
        // A rewind that touches nothing, or fails, leaves nothing to ask for anew.
        c.Memory.LineageAsked = asked;
        // Only what is really begun is marked: while the source cannot be reached, the log is what it was, and has a position in an election. Crash recovery does no harm to a log of the own
        // reign, whose end is nobody else's to write; behind one that was only received, the holder may have written something else.
        var ownLog = o.LogEnd is { } known && c.Memory.Volume.LogOf(known.Timeline, known.End).Entries.LastOrDefault()?.Incarnation == c.Memory.Me;
        var unfinished = c.Memory.Volume.Marker == VolumeMarker.Rewinding ? new UnfinishedRewind(c.Memory.Volume.RewoundTo) : null;
        var latestFork = action.Fork;
        void Begins(RewindStep step, Lsn? fork)
        {
            if (step == RewindStep.Recovering && ownLog) return;
            // Until blocks are overwritten the data are of the own history up to where the lineages part: a later fork, by the numbers of timelines, is none of an attempt that goes on either.
            var to = fork ?? latestFork ?? end?.End;
            // Where the log ended is not to be read any more once it is overwritten; whoever must consent to its loss after all is told.
            c.Memory.Remember(state => state with
            {
                Marker = VolumeMarker.Rewinding,
                RewoundFrom = state.Marker == VolumeMarker.Rewinding ? state.RewoundFrom : end,
                RewoundTo = to is { } here && state.RewoundTo is { } before ? Lsn.Min(here, before) : state.RewoundTo ?? to,
            });
        }
        var source = ServerJobs.Source(c, action.Source)! with { User = "tandem_rewind", ApplicationName = "tandem_rewind" };
        try
        {
            if (!await c.Server.RewindAsync(source, SalvageLimit, latestFork, unfinished, Begins, Watch(c), cancellation)) throw NothingToRewind(c, inRecovery: !action.Source.IsSite && o.Record!.RunMode == RunMode.Standby);
        }
        catch (PostgresException exception) when (exception.Reason is "RewindNotPossible")
        {
            // The table goes on from here: a new copy, but not before this life has left all clauses.
            (c.Memory.RewindImpossible, c.Memory.NothingToRewindSince) = (exception.Message, null);
            throw;
        }
        var site = action.Source.IsSite;
        c.Memory.NothingToRewindSince = null;
        c.Memory.Progress = null;
        c.Memory.SealHint = null;
        c.Memory.LineageAsked = null;
        c.Memory.Remember(state => state.WithoutRewind(VolumeMarker.None) with { Lineage = site ? o.OtherSite!.Entries : o.Record!.Lineage });
    }

    /// <summary>
    /// By the histories of the two this log has parted from the source's; by their control files, which lag behind on a standby, it has not. That of the source follows; where it is this volume's own that does not
    /// tell, it never will.
    /// </summary>
    private static JobFailedException NothingToRewind(JobContext c, bool inRecovery)
    {
        const string why = "pg_rewind finds nothing to do: the control files do not tell of the timelines on which the two have parted";
        var now = c.Time.BootTime();
        // Of another occasion, long ago, nothing is to be concluded.
        if (c.Memory.NothingToRewindAt is not { } last || now - last > NothingForgotten) c.Memory.NothingToRewindSince = null;
        c.Memory.NothingToRewindAt = now;
        c.Memory.NothingToRewindSince ??= now;
        if (now - c.Memory.NothingToRewindSince > (inRecovery ? NothingPatienceInRecovery : NothingPatience)) c.Memory.RewindImpossible = why;
        return new JobFailedException("NothingToRewind", why);
    }

    /// <summary>The volume's present life ends; the next rule clones.</summary>
    public static Task DiscardAsync(JobContext c, InstanceObservation o)
    {
        // A main standby is known to its record by this life, and nobody counts on what it has: it stays who it is, without a position until it has the copy.
        if (o.IsHolder)
        {
            c.Memory.Remember(state => state.WithoutRewind(VolumeMarker.Cloning) with { Lineage = [] });
            c.Memory.Promise = null;
            c.Memory.LogChanges();
            (c.Memory.SealHint, c.Memory.Upstream, c.Memory.DiscardAccepted, c.Memory.NothingToRewindSince) = (null, null, null, null);
            return Task.CompletedTask;
        }
        c.Memory.BeginIncarnation(c.Random.NextHex(32), VolumeMarker.Cloning);
        return Task.CompletedTask;
    }

    /// <summary>The other site's lineage travels in its database: read there, live, by the certificate that also replicates.</summary>
    public static async Task ReadOtherSiteAsync(JobContext c, InstanceAction.ReadOtherSite action, InstanceObservation o, CancellationToken cancellation)
    {
        var source = ServerJobs.Source(c, action.Source)! with { User = "tandem_rewind", ApplicationName = "tandem_rewind" };
        var remote = await c.Server.ReadRemoteLineageAsync(source, cancellation);
        if (remote.Rows.Count == 0) throw new JobFailedException("NoLineage", "the other site's database tells no lineage yet");
        // Before the checkpoint after its promotion a rewind would take the source for one on the timeline that it has just left.
        if (remote.Rows.Max(r => r.Timeline.Value) > remote.CheckpointTimeline?.Value)
            throw new JobFailedException("NoCheckpoint", $"the other site's database has not done a checkpoint on its timeline yet (its control file names {remote.CheckpointTimeline})");
        c.Memory.OtherSite = new RemoteLineage(o.Pair!.PairEpoch, remote.Host, ServerJobs.Entries(remote.Rows), remote.SystemIdentifier, c.Time.BootTime(), o.Status?.Receiver?.Pid);
        if (!c.Server.Process.Running) return;
        await ServerJobs.NoteTimelinesAsync(c, cancellation);
        // A server that follows already goes on, with its history as it now is; but not where its own log is known to be of another: that is what tells that it has to be rewound [C2]. Nor where it has more reigns than the
        // other site tells of, as before that site's next primary has confirmed its own: forgotten, they would be taken for his.
        var known = c.Memory.StreamedEnd is { } end ? c.Memory.Volume.LogOf(end.Timeline, end.End) : null;
        if (known is { EndsUnattributed: false } && RejoinRules.Judge(known, c.Memory.OtherSite.Entries, null) is not RejoinVerdict.Follow) return;
        // Nor where it ends on a timeline of that number, which by its own history began elsewhere.
        if (known is { EndsUnattributed: true } && c.Memory.NewestTimeline is { } newest && newest.Timeline == known.Timeline && !DataLineage.Names(c.Memory.OtherSite.Entries, newest.Timeline, newest.Left)) return;
        if (c.Memory.Upstream == action.Source) c.Memory.Remember(state => state with { Lineage = c.Memory.OtherSite.Entries });
    }

    private static Progress Watch(JobContext c) => new(c);

    /// <summary>Reports at once, on the caller's thread: what is shown is never older than what is done.</summary>
    private sealed class Progress(JobContext c) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => c.Memory.Progress = value.Total is > 0 and var total ? Math.Min(100, 100.0 * value.Bytes / total) : null;
    }
}
