using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources;

public sealed record InstanceStatus
{
    [Description("Name of the instance's pod.")]
    [Required]
    public string Name { get; set; } = "";

    [Description("This life of its data: instance/volume/claim.")]
    public Incarnation? Incarnation { get; set; }

    [Description("Highest epoch that it has promised or followed.")]
    public Epoch? Epoch { get; set; }

    [Description("Revision of the newest record that it has obeyed, within that epoch.")]
    public long? Revision { get; set; }

    [Description("Its part in the cluster: Primary, MainStandby, Standby or Cascade.")]
    public InstanceRole? Role { get; set; }

    [Description("How this very server runs, apart from what the cluster is for: Primary, Standby, or Normal (by itself).")]
    public InstanceRunMode? RunMode { get; set; }

    [Description("What it does now.")]
    public InstanceState? State { get; set; }

    [Description("How good its data are: LATEST, STREAMING|SYNC, STREAMING|POTENTIAL, STREAMING|ASYNC, CATCHUP, DISCONNECT or INIT.")]
    public DataStatus? DataStatus { get; set; }

    [Description("Timeline of its log.")]
    public TimelineId? Timeline { get; set; }

    [Description("Sent to it by its upstream; of the primary: written by itself.")]
    public Lsn? SentLsn { get; set; }

    [Description("Written by it.")]
    public Lsn? WriteLsn { get; set; }

    [Description("Flushed by it: survives a loss of power.")]
    public Lsn? FlushLsn { get; set; }

    [Description("Replayed by it: visible to readers.")]
    public Lsn? ReplayLsn { get; set; }

    [Description("How far its replay is behind the holder's log.")]
    public long? LagBytes { get; set; }

    [Description("How its upstream counts it: quorum, sync, potential or async.")]
    public string? SyncState { get; set; }

    [Description("Whom it streams from: an instance, or site/instance for one of another site.")]
    public string? Upstream { get; set; }

    [Description("Node of its pod.")]
    public string? Node { get; set; }

    [JsonPropertyName("podIP")]
    [Description("Address of its pod.")]
    public string? PodIP { get; set; }

    [Description("Whether the pod is ready: its server answers as its role demands.")]
    public bool? Ready { get; set; }

    [Description("Whether it can be elected now.")]
    public bool? Promotable { get; set; }

    [Description("Why it is not promotable, or why it is held; one CamelCase word.")]
    public string? Reason { get; set; }

    [Description("The same in a sentence.")]
    public string? Message { get; set; }

    [Description("How much of a base backup or rewind is done, in percent.")]
    public int? Progress { get; set; }

    [Description("Priority in elections.")]
    public int? Priority { get; set; }

    [Description("Crashes of its server within the window, each answered by a restart in place.")]
    public int? Restarts { get; set; }

    [Description("The last failure of its server in a sentence.")]
    public string? LastFailure { get; set; }

    [Description("Settings that wait for a restart.")]
    public List<string> PendingRestart { get; set; } = [];
}

/// <summary>What a site's cluster is for, as status shows it.</summary>
[JsonConverter(typeof(ClosedEnumConverter<ClusterRunMode>))]
public enum ClusterRunMode { Primary, Standby }

[JsonConverter(typeof(ClosedEnumConverter<InstanceRole>))]
public enum InstanceRole { Primary, MainStandby, Standby, Cascade }

[JsonConverter(typeof(ClosedEnumConverter<InstanceRunMode>))]
public enum InstanceRunMode { Primary, Standby, Normal }

/// <summary>Pending: no pod, or none that runs. Unreachable: the pod is there, its agent does not answer. The rest is what the agent says.</summary>
[JsonConverter(typeof(ClosedEnumConverter<InstanceState>))]
public enum InstanceState { Pending, Founding, Cloning, Rewinding, Starting, Recovering, Streaming, Promoting, Running, Stopping, Stopped, Held, Failed, Unreachable }

/// <summary>The words of pha4pgsql's data-status.</summary>
[JsonConverter(typeof(ClosedEnumConverter<DataStatus>))]
public enum DataStatus
{
    [JsonStringEnumMemberName("LATEST")] Latest,
    [JsonStringEnumMemberName("STREAMING|SYNC")] StreamingSync,
    [JsonStringEnumMemberName("STREAMING|POTENTIAL")] StreamingPotential,
    [JsonStringEnumMemberName("STREAMING|ASYNC")] StreamingAsync,
    [JsonStringEnumMemberName("CATCHUP")] Catchup,
    [JsonStringEnumMemberName("DISCONNECT")] Disconnect,
    [JsonStringEnumMemberName("INIT")] Init,
}
