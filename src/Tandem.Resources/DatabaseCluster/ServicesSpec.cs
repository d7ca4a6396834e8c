using System.Text.Json.Serialization;
using Tandem.Kubernetes.Crds;
using Tandem.Resources.Values;
using Tandem.Resources.Values.Json;

namespace Tandem.Resources;

public sealed record ServicesSpec
{
    [Description("Service <name>-rw: the primary, and nobody while there is none.")]
    public ServiceSpec ReadWrite { get; set; } = new();

    [Description("Service <name>-ro: the standbys that are not too far behind.")]
    public ReadOnlyServiceSpec ReadOnly { get; set; } = new();

    [Description("Service <name>-r: every instance that can be read.")]
    public ServiceSpec Read { get; set; } = new();

    [Description("Service <name>-dr, made where there is a pair: what the other site streams from. Must be reachable from there.")]
    public ReplicationServiceSpec Replication { get; set; } = new();
}

[ValidationRule("!has(self.nodePort) || self.type != 'ClusterIP'", "nodePort needs type NodePort or LoadBalancer")]
public sealed record ServiceSpec
{
    [Description("Type of the Service.")]
    public ServiceType Type { get; set; } = ServiceType.ClusterIP;

    [Description("ClientIP keeps a client on one instance.")]
    public SessionAffinity SessionAffinity { get; set; } = SessionAffinity.None;

    [Description("Port on every node. Absent: chosen by Kubernetes where the type needs one.")]
    [RangeMinimum(1), RangeMaximum(65535)]
    public int? NodePort { get; set; }

    [Description("Annotations of the Service, e.g. for the load balancer.")]
    [Items(0, 50), Length(0, 4096)]
    public Dictionary<string, string> Annotations { get; set; } = [];
}

[ValidationRule("!has(self.nodePort) || self.type != 'ClusterIP'", "nodePort needs type NodePort or LoadBalancer")]
public sealed record ReadOnlyServiceSpec
{
    [Description("Type of the Service.")]
    public ServiceType Type { get; set; } = ServiceType.ClusterIP;

    [Description("ClientIP keeps a client on one instance.")]
    public SessionAffinity SessionAffinity { get; set; } = SessionAffinity.None;

    [Description("Port on every node. Absent: chosen by Kubernetes where the type needs one.")]
    [RangeMinimum(1), RangeMaximum(65535)]
    public int? NodePort { get; set; }

    [Description("Annotations of the Service, e.g. for the load balancer.")]
    [Items(0, 50), Length(0, 4096)]
    public Dictionary<string, string> Annotations { get; set; } = [];

    [Description("A standby further behind is not read from.")]
    public Quantity MaximumReadLag { get; set; } = new("16Mi");

    [Description("Who is read from when no standby is fit: None, nobody; Primary, the primary.")]
    public ReadOnlyFallback Fallback { get; set; } = ReadOnlyFallback.None;
}

[ValidationRule("!has(self.nodePort) || self.type != 'ClusterIP'", "nodePort needs type NodePort or LoadBalancer")]
public sealed record ReplicationServiceSpec
{
    [Description("Type of the Service.")]
    public ServiceType Type { get; set; } = ServiceType.LoadBalancer;

    [Description("Port on every node. Absent: chosen by Kubernetes where the type needs one.")]
    [RangeMinimum(1), RangeMaximum(65535)]
    public int? NodePort { get; set; }

    [Description("Annotations of the Service, e.g. for the load balancer.")]
    [Items(0, 50), Length(0, 4096)]
    public Dictionary<string, string> Annotations { get; set; } = [];
}

[JsonConverter(typeof(ClosedEnumConverter<ServiceType>))]
public enum ServiceType { ClusterIP, NodePort, LoadBalancer }

[JsonConverter(typeof(ClosedEnumConverter<SessionAffinity>))]
public enum SessionAffinity { None, ClientIP }

[JsonConverter(typeof(ClosedEnumConverter<ReadOnlyFallback>))]
public enum ReadOnlyFallback { None, Primary }
