using Tandem.Operator.Clusters.Desired;
using Tandem.Resources;

namespace Tandem.Tests.Packaging;

/// <summary>RBAC refuses a Role whose maker does not hold what it grants: the operator must hold all that it grants to agents.</summary>
public sealed class GrantTests
{
    [Theory]
    [InlineData("ClusterRole", "rbac.create=true")]
    [InlineData("Role", "watchNamespaces={shop}")]
    public async Task Operator_holds_what_it_grants(string kind, string setting)
    {
        var role = (await Chart.ObjectsAsync(setting)).Only(kind, Chart.Release);
        var held = Rules.Of(role);
        var cluster = new DatabaseCluster { Metadata = new() { Name = "orders", Namespace = "shop", Uid = "0" } };
        cluster.Spec.Pair = "orders";
        var granted = AccountBuilder.Role(cluster).Rules!;
        Assert.NotEmpty(granted);
        foreach (var rule in granted)
            foreach (var group in rule.ApiGroups!)
                foreach (var resource in rule.Resources!)
                    foreach (var verb in rule.Verbs!)
                        Assert.True(held.Allow(group, resource, verb), $"agents get {verb} of {resource} in group '{group}', which the operator itself does not have: templates/_rules.tpl");
    }
}
