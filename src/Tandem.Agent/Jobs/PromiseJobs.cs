using Tandem.Agent.Fencing;
using Tandem.Agent.Loop;
using Tandem.Agent.State;
using Tandem.Postgres;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Resources.Values;

namespace Tandem.Agent.Jobs;

/// <summary>Section 3, step 3: what makes the old primary unable to acknowledge anything, in this order.</summary>
internal static class PromiseJobs
{
    /// <summary>Longer than this and the whole standby is killed: the promise stands either way.</summary>
    public static readonly TimeSpan StarveLimit = TimeSpan.FromSeconds(1);

    public static async Task PromiseAsync(JobContext c, InstanceAction.Promise promise, InstanceObservation o, CancellationToken cancellation)
    {
        // Durable first: from here on no older epoch is obeyed, whatever happens to the rest.
        c.Memory.Remember(state => state.Obeying(o.Record) with { Promise = Epoch.Max(state.Promise, promise.Epoch) });
        c.Memory.Admission = null;
        c.Memory.Grant = null;
        await CutOffAsync(c, cancellation);

        // A volume between two lives promises, but speaks for nobody's data: it satisfies no clause, not even as holder [C6].
        if (!c.Server.HasData || c.Memory.Volume.Marker != VolumeMarker.None)
        {
            c.Memory.Promise = new PromiseReport(c.Memory.Me, promise.Epoch, null, null, [], o.Settings.Priority) { CanHold = o.Record!.IsWritable };
            Log.Promised(c.Logger, promise.Epoch, "no position");
            return;
        }

        // Read from pg_wal and fsynced, never from control data: what was received but not flushed may have been counted by nobody, yet may win [C3].
        var end = await ServerJobs.SealLogAsync(c, cancellation);
        await LearnLineageAsync(c, end.Timeline, cancellation);
        var mine = c.Memory.Volume.LogOf(end.Timeline, end.End);
        var position = await ServerJobs.PositionAsync(c, mine, cancellation);
        // Of two that have as much, the one whose log nobody has to follow onto a timeline of nobody's.
        c.Memory.Promise = new PromiseReport(c.Memory.Me, promise.Epoch, position, mine.Timeline, mine.Entries, mine.EndsUnattributed ? int.MinValue : o.Settings.Priority) { CanHold = o.Record!.IsWritable };
        Log.Promised(c.Logger, promise.Epoch, position?.ToString() ?? "no position");
    }

    /// <summary>A log that nobody can attribute speaks for an earlier reign than it holds, and may stay below the floor: its own database is asked, where it answers.</summary>
    private static async Task LearnLineageAsync(JobContext c, TimelineId timeline, CancellationToken cancellation)
    {
        if (!c.Server.Process.Running || c.Memory.Volume.Lineage.Any(e => e.Timeline == timeline)) return;
        try
        {
            await ServerJobs.LearnLineageAsync(c, timeline, null, cancellation);
        }
        catch (PostgresException exception)
        {
            Log.LineageUnknown(c.Logger, timeline, exception.Message);
        }
    }

    /// <summary>A higher epoch that has a holder already: remembered, and whatever contradicts it ends.</summary>
    public static async Task ObeyAsync(JobContext c, InstanceAction.Obey obey, InstanceObservation o, CancellationToken cancellation)
    {
        c.Memory.Remember(state => state.Obeying(o.Record) with { Promise = Epoch.Max(state.Promise, obey.Epoch) });
        c.Memory.Promise = null;
        c.Memory.Admission = null;
        if (c.Memory.Grant?.Epoch < obey.Epoch) c.Memory.Grant = null;
        await CutOffAsync(c, cancellation);
    }

    /// <summary>A former primary stops, and is reaped to the last child; a standby loses its way to the old primary.</summary>
    private static async Task CutOffAsync(JobContext c, CancellationToken cancellation)
    {
        var process = c.Server.Process;
        if (process is { Running: true, Mode: ServerMode.ReadWrite })
        {
            await c.Server.StopAsync(StopMode.Immediate, TimeSpan.FromSeconds(2), cancellation);
            c.Guard.Disarm();
        }
        else if (process.Running && !await c.Server.StarveAsync(StarveLimit, cancellation))
        {
            await c.Server.StopAsync(StopMode.Kill, TimeSpan.FromSeconds(2), cancellation);
        }
        c.Memory.Upstream = null;
        c.Memory.AppliedFingerprint = null;
    }
}
