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

/// <summary>
/// A joint change of the synchronous set (protocol, section 2): clause added, setting set, in effect, flushed, old clause dropped. If it stalls, it goes on with both
/// clauses: safe, only stricter. Cut short at any point it is begun again from the record. One of the other site, for whom commits wait besides, is counted by the same steps: set, in effect, flushed, and only then said [S10].
/// </summary>
internal static class SetChangeJob
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A walsender that has not shown that it knows the new setting is ended after this: gone, it counts for nothing.</summary>
    private static readonly TimeSpan WalSenderPatience = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(JobContext c, InstanceAction.ChangeSet change, InstanceObservation o, CancellationToken cancellation)
    {
        var record = o.Record!;
        var to = change.To;

        // 1. The new clause stands beside the old one before anything is acknowledged under it. A swap of one's own even where it stands there already: none that was sent before can land any more [C9], and whom of the
        // other site the record says to be counted is whom the setting will name.
        var added = await c.Records.SwapAsync("add clause", o.Now, live => live.SameReign(record) is { State: RecordState.Stable } same && IsAsDecided(same, change) ? same.Quorums.Contains(to) ? same : same with { Quorums = same.Quorums.Add(to) } : null, cancellation);
        if (added is not RecordSwap.Applied) throw new JobFailedException("ClauseNotAdded", "the record could not be swapped, or says another of the other site to be counted by now");
        var clauses = c.Records.Latest.Record.SameReign(record)?.Quorums.Where(q => q.Epoch == record.Epoch && q.Holder == c.Memory.Me).ToList() ?? [];

        // On the volume too, before anything is acknowledged under it: if the record is lost, this is who knows.
        c.Memory.Remember(state => state.Obeying(c.Records.Latest.Record.SameReign(record)));

        // 2. Set it, and 3. wait until it is in effect; where the two settings could be mixed up between walsenders, what must come between them first.
        var wasEmpty = clauses.Any(q => q.IsEmpty);
        var setting = SetRules.Setting(to, o.Synchrony, change.Remote);
        var members = clauses.SelectMany(q => q.Members).Concat(to.Members).Select(m => m.ReplicationName).ToHashSet(StringComparer.Ordinal);
        if (c.Memory.Settings?.Before(setting) is { } between) await SetAsync(c, o, between, members, cancellation);
        await SetAsync(c, o, setting, members, cancellation);
        if (wasEmpty) await c.Server.CheckpointAsync(cancellation); // the checkpointer publishes that commits wait at all

        // 4. What was acknowledged under the old clause alone must be at k' of the new one before the old one goes.
        var position = await PositionAsync(c, cancellation);
        if (!to.IsEmpty && !await c.UntilAsync(async () => Flushed(await SendersAsync(c, cancellation), to, position) >= to.Acknowledgements, Patience, Interval, cancellation))
            throw new JobFailedException("SetChangeStalled", $"fewer than {to.Acknowledgements} of {to} have flushed {position}; both clauses stay");

        // 5. Drop the others of this reign; with the empty clause those of earlier ones too, since the floor, raised to what only this holder has, stands in for them all.
        await c.Records.SwapAsync("drop clause", o.Now, live =>
        {
            if (live.SameReign(record) is not { State: RecordState.Stable } same || !same.Quorums.Contains(to)) return null;
            var kept = same.Quorums.RemoveAll(q => !q.Equals(to) && (to.IsEmpty || (q.Epoch == record.Epoch && q.Holder == c.Memory.Me)));
            if (kept.Count == same.Quorums.Count) return null;
            var next = same with { Quorums = kept };
            return kept.All(q => q.IsEmpty) ? next with { Floor = Floors.Raise(same.Floor, new LogEnd(same.PairEpoch, same.Epoch, position)) } : next;
        }, cancellation);

        if (change is { Counts: true, Remote: { } remote }) await CountAsync(c, o, remote, position, cancellation);
    }

    private static bool IsAsDecided(PrimaryRecord live, InstanceAction.ChangeSet change) => change.Remote is null ? live.AwaitedRemote is null : change.Remote.Incarnation == live.RemoteNow?.Incarnation;

    private static async Task SetAsync(JobContext c, InstanceObservation o, StandbyNames setting, HashSet<string> members, CancellationToken cancellation)
    {
        var written = await ServerJobs.ConfigureAsync(c, o, new ServerJobs.Wanted(setting.ToString(), c.Memory.Wanted?.Door ?? Door.Instances, null), cancellation);
        c.Server.Reload();
        await c.Server.AwaitInEffectAsync(written, cancellation);
        // Whoever may count by any that is known, the one that is being left too.
        await InEffectAsync(c, [.. members, .. c.Memory.Settings!.Names], cancellation);
        c.Memory.Settings = KnownSettings.Of(setting);
    }

    /// <summary>From here on no setting is without it, and it has flushed all that was acknowledged before that was so: the other site may be told.</summary>
    private static async Task CountAsync(JobContext c, InstanceObservation o, RemoteStandby remote, Lsn position, CancellationToken cancellation)
    {
        var record = o.Record!;
        var name = remote.Incarnation.ReplicationName;
        if (!await c.UntilAsync(async () => (await SendersAsync(c, cancellation)).Any(s => s.ApplicationName == name && s.State == "streaming" && s.Flush >= position), Patience, Interval, cancellation))
            throw new JobFailedException("OtherSiteStalled", $"{remote} has not flushed {position}: it is not counted yet");
        var counted = await c.Records.SwapAsync("count", o.Now, live => live.SameReign(record) is { State: RecordState.Stable } same && same.RemoteNow == remote ? same with { Remote = remote with { Counted = true, Waits = false } } : null, cancellation);
        if (counted is not RecordSwap.Applied) throw new JobFailedException("OtherSiteNotCounted", "the record could not be swapped, or says another to be counted by now");
    }

    /// <summary>Every walsender that counts under either setting has flushed something written after a new session showed the new one, or is gone.</summary>
    private static async Task InEffectAsync(JobContext c, HashSet<string> names, CancellationToken cancellation)
    {
        var written = await PositionAsync(c, cancellation);
        async Task<List<WalSender>> BehindAsync() => [.. (await SendersAsync(c, cancellation)).Where(s => names.Contains(s.ApplicationName) && !(s.Flush >= written))];
        if (await c.UntilAsync(async () => (await BehindAsync()).Count == 0, WalSenderPatience, Interval, cancellation)) return;
        await c.Server.TerminateWalSendersAsync([.. (await BehindAsync()).Select(s => s.Pid)], cancellation);
    }

    private static async Task<Lsn> PositionAsync(JobContext c, CancellationToken cancellation)
    {
        var position = await c.Server.ProbeWriteAsync(cancellation);
        c.Memory.LastDurableWrite = c.Time.BootTime();
        return position;
    }

    private static int Flushed(IReadOnlyList<WalSender> senders, QuorumClause clause, Lsn position) =>
        clause.Members.Count(m => senders.Any(s => s.ApplicationName == m.ReplicationName && s.State == "streaming" && s.Flush >= position));

    private static async Task<IReadOnlyList<WalSender>> SendersAsync(JobContext c, CancellationToken cancellation) =>
        (await c.Server.QueryStatusAsync(TimeSpan.FromSeconds(1), cancellation))?.Senders ?? throw new JobFailedException("ServerSilent", "the server does not answer");
}
