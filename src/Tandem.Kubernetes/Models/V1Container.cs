namespace Tandem.Kubernetes.Models;

public sealed record V1Container : ExtensibleObject
{
    public string Name { get; set; } = "";
    public string? Image { get; set; }
    public string? ImagePullPolicy { get; set; }
    public List<string>? Command { get; set; }
    public List<string>? Args { get; set; }
    public string? WorkingDir { get; set; }
    public List<V1ContainerPort>? Ports { get; set; }
    public List<V1EnvVar>? Env { get; set; }
    public List<V1EnvFromSource>? EnvFrom { get; set; }
    public V1ResourceRequirements? Resources { get; set; }
    public List<V1VolumeMount>? VolumeMounts { get; set; }
    public V1Probe? LivenessProbe { get; set; }
    public V1Probe? ReadinessProbe { get; set; }
    public V1Probe? StartupProbe { get; set; }
    public V1Lifecycle? Lifecycle { get; set; }
    public V1SecurityContext? SecurityContext { get; set; }
    public string? TerminationMessagePath { get; set; }
    public string? TerminationMessagePolicy { get; set; }
    /// <summary>"Always" on an init container makes it a sidecar (1.29).</summary>
    public string? RestartPolicy { get; set; }
}

public sealed record V1ContainerPort : ExtensibleObject
{
    public string? Name { get; set; }
    public int? ContainerPort { get; set; }
    public int? HostPort { get; set; }
    public string? Protocol { get; set; }
}

public sealed record V1EnvVar : ExtensibleObject
{
    public string Name { get; set; } = "";
    public string? Value { get; set; }
    public V1EnvVarSource? ValueFrom { get; set; }
}

public sealed record V1EnvVarSource : ExtensibleObject
{
    public V1ObjectFieldSelector? FieldRef { get; set; }
    public V1SecretKeySelector? SecretKeyRef { get; set; }
    public V1ConfigMapKeySelector? ConfigMapKeyRef { get; set; }
    public V1ResourceFieldSelector? ResourceFieldRef { get; set; }
}

public sealed record V1ObjectFieldSelector : ExtensibleObject
{
    public string? ApiVersion { get; set; }
    public string FieldPath { get; set; } = "";
}

public sealed record V1ResourceFieldSelector : ExtensibleObject
{
    public string? ContainerName { get; set; }
    public string Resource { get; set; } = "";
    public string? Divisor { get; set; }
}

public sealed record V1SecretKeySelector : ExtensibleObject
{
    public string? Name { get; set; }
    public string Key { get; set; } = "";
    public bool? Optional { get; set; }
}

public sealed record V1ConfigMapKeySelector : ExtensibleObject
{
    public string? Name { get; set; }
    public string Key { get; set; } = "";
    public bool? Optional { get; set; }
}

public sealed record V1EnvFromSource : ExtensibleObject
{
    public string? Prefix { get; set; }
    public V1SecretEnvSource? SecretRef { get; set; }
    public V1ConfigMapEnvSource? ConfigMapRef { get; set; }
}

public sealed record V1SecretEnvSource : ExtensibleObject
{
    public string? Name { get; set; }
    public bool? Optional { get; set; }
}

public sealed record V1ConfigMapEnvSource : ExtensibleObject
{
    public string? Name { get; set; }
    public bool? Optional { get; set; }
}

/// <summary>Quantities as Kubernetes writes them: <c>500m</c>, <c>1Gi</c>.</summary>
public sealed record V1ResourceRequirements : ExtensibleObject
{
    public Dictionary<string, string>? Requests { get; set; }
    public Dictionary<string, string>? Limits { get; set; }
}

public sealed record V1VolumeMount : ExtensibleObject
{
    public string Name { get; set; } = "";
    public string MountPath { get; set; } = "";
    public string? SubPath { get; set; }
    public bool? ReadOnly { get; set; }
    public string? MountPropagation { get; set; }
}
