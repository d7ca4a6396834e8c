using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources;

[JsonConverter(typeof(ClosedEnumConverter<ImagePullPolicy>))]
public enum ImagePullPolicy { IfNotPresent, Always, Never }

[JsonConverter(typeof(ClosedEnumConverter<PodAntiAffinity>))]
public enum PodAntiAffinity { Preferred, Required }

public sealed record SecretReference
{
    [Description("Name of the Secret, in the same namespace.")]
    [Required, Length(1, 253), Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    public string Name { get; set; } = "";
}

public sealed record SecuritySpec
{
    [Description("User id of the database's processes; never 0.")]
    [RangeMinimum(1), RangeMaximum(2147483647)]
    public long RunAsUser { get; set; } = 999;

    [Description("Group id of the database's processes; never 0.")]
    [RangeMinimum(1), RangeMaximum(2147483647)]
    public long RunAsGroup { get; set; } = 999;

    [Description("Group id that owns the volumes; never 0.")]
    [RangeMinimum(1), RangeMaximum(2147483647)]
    public long FsGroup { get; set; } = 999;
}

public sealed record TolerationSpec
{
    [Description("Key of the taint; absent with operator Exists: every taint.")]
    [Length(1, 316)]
    public string? Key { get; set; }

    [Description("Whether the taint's value must be equal, or the key need only exist.")]
    public TolerationOperator Operator { get; set; } = TolerationOperator.Equal;

    [Description("Value of the taint.")]
    [Length(0, 63)]
    public string? Value { get; set; }

    [Description("Effect of the taint; absent: all.")]
    public TaintEffect? Effect { get; set; }

    [Description("With NoExecute: how long the pod stays; absent: for ever.")]
    [RangeMinimum(0)]
    public long? TolerationSeconds { get; set; }
}

[JsonConverter(typeof(ClosedEnumConverter<TolerationOperator>))]
public enum TolerationOperator { Equal, Exists }

[JsonConverter(typeof(ClosedEnumConverter<TaintEffect>))]
public enum TaintEffect { NoSchedule, PreferNoSchedule, NoExecute }
