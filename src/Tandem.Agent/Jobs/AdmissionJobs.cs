using Tandem.Agent.Configuration;
using Tandem.Agent.Fencing;
using Tandem.Agent.Loop;
using Tandem.Agent.Record;
using Tandem.Postgres;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Records;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;

namespace Tandem.Agent.Jobs;

/// <summary>From a server that accepts writes to clients that may come in [C1], in three steps; between the second and the third the standbys are awaited.</summary>
internal static class AdmissionJobs
{
    /// <summary>Confirms timeline and switch point in the record, writes the first record of this epoch, and makes the setting known to every backend.</summary>
    public static async Task PrepareAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        var record = o.Record!;
        var reign = o.OwnReign ?? throw new JobFailedException("NoReign", "the record does not name this reign");
        // A reign that was promoted again has another timeline than the swap says that confirmed the first, and came late.
        var isConfirmed = reign.Timeline is { } known && known == o.Status!.Timeline;
        var opened = isConfirmed ? reign : await ReadReignAsync(c, record, reign, cancellation);
        // None of these waits for another: that all are done is what admits.
        var confirming = isConfirmed ? Task.CompletedTask : ConfirmAsync(c, o, opened, cancellation);
        // Confirmed by a swap of which no answer came, or by the agent before this one: the volume knows it no later than its clients come.
        if (isConfirmed && !c.Memory.Volume.Lineage.SequenceEqual(record.Lineage)) NoteReign(c, record);
        // Made once; a later reign finds it in its data, and clients do not wait for the look at it.
        var preparing = record.Lineage.Count == 1 ? EnsureDatabaseAsync(c, record.Epoch, cancellation) : Task.CompletedTask;
        // Whether commits wait at all is published by the checkpointer: until one CHECKPOINT issued after the start is done, a backend may not have heard of it.
        var publishing = c.Server.CheckpointAsync(cancellation);
        var row = new LineageRow(opened.PairEpoch, opened.Epoch, opened.Incarnation.ToString(), opened.Timeline!.Value, opened.SwitchPoint!.Value, o.Reason(), c.Time.GetUtcNow());
        var writing = WriteAsync(c, row, cancellation);
        await Task.WhenAll(confirming, preparing, publishing, writing);
        c.Memory.Admission = new Admission(record.Epoch, record.PairEpoch, await writing, false, null);
    }

    /// <returns>LSN after the first record of this epoch.</returns>
    private static async Task<Lsn> WriteAsync(JobContext c, LineageRow row, CancellationToken cancellation)
    {
        var ownRecord = await c.Server.WriteLineageAsync(row, cancellation);
        c.Memory.LastDurableWrite = c.Time.BootTime();
        return ownRecord;
    }

    /// <summary>Roles of the instances, database and owner of the application with the password that its Secret has now. Nothing where this reign has seen to that.</summary>
    public static async Task EnsureDatabaseAsync(JobContext c, Epoch epoch, CancellationToken cancellation)
    {
        var application = c.Secrets.ReadApplication();
        if (c.Memory.Ensured == (epoch, application)) return;
        await c.Server.EnsureRolesAsync(cancellation);
        if (application is not null) await c.Server.EnsureDatabaseAsync(application, cancellation);
        c.Memory.Ensured = (epoch, application);
    }

    /// <summary>Opens the door, then drops the clauses of earlier reigns: k of the set have flushed a record of this one, so any later election meets it.</summary>
    public static async Task AdmitAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        var record = o.Record!;
        var admission = c.Memory.Admission!;
        if (!admission.Admitted)
        {
            await ServerJobs.ConfigureAsync(c, o, new ServerJobs.Wanted(SetRules.Setting(o.OwnClause!, o.Synchrony, o.AwaitedRemote).ToString(), o.Pair is { RefusesClients: true } ? Door.Instances : Door.Clients, null), cancellation);
            c.Server.Reload();
            c.Memory.Admission = admission with { Admitted = true, AdmittedAt = c.Time.GetUtcNow() };
            c.Memory.GivesUp = false;
            Log.Admitted(c.Logger, record.Epoch, o.OwnClause!.ToString());
            await ServerJobs.SelectMeAsync(c, record, cancellation);
        }

        await c.Records.SwapAsync("admit", o.Now, live =>
        {
            if (live.SameReign(record) is not { State: RecordState.Stable } same) return null;
            var own = same.Quorums.RemoveAll(q => q.Epoch < same.Epoch || q.Holder != c.Memory.Me);
            if ((own.Count == same.Quorums.Count && same.Named is null) || own.IsEmpty) return null;
            // What the other site had acknowledged before a failover is covered by this reign's clauses now, as what this one had is [S11].
            var next = same with { Quorums = own, Named = null };
            // Admitted by the empty clause, also beside one that is on its way out and that nobody has fulfilled yet, nothing else says what was acknowledged before: the floor does [C8].
            return own[^1].IsEmpty ? next with { Floor = Floors.Raise(same.Floor, new LogEnd(same.PairEpoch, same.Epoch, admission.OwnRecord!.Value)) } : next;
        }, cancellation);
    }

    /// <summary>The reign as the server opened it: its timeline, and where that left the one before.</summary>
    private static async Task<LineageEntry> ReadReignAsync(JobContext c, PrimaryRecord record, LineageEntry reign, CancellationToken cancellation)
    {
        var status = await c.Server.QueryStatusAsync(TimeSpan.FromSeconds(2), cancellation) ?? throw new JobFailedException("ServerSilent", "the server does not answer");
        var history = await ServerJobs.ReadHistoryAsync(c, status.Timeline, cancellation);
        var began = record.Lineage.Count > 1 && record.Lineage[^2].Timeline is { } before
            ? DataLineage.LeftAt(before, history) ?? throw new JobFailedException("HistoryUnknown", $"the history of timeline {status.Timeline} does not name timeline {before}")
            : history.Count > 0 ? history[^1].At : Lsn.Zero;
        return reign with { Timeline = status.Timeline, SwitchPoint = began };
    }

    private static async Task ConfirmAsync(JobContext c, InstanceObservation o, LineageEntry confirmed, CancellationToken cancellation)
    {
        var record = o.Record!;
        var outcome = await c.Records.SwapAsync("confirm", o.Now, live =>
        {
            if (live.SameReign(record) is not { State: RecordState.Stable } same || same.Reign is not { } newest || newest.Timeline >= confirmed.Timeline) return null;
            return newest.SameReign(confirmed) ? same with { Lineage = same.Lineage.SetItem(same.Lineage.Count - 1, confirmed), RenewTime = c.Time.GetUtcNow() } : null;
        }, cancellation);
        if (outcome is not RecordSwap.Applied applied) throw new JobFailedException("NotConfirmed", "the switch point could not be written into the record");
        c.Guard.Extend(record.Epoch, applied.SentAt + record.LeaseDuration * 2 / 3);
        NoteReign(c, applied.Record);
    }

    private static void NoteReign(JobContext c, PrimaryRecord record) =>
        c.Memory.Remember(state => state with { Lineage = record.Lineage, PairEpoch = record.PairEpoch ?? state.PairEpoch });

    private static string Reason(this InstanceObservation o) => o.Record!.Lineage.Count == 1 ? "founded" : "took over";
}

internal static class Floors
{
    /// <summary>A floor never falls.</summary>
    public static LogEnd Raise(LogEnd? present, LogEnd to) => present is { } floor && floor > to ? floor : to;
}
