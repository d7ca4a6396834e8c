using Tandem.Agent.Fencing;
using Tandem.Agent.Links;
using Tandem.Agent.Loop;
using Tandem.Agent.Record;
using Tandem.Postgres;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Protocol.Synchrony;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Agent.Jobs;

/// <summary>The holder gives way in order: inside its site to another instance, or with its site to the other one.</summary>
internal static class HandoverJobs
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Planned switchover (section 4): checkpoint; HandingOver; fast shutdown, whose last record reaches the target; the target has that LSN; the record goes to it.
    /// The old clauses stay for the target's own admission to drop. Past the deadline the old one is swapped back, and starts again behind its gate.
    /// </summary>
    public static async Task HandOverAsync(JobContext c, InstanceAction.HandOver handover, InstanceObservation o, CancellationToken cancellation)
    {
        try
        {
            await HandOverAsync(c, handover.Target, o, cancellation);
        }
        finally
        {
            // Not before it has ended: to an instance that is to leave, a handover that was tried means that it stops.
            c.Memory.HandoverTried = o.Settings.Switchover?.FromEpoch == o.Record!.Epoch ? o.Settings.Switchover.Id : "leaving";
        }
    }

    private static async Task HandOverAsync(JobContext c, Incarnation target, InstanceObservation o, CancellationToken cancellation)
    {
        var record = o.Record!;
        await c.Server.CheckpointAsync(cancellation); // so that the shutdown's own has little left to write

        var limit = o.ShutdownRequested ? TimeSpan.FromSeconds(10) : o.Settings.SwitchoverTimeout;
        var deadline = c.Time.GetUtcNow() + limit;
        var begun = await SwapAsync(c, "hand over", live => Decided(live) is { State: RecordState.Stable } same ? same with { State = new RecordState.HandingOver(target, deadline), RenewTime = c.Time.GetUtcNow() } : null, limit / 4, cancellation);
        if (!begun) throw new JobFailedException("HandoverNotBegun", "the record could not be swapped");
        // At the present epoch: a handover that fails is taken back in it, and clients with it.
        var hidden = c.Selectors.SelectAsync(Names.ReadWriteService(c.Identity.Cluster), target.Instance, record.Epoch, cancellation);

        // A server that is stopped harder sends no more: what the target lacks then, the old one takes back.
        await c.Server.StopAsync(StopMode.Fast, limit < o.Settings.StopDeadline * 2 ? limit / 2 : o.Settings.StopDeadline, cancellation);
        ServerJobs.AfterStop(c);
        var end = await ServerJobs.SealLogAsync(c, cancellation);

        var reached = await c.UntilAsync(async () => await HasReachedAsync(c, o, target, end, cancellation), limit / 4, Interval, cancellation);
        if (!reached) throw new JobFailedException("TargetBehind", $"{target.Instance} has not reported {end.End}; the old primary goes on");

        // From here this instance obeys no lower epoch: durable before the record says so.
        var epoch = record.Epoch.Next;
        c.Memory.GivingTo = epoch;
        c.Memory.Remember(state => state with { Promise = Epoch.Max(state.Promise, epoch) });
        var lineage = c.Memory.Volume.LogOf(end.Timeline, end.End);
        var given = await SwapAsync(c, "give", live =>
        {
            if (Decided(live) is not { State: RecordState.HandingOver } same) return null;
            var others = o.Standbys.Where(s => s.Streaming && s.Incarnation != target && same.Members.Contains(s.Incarnation)).Select(s => s.Incarnation).Append(c.Memory.Me);
            var clause = SetRules.FirstClause(epoch, target, others, same.Members.Remove(target), o.Synchrony);
            return same with
            {
                Epoch = epoch,
                Holder = target,
                GivenBy = c.Memory.Me,
                State = RecordState.IsStable,
                Suspect = null,
                Quorums = same.Quorums.Add(clause),
                Lineage = lineage.Entries.Add(new LineageEntry(same.PairEpoch, epoch, target, null, null)),
                ElectedEnd = end.End,
                Run = null,
                Lsn = end.End,
                RenewTime = c.Time.GetUtcNow(),
            };
        }, limit / 4, cancellation);
        await hidden;
        if (!given) throw new JobFailedException("HandoverNotGiven", "the record could not be swapped");

        // What has made the swap wait may have been the pair's, which demotes this site in the same reign.
        PrimaryRecord? Decided(PrimaryRecord? live) =>
            live.SameReign(record) is { RunMode: RunMode.Primary } same && same.PairEpoch == record.PairEpoch && same.Members.Contains(target) ? same : null;
    }

    /// <summary>
    /// Demote (section 5). The swap to runMode Standby has landed already: agents of this site can elect no writer any more. The token names the end of the log
    /// only once the server and its last child are reaped: before, something could still be written behind it [S3].
    /// </summary>
    public static async Task DemoteAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        var record = o.Record!;
        if (c.Server.Process.Running)
        {
            await c.Server.StopAsync(StopMode.Fast, o.Settings.StopDeadline, cancellation);
            ServerJobs.AfterStop(c);
        }
        var control = await c.Server.ReadControlDataAsync(cancellation);
        var end = await ServerJobs.SealLogAsync(c, cancellation);
        c.Memory.Grant = null;
        // Of a log that a person has promoted past the agent the other site is to have what lies on a reign of this one.
        var mine = c.Memory.Volume.LogOf(end.Timeline, end.End);
        var (timeline, lsn) = mine.EndsUnattributed && await ServerJobs.PositionAsync(c, mine, cancellation) is { } within ? (mine.Entries[^1].Timeline!.Value, within.Lsn) : (end.Timeline, end.End);
        await c.Records.SwapAsync("token", o.Now, live => live.SameReign(record) is { RunMode: RunMode.Standby, PairEpoch: { } pairEpoch } same && pairEpoch == record.PairEpoch
            ? same with { Demoted = new DemotionToken(control.SystemIdentifier, timeline, lsn, pairEpoch), Run = null, Lsn = lsn }
            : null, cancellation);
        await c.Selectors.SelectAsync(Names.ReadWriteService(c.Identity.Cluster), Names.NoInstance, record.Epoch, cancellation);
    }

    /// <summary>
    /// Others write into the record too (a suspicion, a request to attach): where one came first, nothing of this swap was written, and as long as the reign is the same it is tried again. To give up
    /// instead would cost an election.
    /// </summary>
    /// <returns>True: it landed. False: it is moot, or <paramref name="limit"/> came, or it may have landed.</returns>
    private static async Task<bool> SwapAsync(JobContext c, string purpose, Func<PrimaryRecord?, PrimaryRecord?> change, TimeSpan limit, CancellationToken cancellation)
    {
        RecordSwap? outcome = null;
        // Nor onto a record that may have been taken back while the API server was out of reach: what the rules wait for then, a job that has begun before waits for too.
        await c.UntilAsync(async () => c.Latest() is { Reading.Reachable: true } o && Rulings.RecordUnconfirmed(o) is null && (outcome = await c.Records.SwapAsync(purpose, o.Now, change, cancellation)) is not (RecordSwap.Lost or RecordSwap.Unsent), limit, Interval, cancellation);
        return outcome is RecordSwap.Applied;
    }

    private static async Task<bool> HasReachedAsync(JobContext c, InstanceObservation o, Incarnation target, WalEnd end, CancellationToken cancellation)
    {
        if (o.Peers.FirstOrDefault(p => p.Incarnation == target)?.Host is not { } host) return false;
        var view = await c.Links.ViewAsync(new PeerAddress(target.Instance, host), TimeSpan.FromMilliseconds(500), cancellation);
        return view is { Marked: false } && view.Incarnation == target.ToString() && view.Timeline == end.Timeline.Value && Lsn.TryParse(view.Flushed, out var flushed) && flushed >= end.End;
    }
}
