namespace Tandem.Kubernetes.Models;

public sealed record V1Probe : ExtensibleObject
{
    public V1ExecAction? Exec { get; set; }
    public V1HTTPGetAction? HttpGet { get; set; }
    public V1TCPSocketAction? TcpSocket { get; set; }
    public int? InitialDelaySeconds { get; set; }
    public int? PeriodSeconds { get; set; }
    public int? TimeoutSeconds { get; set; }
    public int? SuccessThreshold { get; set; }
    public int? FailureThreshold { get; set; }
    public long? TerminationGracePeriodSeconds { get; set; }
}

public sealed record V1ExecAction : ExtensibleObject
{
    public List<string>? Command { get; set; }
}

public sealed record V1HTTPGetAction : ExtensibleObject
{
    public string? Path { get; set; }
    public IntOrString? Port { get; set; }
    public string? Host { get; set; }
    public string? Scheme { get; set; }
    public List<V1HTTPHeader>? HttpHeaders { get; set; }
}

public sealed record V1HTTPHeader : ExtensibleObject
{
    public string Name { get; set; } = "";
    public string Value { get; set; } = "";
}

public sealed record V1TCPSocketAction : ExtensibleObject
{
    public IntOrString? Port { get; set; }
    public string? Host { get; set; }
}

public sealed record V1Lifecycle : ExtensibleObject
{
    public V1LifecycleHandler? PostStart { get; set; }
    public V1LifecycleHandler? PreStop { get; set; }
}

public sealed record V1LifecycleHandler : ExtensibleObject
{
    public V1ExecAction? Exec { get; set; }
    public V1HTTPGetAction? HttpGet { get; set; }
    public V1TCPSocketAction? TcpSocket { get; set; }
}
