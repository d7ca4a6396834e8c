using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Desired;

/// <summary>Who the agents of one cluster are towards the API, and what they may do there: no more than the protocol needs, by name wherever RBAC can say a name.</summary>
public static class AccountBuilder
{
    private const string RbacGroup = "rbac.authorization.k8s.io";

    public static V1ServiceAccount Account(DatabaseCluster cluster) => new()
    {
        Metadata = OwnedMetadata.Of(cluster, Names.AgentAccount(cluster.Metadata.Name!)),
        AutomountServiceAccountToken = true,
    };

    public static V1Role Role(DatabaseCluster cluster)
    {
        var name = cluster.Metadata.Name!;
        return new V1Role
        {
            Metadata = OwnedMetadata.Of(cluster, Names.AgentAccount(name)),
            Rules =
            [
                // The record. RBAC cannot restrict create by name; a Lease of another name gives its maker nothing.
                Rule("coordination.k8s.io", "leases", null, "get", "list", "watch", "create"),
                Rule("coordination.k8s.io", "leases", [Names.Record(name)], "update", "patch"),
                // Of the pair's record they only write an annotation: the question whether the other site has gone ahead [S8].
                .. cluster.Spec.Pair is { } asked ? new[] { Rule("coordination.k8s.io", "leases", [Names.PairRecord(asked)], "patch") } : [],
                // The selectors that follow the holder.
                Rule("", "services", [Names.ReadWriteService(name), Names.ReplicationService(name)], "get", "update", "patch"),
                // The others' addresses, and whether the container of a holder has ended; on its own pod an agent writes its role.
                Rule("", "pods", null, "get", "list", "watch"),
                Rule("", "pods", Instances(cluster), "update", "patch"),
                Rule("", "events", null, "create", "patch"),
                Rule(Names.Group, "databaseclusters", [name], "get", "list", "watch"),
                .. cluster.Spec.Pair is { } pair
                    ? new[]
                    {
                        Rule(Names.Group, "disasterrecoverypairs", [pair], "get", "list", "watch"),
                        // To ask for the other site's pair epoch before a read-write start; nothing in the pair record is an agent's to decide.
                        Rule("coordination.k8s.io", "leases", [Names.PairRecord(pair)], "patch"),
                    }
                    : [],
            ],
        };
    }

    public static V1RoleBinding Binding(DatabaseCluster cluster)
    {
        var account = Names.AgentAccount(cluster.Metadata.Name!);
        return new V1RoleBinding
        {
            Metadata = OwnedMetadata.Of(cluster, account),
            RoleRef = new V1RoleRef { ApiGroup = RbacGroup, Kind = "Role", Name = account },
            Subjects = [new V1Subject { Kind = "ServiceAccount", Name = account, Namespace = cluster.Metadata.Namespace }],
        };
    }

    /// <summary>All that there can be, not all that there are: a scale-up must not race its own permission.</summary>
    private static List<string> Instances(DatabaseCluster cluster) => [.. Enumerable.Range(1, ClusterShape.MaximumInstances).Select(n => Names.Instance(cluster.Metadata.Name!, n))];

    private static V1PolicyRule Rule(string group, string resource, List<string>? names, params List<string> verbs) =>
        new() { ApiGroups = [group], Resources = [resource], ResourceNames = names, Verbs = verbs };
}
