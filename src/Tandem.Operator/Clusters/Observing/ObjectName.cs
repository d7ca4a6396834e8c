namespace Tandem.Operator.Clusters.Observing;

/// <summary>An object of a cluster within its namespace, e.g. (Service, orders-rw).</summary>
public readonly record struct ObjectName(string Kind, string Name)
{
    public override string ToString() => $"{Kind} {Name}";
}
