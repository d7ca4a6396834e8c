using Tandem.Agent.Configuration;
using Tandem.Agent.Jobs;
using Tandem.Agent.Links;
using Tandem.Agent.State;
using Tandem.Postgres;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Protocol.Rejoining;
using Tandem.Resources.Values;

namespace Tandem.Agent.Loop;

/// <summary>The words for what is: from one observation and the decision made on it. Claims nothing that was not seen in it.</summary>
public static class ReportBuilder
{
    public static AgentSnapshot Build(InstanceObservation o, InstanceAction decided, InstanceAction? running, (string Action, string Reason, string Message)? failure, JobContext context, int serverVersion, string agentVersion)
    {
        var memory = context.Memory;
        var status = o.Status;
        var ready = Readiness(o);
        var promotable = Promotable(o);
        var doing = running ?? decided;
        // What it is held for stands before what it failed at last.
        if (decided is InstanceAction.Hold) failure = null;
        var report = new AgentReport
        {
            Incarnation = o.Me.ToString(),
            Instance = context.Identity.Instance,
            Node = context.Identity.Node,
            Version = agentVersion,
            Epoch = o.Volume.Promise.Value,
            Revision = o.Volume.Record?.Revision,
            RecordEpoch = o.Record?.Epoch.Value,
            RecordAgeMilliseconds = o.Reading.ReadAt is { } at ? (long)(o.Now - at).TotalMilliseconds : null,
            Role = Role(o),
            RunMode = !o.Process.Running ? null : o.RunsReadWrite ? "Primary" : "Standby",
            State = State(o, doing, memory),
            Reason = failure?.Reason ?? decided.Reason,
            Message = failure is { } f ? $"{f.Action}: {f.Message}" : decided.Message,
            Progress = memory.Progress,
            Reign = IsOfItsReign(o) ? ReignOf(o) : null,
            AsksToBeLetGo = decided is InstanceAction.Wait { Reason: FollowerRules.CountedByOtherSiteReason },
            Admitted = o.IsAdmitted && o.RunsReadWrite,
            TurnsClientsAway = o.RunsReadWrite && o.Pair is { RefusesClients: true },
            Timeline = status?.Timeline.Value,
            Written = status?.Written.ToString(),
            Flushed = status?.Flushed.ToString(),
            Replayed = status?.Replayed?.ToString(),
            SystemIdentifier = o.Record?.SystemIdentifier?.ToString(),
            ServerVersion = serverVersion > 0 ? serverVersion : null,
            Upstream = o.Upstream?.Name,
            Streaming = status?.Receiver is { Status: "streaming" },
            ReplayDelayMilliseconds = ReplayDelay(o),
            RemoteSilentMilliseconds = o.Remote is { Streaming: false } remote ? (long)remote.SilentFor.TotalMilliseconds : null,
            RemoteName = o.Remote?.Incarnation.ReplicationName,
            Senders = status is null ? [] : [.. status.Senders.Select(s => new SenderReport(s.ApplicationName, s.State, s.Sent?.ToString(), s.Write?.ToString(), s.Flush?.ToString(), s.Replay?.ToString(), s.SyncState, s.SyncPriority, s.ClientAddress))],
            SynchronousStandbyNames = status?.SynchronousStandbyNames,
            Restarts = o.RestartsInWindow,
            LastFailure = memory.LastFailure,
            RecordFormat = context.Records.Format,
            HasCopy = o.HasData && o.Volume.Marker == VolumeMarker.None,
            Promotable = promotable is null,
            NotPromotableReason = promotable,
            StorageWritable = !o.StorageFailed,
            RewindPossible = true, // wal_log_hints and checksums are both ours to set
            ConfigurationGeneration = o.Settings.Generation,
            AdmittedAt = memory.Admission?.AdmittedAt,
            PendingRestart = memory.PendingRestart,
            RefusedParameters = [.. context.Server.RefusedParameters.Select(p => new RefusedParameterReport(p.Name, p.Value, p.Message, p.Kept))],
        };
        return new AgentSnapshot(report, View(o, decided, memory, RecordSight.Remembered(o)), BeatOf(o, memory, doing), ready.Ready, ready.Reason);
    }

