using Npgsql;

namespace Tandem.Postgres.Sql;

/// <summary>One session that stays open between uses, one use at a time. Whatever goes wrong closes it, and the next use opens another.</summary>
internal sealed class KeptSession(SqlSessions sessions, TimeSpan statementTimeout) : IAsyncDisposable
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private NpgsqlConnection? kept;

    public Task<T> UseAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> use, CancellationToken cancellation) => UseAsync(use, anew: false, cancellation);

    /// <param name="anew">In a session that is opened now, and kept from now on.</param>
    public async Task<T> UseAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> use, bool anew, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var taken = kept;
            kept = null;
            if (anew && taken is not null)
            {
                await taken.DisposeAsync().ConfigureAwait(false);
                taken = null;
            }

            var work = RunAsync(taken, use, cancellation);
            (var result, kept) = await Abandonable.WaitAsync(work, left => left.Connection.DisposeAsync(), cancellation).ConfigureAwait(false);
            return result;
        }
        finally
        {
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await turn.WaitAsync().ConfigureAwait(false);
        if (kept is not null) await kept.DisposeAsync().ConfigureAwait(false);
        kept = null;
    }

    private async Task<(T Result, NpgsqlConnection Connection)> RunAsync<T>(NpgsqlConnection? connection, Func<NpgsqlConnection, CancellationToken, Task<T>> use, CancellationToken cancellation)
    {
        try
        {
            connection ??= await sessions.ConnectAsync(statementTimeout, cancellation).ConfigureAwait(false);
            return (await use(connection, cancellation).ConfigureAwait(false), connection);
        }
        catch (Exception e)
        {
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
            if (SqlErrors.IsOfServer(e)) throw SqlErrors.Wrap(e, cancellation);
            throw;
        }
    }
}
