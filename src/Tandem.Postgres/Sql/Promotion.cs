using Npgsql;

namespace Tandem.Postgres.Sql;

/// <summary>Ends recovery and looks every few milliseconds until it has ended: the server's own wait looks ten times a second.</summary>
internal static class Promotion
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    public static async Task RunAsync(NpgsqlConnection connection, Action beforeRequest, TimeProvider time, CancellationToken cancellation)
    {
        if (!await RecoveringAsync(connection, cancellation).ConfigureAwait(false)) return;
        beforeRequest();
        if (await connection.TextAsync("SELECT pg_promote(false)::text", cancellation).ConfigureAwait(false) != "true")
            throw new PostgresException("PromotionFailed", "pg_promote could not signal the postmaster");
        while (await RecoveringAsync(connection, cancellation).ConfigureAwait(false))
            await Task.Delay(Look, time, cancellation).ConfigureAwait(false);
    }

    private static async Task<bool> RecoveringAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        await connection.TextAsync("SELECT pg_is_in_recovery()::text", cancellation).ConfigureAwait(false) == "true";
}