    /// <summary>
    /// Of an agent that has no server it could run, or has only just begun: whatever is on its volume counts for nothing in an election. What it has obeyed it says all the same: who waits for its word takes its silence about that
    /// for knowing of nothing later.
    /// </summary>
    public static AgentSnapshot WithoutServer(JobContext context, string agentVersion, string state, string reason, string message) => new(
        new AgentReport { Instance = context.Identity.Instance, Node = context.Identity.Node, Version = agentVersion, State = state, Reason = reason, Message = message, RecordFormat = context.Records.Format, HasCopy = false },
        new MemberView { Incarnation = context.Memory.Me.ToString(), Epoch = context.Memory.Volume.Promise.Value, RecordEpoch = context.Memory.Volume.Record?.Epoch.Value, RecordRevision = context.Memory.Volume.Record?.Revision, Marked = true }, null, false, message);

    private static MemberView View(InstanceObservation o, InstanceAction decided, InstanceMemory memory, PrimaryRecord? remembered) => new()
    {
        Incarnation = o.Me.ToString(),
        Epoch = o.Volume.Promise.Value,
        SinceLiveBeatMilliseconds = o.SinceLiveBeat is { } age ? (long)age.TotalMilliseconds : null,
        BeatEpoch = o.Record?.Epoch.Value,
        Failed = o.IsHolder && memory.GivesUp,
        Promise = o.Promise is { } promise && promise.Epoch == o.Volume.Promise ? PromiseDocument.From(promise) : null,
        Flushed = o.LogEnd?.End.ToString(),
        Timeline = o.LogEnd?.Timeline.Value,
        LogPairEpoch = o.LogLineage?.Position.PairEpoch?.ToString(),
        LogEpoch = o.LogLineage?.Position.Epoch.Value,
        Marked = o.Volume.Marker != VolumeMarker.None,
        RecordEpoch = remembered?.Epoch.Value,
        RecordRevision = remembered?.Revision,
        Recalls = Recalls(o),
        Remembered = Recalls(o) && remembered is not null ? RecordCodec.EncodeRemembered(remembered) : null,
        Reign = ReignOf(o),
        FormerLives = Recalls(o) ? o.Volume.FormerLives : null,
        SawElection = o is { Reading.Reachable: true, SawReignBegin: true, Record: { State: RecordState.Electing } record } && record.Epoch == o.Volume.Promise,
        Leaves = decided is InstanceAction.Wait { Reason: FollowerRules.InsideClauseReason },
        Stops = decided is InstanceAction.Wait { Reason: Rulings.AwaitedReason },
    };

    /// <summary>What is in its log lies on the history that its volume knows: it may have gone on from one whose reign was over, after it heard of the next [C2].</summary>
    private static bool IsOfItsReign(InstanceObservation o) => o.LogLineage is not { } mine || RejoinRules.Judge(mine, o.Volume.Lineage, null) is RejoinVerdict.Follow;

    private static string? ReignOf(InstanceObservation o) => o.Volume.Lineage.IsEmpty ? null : o.Volume.Lineage[^1].Name;

    private static bool Recalls(InstanceObservation o) => o.RecordRegressed || !o.Reading.Reachable;

    private static Beat? BeatOf(InstanceObservation o, InstanceMemory memory, InstanceAction doing) => !o.IsHolder ? null : new Beat(
        o.Me.ToString(), o.Record!.Epoch.Value,
        o.RunsReadWrite ? memory.LastDurableWrite is { } last ? (long)(o.Now - last).TotalMilliseconds : null
            : LivesAsMainStandby(o, doing) ? 0 : null,
        memory.GivesUp || o.StorageFailed);

    /// <summary>
    /// Whether a main standby is to be left in its place. It serves no client: while it is being brought onto the other site's history it is down, but whoever took its place
    /// would have to do the same. Held because only this site has what its log ends with, it has the newest log, and would be elected again and again.
    /// </summary>
    public static bool LivesAsMainStandby(InstanceObservation o, InstanceAction doing) =>
        o is { IsHolder: true, Record.RunMode: RunMode.Standby, StorageFailed: false, RunsReadWrite: false }
        && ((o.RunsStandby && o.Status is not null) || doing is InstanceAction.Stop or InstanceAction.Seal or InstanceAction.ReadOtherSite or InstanceAction.AdoptLineage or InstanceAction.StartStandby or InstanceAction.Rewind or InstanceAction.BaseBackup
                or InstanceAction.Wait { Reason: FollowerRules.NothingToRewindReason } or InstanceAction.Hold { Reason: FollowerRules.WouldDiscardReason });

