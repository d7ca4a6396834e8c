using System.Text.Json.Nodes;

namespace Tandem.Tests.Packaging;

/// <summary>What a Role or ClusterRole allows, by RBAC's own reading.</summary>
internal sealed class Rules(JsonArray rules)
{
    public static Rules Of(JsonNode role) => new(role["rules"]!.AsArray());

    /// <summary>Of any object of the kind: a rule that names its objects does not count.</summary>
    public bool Allow(string group, string resource, string verb) => rules.Any(rule =>
        rule!["resourceNames"] is null && rule["apiGroups"].Texts().Contains(group) && rule["resources"].Texts().Contains(resource) && rule["verbs"].Texts().Contains(verb));
}
