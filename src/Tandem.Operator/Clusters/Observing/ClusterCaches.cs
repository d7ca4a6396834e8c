using Tandem.Kubernetes.Models;
using Tandem.Kubernetes.Reconciling;
using Tandem.Kubernetes.Watching;
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
        Clusters = Make<DatabaseCluster>(null);
        Clusters.Changed += cluster => Changed?.Invoke(ClusterKey.Of(cluster));
        Pairs = Make<DisasterRecoveryPair>(null);
        Pairs.Changed += pair => Changed?.Invoke(new ClusterKey(pair.Metadata.Namespace!, pair.Spec.Cluster));
        StorageClasses = host.Cache<V1StorageClass>();
        StorageClasses.Changed += _ =>
        {
            foreach (var cluster in Clusters.ListAll()) Changed?.Invoke(ClusterKey.Of(cluster));
        };
        Leases = Parts<V1Lease>();
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

        CacheSet<T> Parts<T>() where T : class, IKubernetesObject
        {
            var set = Make<T>(Names.ClusterLabel);
            set.Changed += part =>
            {
                if (ClusterKey.OfPart(part) is { } key) Changed?.Invoke(key);
            };
            return set;
        }

        CacheSet<T> Make<T>(string? selector) where T : class, IKubernetesObject => new(host, namespaces, selector);
    }

    /// <summary>Something of this cluster is not what it was. On a watcher's own thread: be quick, and never throw.</summary>
    public event Action<ClusterKey>? Changed;

    public bool HasPolicyV1 { get; }
    public CacheSet<DatabaseCluster> Clusters { get; }
    public CacheSet<DisasterRecoveryPair> Pairs { get; }
    public ResourceCache<V1StorageClass> StorageClasses { get; }
    public CacheSet<V1Lease> Leases { get; }
    public CacheSet<V1Pod> Pods { get; }
    public CacheSet<V1PersistentVolumeClaim> Claims { get; }
    public CacheSet<V1Service> Services { get; }
    public CacheSet<V1Secret> Secrets { get; }
    public CacheSet<V1ConfigMap> ConfigMaps { get; }
    public CacheSet<V1ServiceAccount> Accounts { get; }
    public CacheSet<V1Role> Roles { get; }
    public CacheSet<V1RoleBinding> Bindings { get; }
    public CacheSet<V1PodDisruptionBudget>? Budgets { get; }
    public CacheSet<V1Beta1PodDisruptionBudget>? BetaBudgets { get; }
}
