using System.Text.Json.Nodes;
using Tandem.Agent.Fencing;
using Tandem.Agent.Links;
using Tandem.Agent.Loop;
using Tandem.Agent.Record;
using Tandem.Agent.State;
using Tandem.Kubernetes.Client;
using Tandem.Kubernetes.Models;
using Tandem.Protocol.Clocks;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Protocol.Recovery;
using Tandem.Protocol.Synchrony;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Agent.Jobs;

/// <summary>Swaps of the record that are a step by themselves.</summary>
internal static class RecordJobs
{
    private static readonly TimeSpan WitnessLimit = TimeSpan.FromMilliseconds(500);

    /// <summary>The swap that creates the record; whoever wins it makes the database.</summary>
    public static async Task FoundAsync(JobContext c, InstanceAction.Found found, InstanceObservation o, CancellationToken cancellation)
    {
        // What was observed may be older than an attempt of our own that came through: another identity now would leave the record to a holder that nobody is.
        if (await c.Records.ReadAsync(cancellation) is not { Reachable: true, Exists: false }) return;
        // Nor need the pods that were looked at be all: one of which a late watch has not told may remember what stood there.
        if (await UnheardAsync(c, o, cancellation) is { } unheard) throw new JobFailedException("PeersUnknown", $"{unheard} runs and has not said yet whether it remembers a database");
        // The identity is on the disk before the record names it, and stays the same over attempts whose outcome is not known.
        var marker = found.RunMode == RunMode.Primary ? VolumeMarker.Initializing : VolumeMarker.Cloning;
        if (c.Memory.Volume.Marker != marker) c.Memory.BeginIncarnation(c.Random.NextHex(32), marker);
        var me = c.Memory.Me;
        var epoch = new Resources.Values.Epoch(1);
        var outcome = await c.Records.SwapAsync("found", o.Now, record => record is not null ? null : new PrimaryRecord
        {
            Epoch = epoch,
            Holder = me,
            LeaseDuration = o.Settings.LeaseDuration,
            RenewTime = c.Time.GetUtcNow(),
            RunMode = found.RunMode,
            PairEpoch = found.PairEpoch,
            Quorums = found.RunMode == RunMode.Primary ? [QuorumClause.Empty(epoch, me)] : [],
            Members = [me],
            Lineage = found.RunMode == RunMode.Primary ? [new LineageEntry(found.PairEpoch, epoch, me, new Resources.Values.TimelineId(1), Resources.Values.Lsn.Zero)] : [],
        }, cancellation);
        // Somebody else founds: this volume stays empty, and clones.
        if (outcome is RecordSwap.Lost || (outcome is RecordSwap.Moot { Record: { } there } && there.Holder != me))
            c.Memory.BeginIncarnation(c.Random.NextHex(32), VolumeMarker.Cloning);
    }