    private static string? Role(InstanceObservation o) => o.Record switch
    {
        null => null,
        { RunMode: RunMode.Primary } when o.IsHolder => o.RunsReadWrite ? "Primary" : null,
        { RunMode: RunMode.Standby } when o.IsHolder => "MainStandby",
        { RunMode: RunMode.Primary } => o.RunsStandby ? "Standby" : null,
        _ => o.RunsStandby ? "Cascade" : null,
    };

    private static string State(InstanceObservation o, InstanceAction doing, InstanceMemory memory) => doing switch
    {
        InstanceAction.Found or InstanceAction.Initialize => "founding",
        InstanceAction.BaseBackup => "cloning",
        InstanceAction.Rewind => "rewinding",
        InstanceAction.Stop or InstanceAction.Demote or InstanceAction.Exit => "stopping",
        InstanceAction.Hold => "held",
        _ when !o.Process.Running => "stopped",
        _ when o.Status is null => "starting",
        _ when o.RunsReadWrite => IsQuiesced(o, memory) ? "quiesced" : "running",
        _ when o.Status.Receiver is { Status: "streaming" } => "streaming",
        _ => "recovering",
    };

    /// <summary>
    /// Drained: clients are turned away, and of the transactions that were open then none is left. One that a session began later is not waited for: a pool that
    /// keeps its sessions busy would hold the handover until its deadline. It ends with the server's fast stop.
    /// </summary>
    private static bool IsQuiesced(InstanceObservation o, InstanceMemory memory) =>
        o.Pair is { RefusesClients: true } && memory.Wanted?.Door == Door.Instances
        && (o.Status!.ClientBackends == 0 || (memory.RefusingSince is { } since && !(o.Status.OldestTransaction < since)));

    private static long? ReplayDelay(InstanceObservation o)
    {
        if (o.Status is not { InRecovery: true, Replayed: { } replayed } status) return null;
        if (replayed >= status.Flushed) return 0;
        return status.LastReplayedCommit is { } at ? Math.Max(0, (long)(o.WallClock - at).TotalMilliseconds) : null;
    }

    private static string? Promotable(InstanceObservation o)
    {
        if (o.Volume.Marker != VolumeMarker.None) return $"{o.Volume.Marker}";
        if (o.StorageFailed) return "StorageFailed";
        if (o.Record is { } record && !record.Members.Contains(o.Me)) return "NotMember";
        return o.Process.Running ? null : "NotRunning";
    }

    /// <summary>By SQL and by role: a server that answers; a standby cut from the API server and from all its peers is isolated, and read no more (requirement E11).</summary>
    private static (bool Ready, string Reason) Readiness(InstanceObservation o)
    {
        if (!o.Process.Running || o.Status is null) return (false, "the server does not answer");
        if (o.IsHolder) return o.RunsReadWrite ? (o.IsAdmitted, o.IsAdmitted ? "ok" : "clients are not admitted yet") : (true, "ok");
        var alone = !o.Reading.Reachable && o.Peers.All(p => !p.Reachable);
        return alone ? (false, "isolated: neither the API server nor a peer answers") : (true, "ok");
    }

    public static bool Readable(InstanceObservation o)
    {
        if (o.Status is null || !Readiness(o).Ready) return false;
        if (o.RunsReadWrite) return o.Settings.ReadFallbackPrimary && o.IsAdmitted && !o.Standbys.Any(s => s.Streaming && s.Lag <= o.Settings.MaximumReadLag);
        if (o.Record?.Holder is null || o.Status.Receiver is not { Status: "streaming" } receiver) return false;
        var behind = receiver.LatestEnd - (o.Status.Replayed ?? Lsn.Zero);
        return behind <= o.Settings.MaximumReadLag;
    }
}
