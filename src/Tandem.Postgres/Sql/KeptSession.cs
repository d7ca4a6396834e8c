using Npgsql;

namespace Tandem.Postgres.Sql;

/// <summary>One session that stays open between uses, one use at a time. Whatever goes wrong closes it, and the next use opens another.</summary>
internal sealed class KeptSession(SqlSessions sessions, TimeSpan statementTimeout) : IAsyncDisposable
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private NpgsqlConnection? connection;

    public async Task<T> UseAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> use, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            connection ??= await sessions.OpenAsync(statementTimeout, cancellation).ConfigureAwait(false);
            return await use(connection, cancellation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await CloseAsync().ConfigureAwait(false);
            if (SqlErrors.IsOfServer(e)) throw SqlErrors.Wrap(e, cancellation);
            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await turn.WaitAsync().ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
    }

    private async Task CloseAsync()
    {
        var closing = connection;
        connection = null;
        if (closing is null) return;
        try
        {
            await closing.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (SqlErrors.IsOfServer(e) || e is InvalidOperationException)
        {
            // It was broken already; that is why it is closed.
        }
    }
}
