namespace Tandem.Kubernetes.Models;

public sealed record V1PodSecurityContext : ExtensibleObject
{
    public long? RunAsUser { get; set; }
    public long? RunAsGroup { get; set; }
    public bool? RunAsNonRoot { get; set; }
    public long? FsGroup { get; set; }
    public string? FsGroupChangePolicy { get; set; }
    public List<long>? SupplementalGroups { get; set; }
    public V1SeccompProfile? SeccompProfile { get; set; }
    public V1SELinuxOptions? SeLinuxOptions { get; set; }
    public List<V1Sysctl>? Sysctls { get; set; }
}

public sealed record V1SecurityContext : ExtensibleObject
{
    public long? RunAsUser { get; set; }
    public long? RunAsGroup { get; set; }
    public bool? RunAsNonRoot { get; set; }
    public bool? Privileged { get; set; }
    public bool? AllowPrivilegeEscalation { get; set; }
    public bool? ReadOnlyRootFilesystem { get; set; }
    public V1Capabilities? Capabilities { get; set; }
    public V1SeccompProfile? SeccompProfile { get; set; }
    public V1SELinuxOptions? SeLinuxOptions { get; set; }
}

public sealed record V1Capabilities : ExtensibleObject
{
    public List<string>? Add { get; set; }
    public List<string>? Drop { get; set; }
}

public sealed record V1SeccompProfile : ExtensibleObject
{
    public string Type { get; set; } = "";
    public string? LocalhostProfile { get; set; }
}

public sealed record V1SELinuxOptions : ExtensibleObject
{
    public string? User { get; set; }
    public string? Role { get; set; }
    public string? Type { get; set; }
    public string? Level { get; set; }
}

public sealed record V1Sysctl : ExtensibleObject
{
    public string Name { get; set; } = "";
    public string Value { get; set; } = "";
}
