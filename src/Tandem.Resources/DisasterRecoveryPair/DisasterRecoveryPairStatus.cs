using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Kubernetes.Models;
using Tandem.Resources.Values;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources;

/// <summary>Written by the operator of the site where it stands, rebuilt from the pair records. What is not known is absent, never 0.</summary>
[Description("What the pair is, as this site sees it. What is not known is absent.")]
public sealed record DisasterRecoveryPairStatus
{
    [Description("The generation of the spec that this status speaks of.")]
    public long? ObservedGeneration { get; set; }

    [Description("The site that speaks here.")]
    public string? Site { get; set; }

    [Description("This site's part: Primary or Standby.")]
    public ClusterRunMode? Role { get; set; }

    [Description("The site that is writable.")]
    public string? PrimarySite { get; set; }

    [Description("The site that follows.")]
    public string? StandbySite { get; set; }

    [Description("What the pair does now.")]
    public PairPhase? Phase { get; set; }

    [Description("Number of the pair epoch: what failover.fromEpoch must name.")]
    public long? Epoch { get; set; }

    [Description("The pair epoch, number@site.")]
    public PairEpoch? PairEpoch { get; set; }

    [Description("The operation under way, or the last one.")]
    public OperationStatus? Operation { get; set; }

    [Description("How much a failover now would lose. Only at the primary site, and only while the stream flows.")]
    public RecoveryPointStatus? RecoveryPoint { get; set; }

    [Description("How long the standby site needs to catch up. Only at the primary site, and only while the stream flows.")]
    public RecoveryTimeStatus? RecoveryTime { get; set; }

    [Description("Whether the loss of the primary site can be survived now.")]
    public bool? Protected { get; set; }

    [Description("What the other site last said.")]
    public PeerStatus? Peer { get; set; }

    [Description("What stands at the arbiter, as this site reads it. Only where the pair has one.")]
    public ArbiterStatus? Arbiter { get; set; }

    [Description("Where there is no link: what this site has to say to the other one, for spec.sites[].letter of this site there. Nothing in it is secret.")]
    public string? Letter { get; set; }

    [Description("The last pair epochs, the newest first.")]
    [Items(0, 50)]
    public List<PairHistoryEntry> History { get; set; } = [];

    [Description("Conditions by type: Ready, Protected, Synchronized, PeerReachable, SwitchoverReady, Progressing, Diverged; with an arbiter, Arbitrated.")]
    [ListMapKeys("type")]
    public List<V1Condition> Conditions { get; set; } = [];
}

/// <summary>What the pair does. The states of gs_sdr map to these (docs/coming-from.md).</summary>
[JsonConverter(typeof(ClosedEnumConverter<PairPhase>))]
public enum PairPhase
{
    /// <summary>Nothing is known of the pair yet.</summary>
    Pending,

    /// <summary>The standby site is built by base backup.</summary>
    Building,

    /// <summary>The primary site is writable and waits for the other's main standby.</summary>
    WaitingForMainStandby,

    /// <summary>The standby site follows.</summary>
    Streaming,

    /// <summary>The stream is broken off.</summary>
    Interrupted,

    SwitchingOver,
    FailingOver,

    /// <summary>This site was demoted, and cannot read how the handover ended.</summary>
    HandoverInDoubt,

    /// <summary>The old primary site comes back as standby.</summary>
    Rejoining,

    /// <summary>Nothing moves until a person acts; the Ready condition says why.</summary>
    Held,

    Dissolved,
}

[JsonConverter(typeof(ClosedEnumConverter<PairOperationType>))]
public enum PairOperationType { Build, Switchover, Failover, Rejoin, Dissolve }

[JsonConverter(typeof(ClosedEnumConverter<OperationOutcome>))]
public enum OperationOutcome { Running, Completed, RolledBack, Failed }

public sealed record ArbiterStatus
{
    [Description("Whether this site can read it now.")]
    public bool? Reachable { get; set; }

    [Description("The site that holds the lease; absent: nobody, or not known.")]
    public string? Holder { get; set; }

