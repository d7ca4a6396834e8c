using Tandem.Resources.Validation;

namespace Tandem.Tests.Resources;

public sealed class HostRuleTests
{
    [Theory]
    [InlineData("hostssl all all 10.0.0.0/8 scram-sha-256")]
    [InlineData("host orders,shop orders 192.0.2.1/32 md5   # the old client")]
    [InlineData("hostssl all +readers 2001:db8::/32 cert map=people")]
    [InlineData("host all all 10.0.0.0 255.0.0.0 scram-sha-256")]
    [InlineData("host all all all scram-sha-256")]
    [InlineData("host all all samenet reject")]
    [InlineData("hostssl all all .example.org ldap ldapserver=\"ldap.example.org\" ldapbasedn=\"dc=example, dc=org\"")]
    [InlineData("hostssl \"replication\" all 10.0.0.0/8 scram-sha-256")]
    [InlineData("hostssl shop, orders all 10.0.0.0/8 scram-sha-256")]
    public void Rules_are_taken(string line)
    {
        Assert.NotNull(HostRule.Parse(line, out var problem));
        Assert.Null(problem);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("# all", "is empty")]
    [InlineData("local all all peer", "belongs to the agent")]
    [InlineData("include other.conf", "includes a file")]
    [InlineData("tcp all all 10.0.0.0/8 md5", "begins with 'tcp'")]
    [InlineData("hostssl all all scram-sha-256", "has 4 words")]
    [InlineData("host @names all 10.0.0.0/8 md5", "by @")]
    [InlineData("host all all 10.0.0.0/33 md5", "is no network")]
    [InlineData("host all all 10.0.0.1 md5", "write 10.0.0.1/32")]
    [InlineData("host all all 10.0.0.0 255.0.0.0", "without a length")]
    [InlineData("host all all 10.0.0.0/8 trust", "without a password")]
    [InlineData("hostssl all all 10.0.0.0/8 trust", "without a password")]
    [InlineData("host all all 10.0.0.0/8 password", "in clear")]
    [InlineData("host all all 10.0.0.0/8 ident", "asks the client itself")]
    [InlineData("host all all 10.0.0.0/8 cert", "without TLS")]
    [InlineData("host all all 10.0.0.0/8 kerberos", "is not known")]
    [InlineData("hostssl replication all 10.0.0.0/8 scram-sha-256", "opens replication")]
    [InlineData("hostssl all, replication all 10.0.0.0/8 scram-sha-256", "opens replication")]
    [InlineData("hostssl \"all all 10.0.0.0/8 scram-sha-256", "not closed")]
    public void What_is_no_rule_or_opens_too_much_is_refused(string line, string message)
    {
        Assert.Null(HostRule.Parse(line, out var problem));
        Assert.Contains(message, problem, StringComparison.Ordinal);
    }
}
