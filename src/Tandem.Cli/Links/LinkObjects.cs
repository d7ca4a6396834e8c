using Tandem.Kubernetes.Models;
using Tandem.Resources;

namespace Tandem.Cli.Links;

/// <summary>
/// Who the other site's operator is at this site, and what it may do here for one pair: read and swap the pair's record, read the pair's object, and read the
/// application's Secret (roles and their passwords come with the data). All by name.
/// </summary>
public static class LinkObjects
{
    private const string RbacGroup = "rbac.authorization.k8s.io";
    private const string AccountAnnotation = "kubernetes.io/service-account.name";

    public static string NameOf(string pair) => $"{pair}-link";

    public static V1ServiceAccount Account(string @namespace, string pair) => new()
    {
        ApiVersion = "v1",
        Kind = "ServiceAccount",
        Metadata = Metadata(@namespace, NameOf(pair)),
        AutomountServiceAccountToken = false,
    };

    public static V1Role Role(string @namespace, string pair, string cluster) => new()
    {
        ApiVersion = $"{RbacGroup}/v1",
        Kind = "Role",
        Metadata = Metadata(@namespace, NameOf(pair)),
        Rules =
        [
            Rule("coordination.k8s.io", "leases", Names.PairRecord(pair), "get", "list", "watch", "update", "patch"),
            Rule(Names.Group, "disasterrecoverypairs", pair, "get", "list", "watch"),
            Rule(Names.Group, "databaseclusters", cluster, "get", "list", "watch"),
            Rule("", "secrets", Names.ApplicationSecret(cluster), "get"),
        ],
    };

    public static V1RoleBinding Binding(string @namespace, string pair) => new()
    {
        ApiVersion = $"{RbacGroup}/v1",
        Kind = "RoleBinding",
        Metadata = Metadata(@namespace, NameOf(pair)),
        RoleRef = new V1RoleRef { ApiGroup = RbacGroup, Kind = "Role", Name = NameOf(pair) },
        Subjects = [new V1Subject { Kind = "ServiceAccount", Name = NameOf(pair), Namespace = @namespace }],
    };

    /// <summary>The API server's controller writes the token in: one that does not expire, and ends when this Secret is deleted. So from Kubernetes 1.20 to now.</summary>
    public static V1Secret TokenRequest(string @namespace, string pair)
    {
        var metadata = Metadata(@namespace, NameOf(pair));
        metadata.Annotations = new() { [AccountAnnotation] = NameOf(pair) };
        return new V1Secret { ApiVersion = "v1", Kind = "Secret", Metadata = metadata, Type = "kubernetes.io/service-account-token" };
    }

    private static V1ObjectMeta Metadata(string @namespace, string name) =>
        new() { Name = name, Namespace = @namespace, Labels = new() { ["app.kubernetes.io/name"] = "tandem", ["app.kubernetes.io/component"] = "link" } };

    private static V1PolicyRule Rule(string group, string resource, string name, params List<string> verbs) =>
        new() { ApiGroups = [group], Resources = [resource], ResourceNames = [name], Verbs = verbs };
}