    /// <summary>Asked live: an instance that runs, and was not heard when it was decided to found or to rebuild.</summary>
    private static async Task<string?> UnheardAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        var heard = o.Peers.Where(p => p.Reachable).Select(p => p.Instance).Append(c.Identity.Instance).ToHashSet(StringComparer.Ordinal);
        var pods = await c.Kubernetes.ListAsync<V1Pod>(c.Identity.Namespace, $"{Names.ClusterLabel}={c.Identity.Cluster}", cancellation: cancellation);
        return pods.Items.FirstOrDefault(p => p is { Metadata.DeletionTimestamp: null, Status.Phase: "Running" } && !heard.Contains(p.Metadata.Name!))?.Metadata.Name;
    }

    /// <summary>Asked live: no witness of the decision is silent by now, or has come to the epoch that the record is to be rebuilt at. What was heard before a pause of this process says nothing either.</summary>
    private static async Task NoneHasMovedOnAsync(JobContext c, InstanceObservation o, Epoch next, CancellationToken cancellation)
    {
        var askedAt = c.Time.BootTime();
        var witnesses = o.Peers.Where(p => p is { Reachable: true, Host: not null }).ToList();
        var views = await Task.WhenAll(witnesses.Select(p => c.Links.ViewAsync(new PeerAddress(p.Instance, p.Host!), WitnessLimit, cancellation)));
        if (c.Time.BootTime() - askedAt > WitnessLimit * 1.5) throw new JobFailedException("WitnessMovedOn", "this agent stood still while the others answered");
        bool KnowsMore(MemberView view, MemberView before) => view.Epoch >= next.Value || view.RecordEpoch >= next.Value || (view.RecordEpoch ?? 0, view.RecordRevision ?? 0).CompareTo((before.RecordEpoch ?? 0, before.RecordRevision ?? 0)) > 0;
        if (witnesses.Zip(views).FirstOrDefault(w => w.Second is not { } view || view.Incarnation != $"{w.First.Incarnation}" || KnowsMore(view, w.First.View!)).First?.Instance is { } moved)
            throw new JobFailedException("WitnessMovedOn", $"{moved} is not to be heard any more, or knows of a later record by now");
    }

    /// <summary>
    /// In the place of what was decided on, and of nothing else: whatever moved it since, the witnesses of the decision have to be asked again. A witness itself cannot have moved on while it stands: each
    /// promises and obeys only what it reads there. But that nothing stands there is like another nothing, when what was rebuilt in between is lost again: so they are asked once more, just before.
    /// </summary>
    public static async Task RebuildAsync(JobContext c, InstanceAction.RebuildRecord rebuild, InstanceObservation o, CancellationToken cancellation)
    {
        if (await UnheardAsync(c, o, cancellation) is { } unheard) throw new JobFailedException("PeersUnknown", $"{unheard} runs and has not said yet what it remembers");
        var decidedOn = o.Reading.Record;
        var outcome = await c.Records.SwapAsync("rebuild", o.Now, live => live?.Uid == decidedOn?.Uid && live?.ResourceVersion == decidedOn?.ResourceVersion
            ? rebuild.Next with { RenewTime = c.Time.GetUtcNow(), LeaseDuration = o.Settings.LeaseDuration }
            : null, cancellation, rebuilds: () => NoneHasMovedOnAsync(c, o, rebuild.Next.Epoch, cancellation));
        if (outcome is not RecordSwap.Applied applied) return;
        Log.RecordRebuilt(c.Logger, applied.Record.Epoch, rebuild.Message);
        await c.Selectors.SelectAsync(Names.ReadWriteService(c.Identity.Cluster), Names.NoInstance, applied.Record.Epoch, cancellation);
    }

    /// <summary>In the place of what was decided on, and of nothing else: who is gone was judged by that.</summary>
    public static async Task BeginAnewAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        // As at a founding: the identity is on the disk before the record names it.
        if (!c.Server.HasData && c.Memory.Volume.Marker != VolumeMarker.Cloning) c.Memory.BeginIncarnation(c.Random.NextHex(32), VolumeMarker.Cloning);
        var decidedOn = o.Record!;
        await c.Records.SwapAsync("begin anew", o.Now, live => live?.Uid == decidedOn.Uid && live.ResourceVersion == decidedOn.ResourceVersion
            ? SiteEmptied.HeldBy(c.Memory.Me, live) with { RenewTime = c.Time.GetUtcNow(), LeaseDuration = o.Settings.LeaseDuration }
            : null, cancellation);
    }

    public static async Task VacateAsync(JobContext c, InstanceAction.Vacate vacate, InstanceObservation o, CancellationToken cancellation)
    {
        var decidedOn = o.Record!;
        var outcome = await c.Records.SwapAsync("vacate", o.Now, record => record.SameReign(decidedOn) is { State: not RecordState.Electing } same && same.Suspect?.Nonce == decidedOn.Suspect?.Nonce ? Election.Vacate(same) : null, cancellation);
        if (outcome is RecordSwap.Applied applied)
            // In parallel to the promises: clients shall not wait at a dead primary.
            await c.Selectors.SelectAsync(Names.ReadWriteService(c.Identity.Cluster), Names.NoInstance, applied.Record.Epoch, cancellation);
    }

    public static async Task ElectAsync(JobContext c, InstanceAction.Elect elect, InstanceObservation o, CancellationToken cancellation)
    {
        var run = NewRun(c);
        var promises = o.Peers.Where(p => p.Reachable && p.Incarnation is not null && p.View!.Promise is not null).Select(p => p.View!.Promise!.ToReport(p.Incarnation!.Value)).Append(elect.Winner).ToList();
        var outcome = await c.Records.SwapAsync("elect", o.Now, record => record.SameReign(o.Record!) is { State: RecordState.Electing } same
            ? Election.Elect(same, elect.Winner, promises, o.Synchrony, run) with { RenewTime = c.Time.GetUtcNow(), LeaseDuration = o.Settings.LeaseDuration }
            : null, cancellation);
        if (outcome is not RecordSwap.Applied applied) return;
        c.Memory.Grant = new Grant(applied.Record.Epoch, applied.Record.PairEpoch, run.Nonce, applied.SentAt);
        // What it had given up for is behind it: elected again since nobody else may, it must not give up once more before it has tried.
        c.Memory.Crashes = [];
    }

    /// <summary>
    /// The swap before every read-write start or promotion (section 4). Where the reign itself is new to the record (a handover named this instance, or the pair
    /// made its site primary), the swap begins it: the entry of the lineage and the first clause stand before anything is written under them.
    /// </summary>
    public static async Task SwapRunAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        var run = NewRun(c);
        var outcome = await c.Records.SwapAsync("run", o.Now, record =>
        {
            if (record.SameReign(o.Record!) is not { State: RecordState.Stable, RunMode: RunMode.Primary } same || same.PairEpoch != o.Record!.PairEpoch) return null;
            var next = same with { Run = run, RenewTime = c.Time.GetUtcNow(), LeaseDuration = o.Settings.LeaseDuration };
            return o.OwnReign is null ? BeginReign(next, o) : next;
        }, cancellation);
        if (outcome is not RecordSwap.Applied applied) return;
        // The very record that grants the start says that the site is bound to no arbiter any more: whoever was its holder then has given the lease up.
        if (applied.Record.Arbiter is null) c.Guard.Unbind();
        c.Memory.Grant = new Grant(applied.Record.Epoch, applied.Record.PairEpoch, run.Nonce, applied.SentAt);
    }

    public static Task TakeBackAsync(JobContext c, InstanceObservation o, CancellationToken cancellation) =>
        c.Records.SwapAsync("take back", o.Now, record => record.SameReign(o.Record!) is { State: RecordState.HandingOver } same ? same with { State = RecordState.IsStable } : null, cancellation);

    public static Task AddMembersAsync(JobContext c, InstanceAction.AddMembers add, InstanceObservation o, CancellationToken cancellation) =>
        c.Records.SwapAsync("members", o.Now, record => record.SameReign(o.Record!) is { State: RecordState.Stable } same ? same with { Members = same.Members.Union(add.Members) } : null, cancellation);

    public static Task DropMembersAsync(JobContext c, InstanceAction.DropMembers drop, InstanceObservation o, CancellationToken cancellation) =>
        c.Records.SwapAsync("members", o.Now, record => record.SameReign(o.Record!) is { State: RecordState.Stable } same && drop.Members.All(m => !same.IsCounted(m))
            ? same with { Members = same.Members.Except(drop.Members) }
            : null, cancellation);

    public static async Task NameSystemAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        var control = await c.Server.ReadControlDataAsync(cancellation);
        await c.Records.SwapAsync("system", o.Now, record => record.SameReign(o.Record!) is { SystemIdentifier: null } same ? same with { SystemIdentifier = control.SystemIdentifier } : null, cancellation);
    }

    /// <summary>The record of a standby site speaks of the other site's lineage; clauses of an own reign that is over say nothing about it.</summary>
    public static Task AdoptLineageAsync(JobContext c, InstanceObservation o, CancellationToken cancellation) =>
        c.Records.SwapAsync("lineage", o.Now, record => record.SameReign(o.Record!) is { State: RecordState.Stable, RunMode: RunMode.Standby } same && o.OtherSite is { } other && same.PairEpoch == other.PairEpoch
            ? same with { Lineage = other.Entries, Quorums = [], ElectedEnd = null, SystemIdentifier = same.SystemIdentifier ?? other.SystemIdentifier }
            : null, cancellation);

    /// <summary>Before the volume of a main standby is copied anew: from here on an election of this site asks for nothing that was acknowledged here and has just been given up.</summary>
    public static Task LeaveClausesAsync(JobContext c, InstanceObservation o, CancellationToken cancellation) =>
        c.Records.SwapAsync("leave clauses", o.Now, record => record.SameReign(o.Record!) is { State: RecordState.Stable, RunMode: RunMode.Standby } same && same.PairEpoch == o.Record!.PairEpoch
            ? same with { Quorums = [], Floor = null, ElectedEnd = null }
            : null, cancellation);

    /// <summary>Asks, through the pair's record, for a look at the other site that begins after this moment [S8].</summary>
    public static async Task CheckOtherSiteAsync(JobContext c, InstanceObservation o, CancellationToken cancellation)
    {
        var name = Names.PairRecord(o.Settings.Pair!);
        var request = new PeerCheckRequest(c.Random.NextHex(16), c.Memory.Me.ToString());
        var asked = await c.Kubernetes.PatchAsync<V1Lease>(name, c.Identity.Namespace, MetadataPatch.Of("annotations", (PeerCheckRequest.Annotation, request.Encode())), cancellation);
        if (asked is not SwapResult<V1Lease>.Applied) throw new JobFailedException("PeerUnknown", "the question could not be written into the pair's record");
        var mine = o.Record!.PairEpoch!.Value;
        string? refusal = "no answer from the operator";
        var answered = await c.UntilAsync(async () =>
        {
            var lease = await c.Kubernetes.GetAsync<V1Lease>(name, c.Identity.Namespace, cancellation);
            if (PeerCheckAnswer.Decode(lease?.Metadata.Annotations?.GetValueOrDefault(PeerCheckAnswer.Annotation)) is not { } answer || answer.Nonce != request.Nonce) return false;
            refusal = answer.Allows(request.Nonce, mine) ? null : answer.Readable ? $"the other site is at pair epoch {answer.PairEpoch}" : answer.Message ?? "the other site cannot be read";
            return true;
        }, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(50), cancellation);
        if (!answered || refusal is not null) throw new JobFailedException("PeerUnknown", refusal ?? "no answer");
        c.Memory.OtherSiteCheckedAt = mine;
    }

    private static PrimaryRecord BeginReign(PrimaryRecord record, InstanceObservation o)
    {
        var mine = o.LogLineage!;
        var clause = SetRules.FirstClause(record.Epoch, o.Me, o.Standbys.Where(s => s.Streaming && record.Members.Contains(s.Incarnation)).Select(s => s.Incarnation), record.Members.Remove(o.Me), o.Synchrony);
        return record with
        {
            Lineage = mine.Entries.Add(new LineageEntry(record.PairEpoch, record.Epoch, o.Me, null, null)),
            ElectedEnd = o.LogPosition!.Value.Lsn,
            // One clause for each holder and epoch: a reign of a new pair epoch takes the place of the one before it in this cluster's epoch.
            Quorums = record.Quorums.Contains(clause) ? record.Quorums : record.Quorums.Add(clause),
            Demoted = null,
        };
    }

    private static RunIdentity NewRun(JobContext c) => new(c.Identity.ContainerId, c.Random.NextHex(16));
}

internal static class MetadataPatch
{
    /// <summary>A merge patch that sets annotations or labels.</summary>
    /// <param name="field"><c>annotations</c> or <c>labels</c>.</param>
    public static string Of(string field, params ReadOnlySpan<(string Name, string Value)> values)
    {
        var set = new JsonObject();
        foreach (var (name, value) in values) set[name] = value;
        return new JsonObject { ["metadata"] = new JsonObject { [field] = set } }.ToJsonString();
    }
}
