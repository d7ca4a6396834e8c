namespace Tandem.Kubernetes.Models;

public sealed record V1Volume : ExtensibleObject
{
    public string Name { get; set; } = "";
    public V1SecretVolumeSource? Secret { get; set; }
    public V1ConfigMapVolumeSource? ConfigMap { get; set; }
    public V1EmptyDirVolumeSource? EmptyDir { get; set; }
    public V1PersistentVolumeClaimVolumeSource? PersistentVolumeClaim { get; set; }
    public V1ProjectedVolumeSource? Projected { get; set; }
    public V1DownwardAPIVolumeSource? DownwardAPI { get; set; }
    public V1HostPathVolumeSource? HostPath { get; set; }
}

public sealed record V1SecretVolumeSource : ExtensibleObject
{
    public string? SecretName { get; set; }
    public int? DefaultMode { get; set; }
    public bool? Optional { get; set; }
    public List<V1KeyToPath>? Items { get; set; }
}

public sealed record V1ConfigMapVolumeSource : ExtensibleObject
{
    public string? Name { get; set; }
    public int? DefaultMode { get; set; }
    public bool? Optional { get; set; }
    public List<V1KeyToPath>? Items { get; set; }
}

public sealed record V1KeyToPath : ExtensibleObject
{
    public string Key { get; set; } = "";
    public string Path { get; set; } = "";
    public int? Mode { get; set; }
}

public sealed record V1EmptyDirVolumeSource : ExtensibleObject
{
    public string? Medium { get; set; }
    public string? SizeLimit { get; set; }
}

public sealed record V1PersistentVolumeClaimVolumeSource : ExtensibleObject
{
    public string ClaimName { get; set; } = "";
    public bool? ReadOnly { get; set; }
}

public sealed record V1HostPathVolumeSource : ExtensibleObject
{
    public string Path { get; set; } = "";
    public string? Type { get; set; }
}

public sealed record V1DownwardAPIVolumeSource : ExtensibleObject
{
    public List<V1DownwardAPIVolumeFile>? Items { get; set; }
    public int? DefaultMode { get; set; }
}

public sealed record V1DownwardAPIVolumeFile : ExtensibleObject
{
    public string Path { get; set; } = "";
    public V1ObjectFieldSelector? FieldRef { get; set; }
    public V1ResourceFieldSelector? ResourceFieldRef { get; set; }
    public int? Mode { get; set; }
}

public sealed record V1ProjectedVolumeSource : ExtensibleObject
{
    public List<V1VolumeProjection>? Sources { get; set; }
    public int? DefaultMode { get; set; }
}

public sealed record V1VolumeProjection : ExtensibleObject
{
    public V1SecretProjection? Secret { get; set; }
    public V1ConfigMapProjection? ConfigMap { get; set; }
    public V1DownwardAPIProjection? DownwardAPI { get; set; }
    public V1ServiceAccountTokenProjection? ServiceAccountToken { get; set; }
}

public sealed record V1SecretProjection : ExtensibleObject
{
    public string? Name { get; set; }
    public List<V1KeyToPath>? Items { get; set; }
    public bool? Optional { get; set; }
}

public sealed record V1ConfigMapProjection : ExtensibleObject
{
    public string? Name { get; set; }
    public List<V1KeyToPath>? Items { get; set; }
    public bool? Optional { get; set; }
}

public sealed record V1DownwardAPIProjection : ExtensibleObject
{
    public List<V1DownwardAPIVolumeFile>? Items { get; set; }
}

public sealed record V1ServiceAccountTokenProjection : ExtensibleObject
{
    public string Path { get; set; } = "";
    public string? Audience { get; set; }
    public long? ExpirationSeconds { get; set; }
}
