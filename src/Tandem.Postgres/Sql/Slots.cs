using Npgsql;

namespace Tandem.Postgres.Sql;

/// <summary>Physical replication slots and the walsenders on them.</summary>
internal static class Slots
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    public static async Task EnsureAsync(NpgsqlConnection connection, string slot, CancellationToken cancellation)
    {
        try
        {
            await connection.TextAsync(
                "SELECT pg_create_physical_replication_slot($1, true)::text WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1 AND slot_type = 'physical')",
                cancellation, slot).ConfigureAwait(false);
        }
        catch (Npgsql.PostgresException e) when (e.SqlState == SqlErrors.DuplicateObject && e.MessageText.Contains(slot, StringComparison.Ordinal))
        {
            if (await connection.TextAsync("SELECT slot_type FROM pg_replication_slots WHERE slot_name = $1", cancellation, slot).ConfigureAwait(false) != "physical") throw;
        }
    }

    public static async Task DropAsync(NpgsqlConnection connection, string slot, TimeProvider time, CancellationToken cancellation)
    {
        while (await connection.TextAsync("SELECT slot_name::text FROM pg_replication_slots WHERE slot_name = $1", cancellation, slot).ConfigureAwait(false) is not null)
        {
            try
            {
                await connection.TextAsync(
                    "SELECT pg_terminate_backend(a.pid)::text FROM pg_replication_slots l JOIN pg_stat_activity a ON a.pid = l.active_pid AND a.backend_type = 'walsender' WHERE l.slot_name = $1",
                    cancellation, slot).ConfigureAwait(false);
                await connection.TextAsync("SELECT pg_drop_replication_slot($1)::text", cancellation, slot).ConfigureAwait(false);
                return;
            }
            catch (Npgsql.PostgresException e) when (e.SqlState is SqlErrors.ObjectInUse or SqlErrors.UndefinedObject)
            {
                // Its walsender is still on its way out, or somebody else dropped it.
                await Task.Delay(Look, time, cancellation).ConfigureAwait(false);
            }
        }
    }

    public static async Task TerminateSendersAsync(NpgsqlConnection connection, IReadOnlyCollection<int> pids, TimeProvider time, CancellationToken cancellation)
    {
        if (pids.Count == 0) return;
        var which = $"backend_type = 'walsender' AND pid IN ({string.Join(", ", pids)})";
        await connection.ListAsync($"SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE {which}", cancellation).ConfigureAwait(false);
        while (await connection.TextAsync($"SELECT pid::text FROM pg_stat_activity WHERE {which} LIMIT 1", cancellation).ConfigureAwait(false) is not null)
            await Task.Delay(Look, time, cancellation).ConfigureAwait(false);
    }
}
