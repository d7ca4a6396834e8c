using Tandem.Kubernetes.Client;

namespace Tandem.Kubernetes.Models;

/// <summary>The body of a DELETE.</summary>
public sealed record V1DeleteOptions
{
    public string ApiVersion { get; set; } = "v1";
    public string Kind { get; set; } = "DeleteOptions";
    public int? GracePeriodSeconds { get; set; }
    public string? PropagationPolicy { get; set; }
    public V1Preconditions? Preconditions { get; set; }

    public static V1DeleteOptions From(DeleteOptions? options) => new()
    {
        GracePeriodSeconds = options?.GracePeriodSeconds,
        PropagationPolicy = options?.PropagationPolicy,
        Preconditions = options is { Uid: null, ResourceVersion: null } or null ? null : new V1Preconditions { Uid = options.Uid, ResourceVersion = options.ResourceVersion },
    };
}

public sealed record V1Preconditions
{
    public string? Uid { get; set; }
    public string? ResourceVersion { get; set; }
}
