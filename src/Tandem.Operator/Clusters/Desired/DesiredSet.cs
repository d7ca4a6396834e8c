using System.Collections.Concurrent;
using Tandem.Kubernetes.Models;
using Tandem.Resources;
using Tandem.Resources.Validation;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>
/// The objects that a cluster's spec asks for by itself, and what is wrong with it, each made when it is first asked for: they depend on the cluster's name, UID and spec alone, and so stay the same for a generation,
/// in which there are many looks at the cluster.
/// </summary>
public sealed class DesiredSet(DatabaseCluster cluster, PodSettings settings)
{
    private readonly ConcurrentDictionary<string, DesiredObject> _claims = new(StringComparer.Ordinal);
    private (DatabaseClusterObserved There, IReadOnlyList<FieldError> Errors)? _errors;
    private readonly ConcurrentDictionary<(string Instance, string ClaimUid), V1Pod> _pods = new();

    public DesiredObject Account => field ??= DesiredObject.Of(AccountBuilder.Account(cluster));
    public DesiredObject Role => field ??= DesiredObject.Of(AccountBuilder.Role(cluster));
    public DesiredObject Binding => field ??= DesiredObject.Of(AccountBuilder.Binding(cluster));
    public DesiredObject ReadWrite => field ??= DesiredObject.Of(ServiceBuilder.ReadWrite(cluster));
    public DesiredObject ReadOnly => field ??= DesiredObject.Of(ServiceBuilder.ReadOnly(cluster));
    public DesiredObject Read => field ??= DesiredObject.Of(ServiceBuilder.Read(cluster));
    public DesiredObject Replication => field ??= DesiredObject.Of(ServiceBuilder.Replication(cluster));
    public DesiredObject DisruptionBudget => field ??= DesiredObject.Of(DisruptionBudgetBuilder.Build(cluster));
    public DesiredObject BetaDisruptionBudget => field ??= DesiredObject.Of(DisruptionBudgetBuilder.BuildBeta(cluster));

    public DesiredObject Claim(string instance) => _claims.GetOrAdd(instance, i => DesiredObject.Of(ClaimBuilder.Build(cluster, i)));

    /// <summary>Shared: never to be changed.</summary>
    public V1Pod Pod(string instance, string claimUid) => _pods.GetOrAdd((instance, claimUid), p => PodBuilder.Build(cluster, p.Instance, p.ClaimUid, settings));

    /// <summary>What is wrong with the spec, in view of what is there.</summary>
    public IReadOnlyList<FieldError> Errors(DatabaseClusterObserved there)
    {
        if (_errors is not { } known || known.There != there) _errors = known = (there, DatabaseClusterValidator.Validate(cluster, there));
        return known.Errors;
    }

    /// <summary>Whether it is what this state of the cluster asks for.</summary>
    public bool IsOf(DatabaseCluster now) =>
        ReferenceEquals(now, cluster) || (now.Metadata is { Uid: not null, Generation: not null } metadata && metadata.Uid == cluster.Metadata.Uid && metadata.Generation == cluster.Metadata.Generation);
}
