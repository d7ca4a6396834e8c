using Npgsql;

namespace Tandem.Postgres.Sql;

/// <summary>Ends clients' sessions, then recovery, and looks every few milliseconds until it has ended: the server's own wait looks ten times a second.</summary>
internal static class Promotion
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    /// <returns>False where <paramref name="configuration"/> is not in effect for this session, which is new: nothing has been done.</returns>
    public static async Task<bool> RunAsync(NpgsqlConnection connection, Setting? configuration, Action beforeRequest, TimeProvider time, CancellationToken cancellation)
    {
        if (configuration is { } wanted && await connection.TextAsync("SELECT current_setting($1, true)", cancellation, wanted.Name).ConfigureAwait(false) != wanted.Value) return false;
        if (!await RecoveringAsync(connection, cancellation).ConfigureAwait(false)) return true;
        await ReaderSessions.EndAsync(connection, cancellation).ConfigureAwait(false);
        beforeRequest();
        if (await connection.TextAsync("SELECT pg_promote(false)::text", cancellation).ConfigureAwait(false) != "true")
            throw new PostgresException("PromotionFailed", "pg_promote could not signal the postmaster");
        while (await RecoveringAsync(connection, cancellation).ConfigureAwait(false))
            await Task.Delay(Look, time, cancellation).ConfigureAwait(false);
        return true;
    }

    private static async Task<bool> RecoveringAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        await connection.TextAsync("SELECT pg_is_in_recovery()::text", cancellation).ConfigureAwait(false) == "true";
}
