using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Reconciling;
using Tandem.Kubernetes.Watching;
using Tandem.Operator.Pairs.Observing;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Observing;

/// <summary>Everything of every cluster that is kept in memory: the clusters themselves, and all objects that bear the cluster's label.</summary>
public sealed class ClusterCaches
{
    /// <param name="namespaces">Empty: all.</param>
    /// <param name="hasPolicyV1">Whether the server knows policy/v1 (1.21).</param>
    public ClusterCaches(ControllerHost host, IReadOnlyCollection<string> namespaces, bool hasPolicyV1)
    {
        HasPolicyV1 = hasPolicyV1;
        Clusters = Make<DatabaseCluster>();
        Clusters.Changed += change =>
        {
            if (!change.IsOfStatusAlone()) Changed?.Invoke(ClusterKey.Of(change.Value));
        };
        Pairs = Make<DisasterRecoveryPair>();
        Pairs.Changed += change =>
        {
            if (!change.IsOfStatusAlone()) Changed?.Invoke(new ClusterKey(change.Value.Metadata.Namespace!, change.Value.Spec.Cluster));
        };
        StorageClasses = host.Cache<V1StorageClass>();
        StorageClasses.Changed += _ =>
        {
            foreach (var cluster in Clusters.ListAll()) Changed?.Invoke(ClusterKey.Of(cluster));
        };
        // Every few seconds, of every cluster and pair: what a renewal tells, the agents' reports tell sooner.
        Leases = Parts<V1Lease>((before, now) => RecordReading.IsRenewal(before, now) || PairRecordLease.IsOfFactsAlone(before, now));
        Pods = Parts<V1Pod>();
        Claims = Parts<V1PersistentVolumeClaim>();
        Services = Parts<V1Service>();
        Secrets = Parts<V1Secret>();
        ConfigMaps = Parts<V1ConfigMap>();
        Accounts = Parts<V1ServiceAccount>();
        Roles = Parts<V1Role>();
        Bindings = Parts<V1RoleBinding>();
        if (hasPolicyV1) Budgets = Parts<V1PodDisruptionBudget>();
        else BetaBudgets = Parts<V1Beta1PodDisruptionBudget>();

        PartSet<T> Parts<T>(Func<T, T, bool>? isNoNews = null) where T : class, IKubernetesObject
        {
            var set = new PartSet<T>(host, namespaces, isNoNews);
            set.Changed += cluster => Changed?.Invoke(cluster);
            return set;
        }

        CacheSet<T> Make<T>() where T : class, IKubernetesObject => new(host, namespaces, labelSelector: null);
    }

    /// <summary>Something of this cluster is not what it was. On a watcher's own thread: be quick, and never throw.</summary>
    public event Action<ClusterKey>? Changed;

    public bool HasPolicyV1 { get; }
    public CacheSet<DatabaseCluster> Clusters { get; }
    public CacheSet<DisasterRecoveryPair> Pairs { get; }
    public ResourceCache<V1StorageClass> StorageClasses { get; }
    public PartSet<V1Lease> Leases { get; }
    public PartSet<V1Pod> Pods { get; }
    public PartSet<V1PersistentVolumeClaim> Claims { get; }
    public PartSet<V1Service> Services { get; }
    public PartSet<V1Secret> Secrets { get; }
    public PartSet<V1ConfigMap> ConfigMaps { get; }
    public PartSet<V1ServiceAccount> Accounts { get; }
    public PartSet<V1Role> Roles { get; }
    public PartSet<V1RoleBinding> Bindings { get; }
    public PartSet<V1PodDisruptionBudget>? Budgets { get; }
    public PartSet<V1Beta1PodDisruptionBudget>? BetaBudgets { get; }
}
