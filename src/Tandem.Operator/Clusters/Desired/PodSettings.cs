namespace Tandem.Operator.Clusters.Desired;

/// <summary>What a pod needs that no cluster's spec says: it comes from how the operator was started.</summary>
/// <param name="Site">Name of this site.</param>
/// <param name="AgentImage">The Tandem image, which has <c>/tandem/agent</c>.</param>
/// <param name="AgentImagePullPolicy">Null: Kubernetes' own choice by tag.</param>
public sealed record PodSettings(string Site, string AgentImage, string? AgentImagePullPolicy = null);