    [Description("The pair epoch that it is held at.")]
    public PairEpoch? PairEpoch { get; set; }

    [Description("When it was last renewed, by the holder's clock.")]
    public DateTimeOffset? RenewedAt { get; set; }
}

public sealed record OperationStatus
{
    [Description("Build, Switchover, Failover, Rejoin or Dissolve.")]
    public PairOperationType? Type { get; set; }

    [Description("Id of the operation: in every log line, Event and span of it, at both sites.")]
    public string? Id { get; set; }

    [Description("The step it is at.")]
    public string? Step { get; set; }

    [Description("Running, Completed, RolledBack or Failed.")]
    public OperationOutcome? Outcome { get; set; }

    [Description("When it began.")]
    public DateTimeOffset? StartedAt { get; set; }

    [Description("When it ended.")]
    public DateTimeOffset? EndedAt { get; set; }

    [Description("Deadline of the present step.")]
    public DateTimeOffset? Deadline { get; set; }

    [Description("How much of the step is done, in percent.")]
    public int? Progress { get; set; }

    [Description("Which site asked for it.")]
    public string? Owner { get; set; }

    [Description("What it waits for, in a sentence.")]
    public string? Message { get; set; }

    [Description("Each step with its time, in order.")]
    [Items(0, 100)]
    public List<OperationStepStatus> Steps { get; set; } = [];
}

public sealed record OperationStepStatus
{
    [Description("Name of the step.")]
    public string Name { get; set; } = "";

    [Description("When it began.")]
    public DateTimeOffset? At { get; set; }

    [Description("How long it took; absent while it is under way.")]
    public double? Seconds { get; set; }

    [Description("What happened, in a sentence.")]
    public string? Message { get; set; }
}

public sealed record RecoveryPointStatus
{
    [Description("Bytes of log that the other site has not flushed.")]
    public long? Bytes { get; set; }

    [Description("The same in seconds of writing at the present rate.")]
    public double? Seconds { get; set; }

    [Description("For people, e.g. 0.2s.")]
    public string? Text { get; set; }

    [Description("When it was measured.")]
    public DateTimeOffset? At { get; set; }
}

public sealed record RecoveryTimeStatus
{
    [Description("Seconds that the other site needs to flush and replay what it lacks.")]
    public double? Seconds { get; set; }

    [Description("For people, e.g. 1s.")]
    public string? Text { get; set; }

    [Description("When it was measured.")]
    public DateTimeOffset? At { get; set; }
}

public sealed record PeerStatus
{
    [Description("Name of the other site.")]
    public string? Site { get; set; }

    [Description("Whether its API server answered the last time.")]
    public bool? Reachable { get; set; }

    [Description("When it last answered.")]
    public DateTimeOffset? LastSeen { get; set; }

    [Description("Its part: Primary or Standby.")]
    public ClusterRunMode? Role { get; set; }

    [Description("Its pair epoch, number@site.")]
    public PairEpoch? PairEpoch { get; set; }

    [Description("Its database's identifier.")]
    public SystemIdentifier? SystemIdentifier { get; set; }

    [Description("Version of its database server.")]
    public string? Version { get; set; }

    [Description("The instance that holds its record: the primary, or the main standby.")]
    public string? Holder { get; set; }
}

public sealed record PairHistoryEntry
{
    [Description("The pair epoch that began, number@site.")]
    public PairEpoch Epoch { get; set; }

    [Description("The site that was writable before.")]
    public string? From { get; set; }

    [Description("The site that is writable since.")]
    public string? To { get; set; }

    [Description("Why, one CamelCase word: Founded, Switchover, Failover, RolledBack, Override.")]
    public string Reason { get; set; } = "";

    [Description("The same in a sentence; after a failover of an asynchronous pair, what may be lost.")]
    public string? Message { get; set; }

    [Description("When.")]
    public DateTimeOffset? At { get; set; }

    [Description("How long nothing could be written; absent where it is not known.")]
    public double? SecondsUnavailable { get; set; }
}
