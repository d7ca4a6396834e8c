using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources;

public sealed record SynchronizationSpec
{
    [Description("Quorum: any `acknowledgements` of the standbys confirm a commit. Synchronous: every standby of the set does. Asynchronous: none; a failover may lose the newest commits. Absent: Quorum from three instances on, Synchronous with two, Asynchronous with one.")]
    public SynchronizationMode? Mode { get; set; }

    [Description("With Quorum: how many standbys must have a commit before it is acknowledged. Less than the number of standbys.")]
    [RangeMinimum(1), RangeMaximum(7)]
    public int Acknowledgements { get; set; } = 1;

    [Description("What happens when too few standbys are left: Required, commits wait; Preferred, the cluster goes on asynchronously after `degradeAfter` and comes back by itself.")]
    public Durability Durability { get; set; } = Durability.Required;

    [Description("With Preferred: how long commits wait for standbys that are gone before the cluster goes on without them. 1s to 1h.")]
    [ValidationRule("duration(self) >= duration('1s') && duration(self) <= duration('1h')", "spec.synchronization.degradeAfter must be 1s to 1h")]
    public Duration DegradeAfter { get; set; } = new("10s");

    [Description("How long a standby of the synchronous set may be gone before another takes its place in the set. 1s to 1h.")]
    [ValidationRule("duration(self) >= duration('1s') && duration(self) <= duration('1h')", "spec.synchronization.replaceAfter must be 1s to 1h")]
    public Duration ReplaceAfter { get; set; } = new("5s");

    [Description("A standby joins the synchronous set again when it is at most this far behind.")]
    public Quantity ResumeLag { get; set; } = new("16Mi");

    /// <summary>The mode in force: the one asked for, or the one that fits the number of instances.</summary>
    public SynchronizationMode ModeFor(int instances) => Mode ?? instances switch
    {
        >= 3 => SynchronizationMode.Quorum,
        2 => SynchronizationMode.Synchronous,
        _ => SynchronizationMode.Asynchronous,
    };
}

[JsonConverter(typeof(ClosedEnumConverter<SynchronizationMode>))]
public enum SynchronizationMode { Quorum, Synchronous, Asynchronous }

[JsonConverter(typeof(ClosedEnumConverter<Durability>))]
public enum Durability { Required, Preferred }
