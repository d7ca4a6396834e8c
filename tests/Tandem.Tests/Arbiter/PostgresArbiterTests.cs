using Tandem.Arbiter;
using Tandem.Postgres;
using Tandem.Tests.Postgres.Support;
using Tandem.Tests.Support;

namespace Tandem.Tests.Arbiter;

/// <summary>The arbiter by a row, on a real PostgreSQL.</summary>
[Collection(PostgresCollection.Name)]
[Requirement("E15")]
public sealed class PostgresArbiterTests(PostgresTemplate template)
{
    [Fact]
    public async Task It_lets_one_write_on_what_it_has_read()
    {
        await using var server = await TestServer.PrimaryAsync(template);
        var uri = await MakeRoleAsync(server);
        await ArbiterContract.HoldsAsync(() => new PostgresArbiter(uri, "a"));
        await ArbiterContract.LetsOneOfManyInAsync(() => new PostgresArbiter(uri, "b"));
        Assert.Equal("2", await server.SqlAsync("SELECT count(*) FROM arbiter.tandem_arbiter"));
    }

    [Fact]
    public async Task What_it_has_confirmed_outlives_a_crash_whatever_the_roles_default_is()
    {
        await using var server = await TestServer.PrimaryAsync(template);
        var uri = await MakeRoleAsync(server);
        await server.SqlAsync("ALTER ROLE arbiter SET synchronous_commit = off");
        await using var arbiter = new PostgresArbiter(uri, "a");
        var read = Assert.IsType<ArbiterReading.Read>(await arbiter.ReadAsync(default));
        for (var i = 0; i < 20; i++)
            read = Assert.IsType<ArbiterSwap.Applied>(await arbiter.SwapAsync(read, new("a", new(i + 1, "east"), "east", TimeSpan.FromSeconds(15), DateTimeOffset.UnixEpoch, 1, "n"), default)).Now;
        server.Server.KillNow();
        Assert.Equal("ArbiterUnreachable", Assert.IsType<ArbiterReading.Unreadable>(await arbiter.ReadAsync(default)).Reason);
        await server.StartAsync(ServerMode.ReadWrite);
        Assert.Equal(20, Assert.IsType<ArbiterReading.Read>(await arbiter.ReadAsync(default)).Record!.PairEpoch.Number);
    }

    [Fact]
    public async Task A_standby_is_no_arbiter()
    {
        await using var server = await TestServer.PrimaryAsync(template);
        var uri = await MakeRoleAsync(server);
        await using (var primary = new PostgresArbiter(uri, "a")) Assert.IsType<ArbiterReading.Read>(await primary.ReadAsync(default));
        await using var standby = await server.StandbyAsync("standby_1");
        await Eventually.SeesAsync(() => standby.SqlAsync("SELECT to_regclass('arbiter.tandem_arbiter') IS NOT NULL"), there => there == "True", "the table has reached the standby");
        await using var arbiter = new PostgresArbiter(Uri(standby), "a");
        Assert.Equal("ArbiterUnusable", Assert.IsType<ArbiterReading.Unreadable>(await arbiter.ReadAsync(default)).Reason);
    }

    [Fact]
    public void An_address_that_cannot_be_read_is_refused_without_repeating_it()
    {
        var refused = Assert.Throws<ArbiterAddressException>(() => new PostgresArbiter("postgresql://me:hunter2@host:port/db", "a"));
        Assert.DoesNotContain("hunter2", refused.ToString(), StringComparison.Ordinal);
        Assert.Throws<ArbiterAddressException>(() => new PostgresArbiter("mysql://me:hunter2@host/db", "a"));
        Assert.DoesNotContain("hunter2", new ArbiterAddress(null, null, "postgresql://me:hunter2@host/db").ToString(), StringComparison.Ordinal);
    }

    private static async Task<string> MakeRoleAsync(TestServer server)
    {
        await server.SqlAsync("CREATE ROLE arbiter LOGIN");
        await server.SqlAsync("CREATE SCHEMA arbiter AUTHORIZATION arbiter");
        await server.SqlAsync("ALTER ROLE arbiter SET search_path = arbiter");
        return Uri(server);
    }

    /// <summary>Over the socket, whose access the tests' rules leave open.</summary>
    private static string Uri(TestServer server) => $"Host={server.Options.SocketDirectory};Port={server.Port};Username=arbiter;Database=postgres";
}
