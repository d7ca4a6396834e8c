using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources.Values;

/// <summary>A PostgreSQL timeline number. A number alone names no history: two servers can both have taken it (protocol, section 4).</summary>
[JsonConverter(typeof(TimelineIdConverter)), SchemaType("integer", Format = "int64")]
public readonly record struct TimelineId(uint Value) : IComparable<TimelineId>
{
    public int CompareTo(TimelineId other) => Value.CompareTo(other.Value);
    public static bool operator <(TimelineId a, TimelineId b) => a.Value < b.Value;
    public static bool operator >(TimelineId a, TimelineId b) => a.Value > b.Value;
    public static bool operator <=(TimelineId a, TimelineId b) => a.Value <= b.Value;
    public static bool operator >=(TimelineId a, TimelineId b) => a.Value >= b.Value;
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
