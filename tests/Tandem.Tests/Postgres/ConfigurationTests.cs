using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Postgres;
using Tandem.Postgres.Configuration;
using Tandem.Postgres.Engines.PostgreSql;
using Tandem.Tests.Postgres.Support;
using Tandem.Tests.Support;

namespace Tandem.Tests.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class ConfigurationTests(PostgresTemplate template) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tandem-conf-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Any_value_arrives_in_the_server_as_it_was_given()
    {
        const string odd = "it's a \\ back\\nslash # no comment\twith \"all\" $HOME";
        await using var primary = await TestServer.PrimaryAsync(template, ("tandem.odd", odd));
        Assert.Equal(odd, await primary.Server.ShowAsync("tandem.odd", TestServer.Soon));
        Assert.Equal(odd, SettingsText.ValueOf(SettingsText.Line("tandem.odd", odd)));
    }

    [Fact]
    public async Task Alter_system_does_not_override_what_is_owned_or_configured()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("work_mem", "5MB"));
        foreach (var statement in new[]
        {
            "ALTER SYSTEM SET synchronous_standby_names = ''", "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET work_mem = '1MB'", "ALTER SYSTEM SET primary_conninfo = 'host=evil'",
            "ALTER SYSTEM SET recovery_target_action = 'promote'", "ALTER SYSTEM SET random_page_cost = 1.5",
        })
            await primary.SqlAsync(statement);
        Assert.True(await primary.ConfigureAsync());
        var left = await File.ReadAllTextAsync(Path.Combine(primary.Data, "postgresql.auto.conf"));
        Assert.Equal(["random_page_cost"], left.Split('\n').Select(SettingsText.NameOf).Where(n => n is not null));
        primary.Server.Reload();
        await Eventually.SeesAsync(() => primary.Server.ShowAsync("random_page_cost", TestServer.Soon), v => v == "1.5", "the user's own");
        Assert.Equal("on", await primary.Server.ShowAsync("fsync", TestServer.Soon));
        Assert.Equal("5MB", await primary.Server.ShowAsync("work_mem", TestServer.Soon));

        await primary.SqlAsync("ALTER SYSTEM SET port = 1");
        await primary.SqlAsync("ALTER SYSTEM SET wal_level = minimal");
        await primary.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);
        await primary.StartAsync(ServerMode.ReadWrite);
        Assert.Equal("replica", await primary.Server.ShowAsync("wal_level", TestServer.Soon));
    }

    [Fact]
    public async Task What_the_server_refuses_is_left_as_it_was_and_the_rest_is_written()
    {
        await using var primary = await TestServer.PrimaryAsync(template, ("work_mem", "5MB"));
        Assert.Empty(primary.Server.RefusedParameters);
        await primary.ReloadAsync(("random_page_cost", "1.5"));
        foreach (var (name, value) in new[] { ("no_such_setting", "1"), ("work_mem", "plenty"), ("max_connections", "-4"), ("extension.unknown", "x"), ("timezone", "Europe/Berlinn"), ("wal_keep_size", "lots"), ("log_min_messages", "fatal"), ("random_page_cost", "1.7") }) primary.Set(name, value);
        await primary.ConfigureAsync();

        var refused = primary.Server.RefusedParameters.ToDictionary(r => r.Name);
        Assert.Equal(["max_connections", "no_such_setting", "timezone", "wal_keep_size", "work_mem"], refused.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("5MB", refused["work_mem"].Kept);
        Assert.Equal("256MB", refused["wal_keep_size"].Kept);
        Assert.Equal("40", refused["max_connections"].Kept);
        Assert.Null(refused["no_such_setting"].Kept);
        Assert.Contains("outside the valid range", refused["max_connections"].Message, StringComparison.Ordinal);
        Assert.DoesNotContain(primary.Data, refused["no_such_setting"].Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(primary.Data, "*.candidate*"));

        await primary.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);
        await primary.StartAsync(ServerMode.ReadWrite); // and after a crash or a failover it would do so as well
        Assert.Equal("5MB", await primary.Server.ShowAsync("work_mem", TestServer.Soon));
        Assert.Equal("1.7", await primary.Server.ShowAsync("random_page_cost", TestServer.Soon));

        foreach (var (name, value) in new[] { ("work_mem", "6MB"), ("max_connections", "40"), ("timezone", "UTC"), ("wal_keep_size", "256MB") }) primary.Set(name, value);
        primary.Unset("no_such_setting");
        await primary.ConfigureAsync();
        Assert.Empty(primary.Server.RefusedParameters);
    }

    [Fact]
    public void Files_are_touched_only_where_they_differ_and_are_private()
    {
        var files = new ConfigurationFiles(folder, NullLogger.Instance);
        var configuration = Configuration();
        Assert.True(files.Write(configuration, 15));
        var path = Path.Combine(folder, "postgresql.conf");
        var before = File.GetLastWriteTimeUtc(path);
        Assert.False(files.Write(configuration, 15));
        Assert.Equal(before, File.GetLastWriteTimeUtc(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.True(files.Write(configuration with { HostRules = ["local all all peer"] }, 15));
        Assert.Empty(Directory.EnumerateFiles(folder, "*.tandem-new"));
    }

    [Fact]
    public void A_version_gets_only_the_parameters_that_it_knows()
    {
        var files = new ConfigurationFiles(folder, NullLogger.Instance);
        var configuration = Configuration() with { Parameters = new Dictionary<string, string> { ["recovery_prefetch"] = "try", ["idle_replication_slot_timeout"] = "0", ["fsync"] = "on" } };
        string[] Names(int major)
        {
            files.Write(configuration, major);
            return [.. File.ReadAllLines(Path.Combine(folder, "postgresql.conf")).Select(SettingsText.NameOf).OfType<string>()];
        }

        Assert.Equal(["fsync", "primary_conninfo", "primary_slot_name", "restore_command"], Names(14));
        Assert.Equal(["fsync", "primary_conninfo", "primary_slot_name", "recovery_prefetch", "restore_command"], Names(16));
        Assert.Equal(["allow_alter_system", "fsync", "primary_conninfo", "primary_slot_name", "recovery_prefetch", "restore_command"], Names(17));
        Assert.Contains("idle_replication_slot_timeout", Names(18));
    }

    [Theory]
    [InlineData("include", "x")]
    [InlineData("include_dir", "x")]
    [InlineData("a b", "x")]
    [InlineData("", "x")]
    [InlineData("9x", "x")]
    [InlineData("work_mem", "4MB\0")]
    public void What_is_no_parameter_is_refused(string name, string value)
    {
        var files = new ConfigurationFiles(folder, NullLogger.Instance);
        var refused = Assert.Throws<PostgresException>(() => files.Write(Configuration() with { Parameters = new Dictionary<string, string> { [name] = value } }, 15));
        Assert.Equal("ParameterRefused", refused.Reason);
        Assert.Empty(Directory.EnumerateFiles(folder));
    }

    [Theory]
    [InlineData("local all all trust\nhost all all 0.0.0.0/0 trust")]
    [InlineData("include /etc/passwd")]
    [InlineData("local all all trust \\")]
    public void What_is_more_than_one_rule_is_refused(string rule)
    {
        var files = new ConfigurationFiles(folder, NullLogger.Instance);
        Assert.Equal("AccessRuleRefused", Assert.Throws<PostgresException>(() => files.Write(Configuration() with { HostRules = [rule] }, 15)).Reason);
    }

    [Fact]
    public void The_credential_is_found_again_in_what_was_written()
    {
        var files = new ConfigurationFiles(folder, NullLogger.Instance);
        Assert.Null(files.Credential());
        var tls = new TlsFiles("/c a/ca.crt", "/c a/it's.crt", "/c a/it's \\ a key");
        files.Write(Configuration() with { Source = new ReplicationSource("10.0.0.1", 5432, "tandem_replication", "a_b", "a_b", tls) }, 15);
        Assert.Equal(tls.Credential, files.Credential());
        files.ClearWaysToThePrimary();
        Assert.Null(files.Credential());
        Assert.Equal(3, File.ReadAllLines(Path.Combine(folder, "postgresql.conf")).Count(l => l.EndsWith("= ''", StringComparison.Ordinal)));
    }

    [Fact, Requirement("B31")]
    public void The_programs_are_found_and_must_fit_the_data()
    {
        Assert.True(File.Exists(Path.Combine(EngineLocator.Find(folder), "pg_rewind")));
        File.WriteAllText(Path.Combine(folder, "PG_VERSION"), "9999\n");
        Assert.Equal("EngineNotFound", Assert.Throws<PostgresException>(() => EngineLocator.Find(folder)).Reason);
    }

    [Theory]
    [InlineData("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", 150014)]
    [InlineData("postgres (PostgreSQL) 17.0", 170000)]
    [InlineData("postgres (PostgreSQL) 18beta2", 180000)]
    [InlineData("postgres (PostgreSQL) 14.19", 140019)]
    public void Versions_are_read(string line, int version) => Assert.Equal(version, EngineVersion.Parse(line));

    private static ServerConfiguration Configuration() => new(new Dictionary<string, string> { ["fsync"] = "on" }, ["local all postgres peer"], [], null);
}
