using System.Collections.Immutable;
using Tandem.Kubernetes.Models;
using Tandem.Operator.Clusters.Desired;
using Tandem.Operator.Links.Agents;
using Tandem.Protocol.Links;
using Tandem.Protocol.Records;
using Tandem.Resources;
using Tandem.Resources.Values;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>One look at a cluster: everything that a decision or a report may depend on, and nothing that changes afterwards.</summary>
public sealed record ClusterObservation
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>The same moment in time since boot, which no correction of the clock moves: whatever is to last a while is measured by it.</summary>
    public required TimeSpan BootTime { get; init; }
    public required DatabaseCluster Cluster { get; init; }
    public required PodSettings Settings { get; init; }
    public RecordReading Record { get; init; } = RecordReading.IsAbsent;

    /// <summary>By name, which is the instance's.</summary>
    public ImmutableSortedDictionary<string, V1Pod> Pods { get; init; } = ImmutableSortedDictionary<string, V1Pod>.Empty;
    public ImmutableSortedDictionary<string, V1PersistentVolumeClaim> Claims { get; init; } = ImmutableSortedDictionary<string, V1PersistentVolumeClaim>.Empty;
    public ImmutableSortedDictionary<string, V1Service> Services { get; init; } = ImmutableSortedDictionary<string, V1Service>.Empty;

    /// <summary>Version (<see cref="ObjectVersion"/>) of every object of the cluster that is there.</summary>
    public ImmutableDictionary<ObjectName, string> Live { get; init; } = ImmutableDictionary<ObjectName, string>.Empty;

    /// <summary>Whether the record's Lease has the cluster for its owner.</summary>
    public bool RecordIsOwned { get; init; } = true;

    /// <summary>Objects that belong to an earlier cluster of the same name: never touched.</summary>
    public ImmutableSortedSet<string> Foreign { get; init; } = [];

    /// <summary>What this operator has sent since it leads.</summary>
    public ImmutableDictionary<ObjectName, Sent> Sent { get; init; } = ImmutableDictionary<ObjectName, Sent>.Empty;

    public CertificateSet Certificates { get; init; } = CertificateSet.None;

    /// <summary>Database and owner that the application's Secret names; null where there is none.</summary>
    public (string? Database, string? Owner)? Application { get; init; }

    /// <summary>By instance: what its present pod's agent said last.</summary>
    public ImmutableSortedDictionary<string, HeardReport> Reports { get; init; } = ImmutableSortedDictionary<string, HeardReport>.Empty;

    /// <summary>Whether the DisasterRecoveryPair that spec.pair names is there.</summary>
    public bool PairExists { get; init; } = true;

    /// <summary>The StorageClass that the spec names and that is not there.</summary>
    public string? MissingStorageClass { get; init; }

    public PairStanding Pair { get; init; } = PairStanding.Alone;

    /// <summary>Whether policy/v1 is there (1.21); before, policy/v1beta1.</summary>
    public bool HasPolicyV1 { get; init; } = true;

    private DesiredSet? _desired;

    /// <summary>What this generation of the cluster asks for.</summary>
    public DesiredSet Desired
    {
        get => _desired?.IsOf(Cluster) == true ? _desired : _desired = new DesiredSet(Cluster, Settings);
        init => _desired = value;
    }

    private (ClusterObservation Of, IReadOnlyList<InstanceView> Views)? _instances;

    /// <summary>Those asked for and those that are there, by number. Worked out once for each look.</summary>
    public IReadOnlyList<InstanceView> Instances
    {
        get
        {
            if (_instances is not { } known || !ReferenceEquals(known.Of, this)) _instances = known = (this, InstanceView.All(this));
            return known.Views;
        }
    }

    public string Name => Cluster.Metadata.Name!;
    public ClusterKey Key => ClusterKey.Of(Cluster);
    public PrimaryRecord? PrimaryRecord => Record.Record;
    public string? Holder => PrimaryRecord?.Holder?.Instance;

    /// <summary>An agent has obeyed a newer record than the watch has told of: that may have broken off, or the API server has gone back.</summary>
    public bool RecordIsBehind => PrimaryRecord is { } record && Reports.Values.Any(r => r.Fresh is { RecordEpoch: { } epoch, Revision: { } revision } && record.IsOlderThan(new Epoch(epoch), revision));

    /// <summary>The instance's report, if it speaks of the present.</summary>
    public AgentReport? Fresh(string instance) => Reports.GetValueOrDefault(instance)?.Fresh;

    public V1Pod? Pod(string instance) => Pods.GetValueOrDefault(instance);
}
