using Tandem.Kubernetes.Crds;
using Tandem.Kubernetes.Models;
using Tandem.Resources.Values;

namespace Tandem.Resources;

/// <summary>Written by the operator alone, rebuilt from the record and the agents' reports. What is not known is absent, never 0.</summary>
[Description("What the database is. What is not known is absent.")]
public sealed record DatabaseClusterStatus
{
    [Description("The generation of the spec that this status speaks of.")]
    public long? ObservedGeneration { get; set; }

    [Description("What the cluster is for: Primary, or Standby of another site.")]
    public ClusterRunMode? RunMode { get; set; }

    [Description("The instance that holds the record: the primary, at a standby site the main standby.")]
    public string? Primary { get; set; }

    [Description("The instance of the highest priority.")]
    public string? PreferredPrimary { get; set; }

    [Description("Number of the present reign; rises at every failover and switchover.")]
    public Epoch? Epoch { get; set; }

    [Description("Epoch of the pair that this cluster obeys, number@site.")]
    public PairEpoch? PairEpoch { get; set; }

    [Description("Nobody below this position is elected.")]
    public FloorStatus? Floor { get; set; }

    [Description("Every instance as its agent last reported it.")]
    [ListMapKeys("name")]
    public List<InstanceStatus> Instances { get; set; } = [];

    [Description("How many instances are ready.")]
    public int? ReadyInstances { get; set; }

    [Description("Ready instances of those asked for, e.g. 3/3.")]
    public string? InstancesText { get; set; }

    [Description("How many standbys must confirm a commit now, e.g. Quorum 1 of 2.")]
    public string? Synchronization { get; set; }

    [Description("The last reigns, the newest first.")]
    [Items(0, 50)]
    public List<HistoryEntry> History { get; set; } = [];

    [Description("Conditions by type: Ready, Writable, Synchronized, StorageWritable, Progressing, Degraded, Paused, RewindPossible.")]
    [ListMapKeys("type")]
    public List<V1Condition> Conditions { get; set; } = [];

    [Description("PostgreSQL's identifier of this database; the same in every copy.")]
    public SystemIdentifier? SystemIdentifier { get; set; }

    [Description("The image that the instances run.")]
    public string? Image { get; set; }

    [Description("Version of the database server, e.g. 17.4.")]
    public string? Version { get; set; }

    [Description("Where the Services are reached.")]
    public ServicesStatus? Services { get; set; }
}

public sealed record FloorStatus
{
    [Description("Epoch of the position.")]
    public Epoch Epoch { get; set; }

    [Description("The position in the log.")]
    public Lsn Lsn { get; set; }
}

public sealed record HistoryEntry
{
    [Description("The epoch that began.")]
    public Epoch Epoch { get; set; }

    [Description("Who held the record before; absent at the first.")]
    public string? From { get; set; }

    [Description("Who holds it since.")]
    public string? To { get; set; }

    [Description("Why it changed, one CamelCase word.")]
    public string Reason { get; set; } = "";

    [Description("The same in a sentence.")]
    public string? Message { get; set; }

    [Description("When.")]
    public DateTimeOffset? At { get; set; }

    [Description("How long nothing could be written; absent where it is not known.")]
    public double? SecondsUnavailable { get; set; }
}

public sealed record ServicesStatus
{
    [Description("Address of <name>-rw, host:port.")]
    public string? ReadWrite { get; set; }

    [Description("Address of <name>-ro, host:port.")]
    public string? ReadOnly { get; set; }

    [Description("Address of <name>-r, host:port.")]
    public string? Read { get; set; }

    [Description("Address of <name>-dr, host:port, as the other site reaches it.")]
    public string? Replication { get; set; }
}
