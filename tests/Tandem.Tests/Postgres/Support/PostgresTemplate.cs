using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Postgres;

namespace Tandem.Tests.Postgres.Support;

/// <summary>A data directory fresh from initdb, by the production code, made once for all tests.</summary>
public sealed class PostgresTemplate : IAsyncLifetime
{
    private TestFolder? folder;

    internal string DataDirectory => folder!.Below("data");

    public async Task InitializeAsync()
    {
        folder = await TestFolder.MakeAsync();
        await using var server = new PostgresServer(TestServer.OptionsFor(folder.Path, port: 1), TimeProvider.System, NullLogger.Instance);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await server.InitializeAsync(deadline.Token);
    }

    public Task DisposeAsync()
    {
        folder?.Dispose();
        return Task.CompletedTask;
    }
}
