using Tandem.Postgres;
using Tandem.Tests.Postgres.Support;

namespace Tandem.Tests.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class ServerProcessTests(PostgresTemplate template)
{
    [Fact]
    public async Task A_primary_starts_answers_and_stops_in_order()
    {
        await using var primary = await TestServer.PrimaryAsync(template);
        var status = await primary.AnswersAsync();
        Assert.False(status.InRecovery);
        Assert.Equal(1u, status.Timeline.Value);
        var ended = 0;
        primary.Server.Exited += () => Interlocked.Increment(ref ended);

        await primary.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(20), TestServer.Soon);

        Assert.Equal(new ServerProcess(false, null, ServerMode.ReadWrite, 0, true), primary.Server.Process);
        Assert.Equal(1, ended);
        Assert.True((await primary.Server.ReadControlDataAsync(TestServer.Soon)).CleanShutdown);
        Assert.Null(await primary.Server.QueryStatusAsync(TimeSpan.FromSeconds(1), TestServer.Soon));
    }
}
