using Npgsql;
using NpgsqlTypes;
using Tandem.Resources.Values;

namespace Tandem.Postgres.Sql;

/// <summary><c>tandem.lineage</c> in database postgres: the holders' history, in the WAL, so that every follower and the other site have it.</summary>
internal static class LineageTable
{
    private const string Make = """
        CREATE SCHEMA IF NOT EXISTS tandem;
        CREATE TABLE IF NOT EXISTS tandem.lineage (
          pair_number bigint NOT NULL DEFAULT 0,
          pair_site text NOT NULL DEFAULT '',
          epoch bigint NOT NULL,
          incarnation text NOT NULL,
          timeline bigint NOT NULL,
          switch_point pg_lsn NOT NULL,
          reason text NOT NULL,
          at timestamptz NOT NULL,
          PRIMARY KEY (pair_number, pair_site, epoch, incarnation, timeline));
        GRANT USAGE ON SCHEMA tandem TO tandem_rewind;
        GRANT SELECT ON tandem.lineage TO tandem_rewind;
        """;

    /// <summary>The table is there, and the other site may read it.</summary>
    private const string IsReadable = """
        SELECT EXISTS (
          SELECT FROM pg_class c JOIN pg_roles r ON r.rolname = 'tandem_rewind'
          WHERE c.oid = to_regclass('tandem.lineage') AND has_table_privilege(r.oid, c.oid, 'SELECT') AND has_schema_privilege(r.oid, c.relnamespace, 'USAGE'))::text
        """;

    /// <summary>Repeating it writes again: what the caller needs is a record in the log, not only a row.</summary>
    private const string Insert = """
        INSERT INTO tandem.lineage (pair_number, pair_site, epoch, incarnation, timeline, switch_point, reason, at)
        VALUES ($1, $2, $3, $4, $5, $6::text::pg_lsn, $7, $8)
        ON CONFLICT (pair_number, pair_site, epoch, incarnation, timeline) DO UPDATE SET switch_point = excluded.switch_point, reason = excluded.reason, at = excluded.at
        """;

    /// <summary>Rows in the order in which the reigns came to be.</summary>
    private const string Select = """
        SELECT pair_number, pair_site, epoch, incarnation, timeline, switch_point::text, reason, at
        FROM tandem.lineage ORDER BY timeline, pair_number, pair_site COLLATE "C", epoch
        """;

    /// <param name="ensureRoles">Awaited before the table is made: the other site reads it as a role that must be there to be granted that.</param>
    public static async Task<Lsn> WriteAsync(NpgsqlConnection connection, LineageRow row, Func<Task> ensureRoles, CancellationToken cancellation)
    {
        if (await connection.TextAsync(IsReadable, cancellation).ConfigureAwait(false) != "true")
        {
            await ensureRoles().ConfigureAwait(false);
            await connection.ExecuteAsync(Make, cancellation).ConfigureAwait(false);
        }

        await using (var command = new NpgsqlCommand(Insert, connection))
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = row.PairEpoch?.Number ?? 0 });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = row.PairEpoch?.Site ?? "" });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = row.Epoch.Value });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = row.Incarnation });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = row.Timeline.Value });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = row.SwitchPoint.ToString(), NpgsqlDbType = NpgsqlDbType.Text });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = row.Reason });
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = row.At.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }

        return await FlushedAsync(connection, cancellation).ConfigureAwait(false);
    }

    public static async Task<IReadOnlyList<LineageRow>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Select, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var rows = new List<LineageRow>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var site = reader.GetString(1);
            rows.Add(new LineageRow(
                site.Length == 0 ? null : new PairEpoch(reader.GetInt64(0), site),
                new Epoch(reader.GetInt64(2)),
                reader.GetString(3),
                new TimelineId((uint)reader.GetInt64(4)),
                Lsn.Parse(reader.GetString(5)),
                reader.GetString(6),
                reader.GetFieldValue<DateTimeOffset>(7)));
        }

        return rows;
    }

    /// <summary>As <see cref="ReadAsync"/>, of a database that may not have got so far.</summary>
    public static async Task<IReadOnlyList<LineageRow>> ReadIfThereAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            return await ReadAsync(connection, cancellation).ConfigureAwait(false);
        }
        catch (Npgsql.PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return [];
        }
    }

    /// <summary>A commit record of its own and nothing else: a message in the log, which no table bloats from.</summary>
    public static async Task<Lsn> ProbeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await connection.TextAsync("SELECT pg_logical_emit_message(true, 'tandem', 'probe')::text", cancellation).ConfigureAwait(false);
        return await FlushedAsync(connection, cancellation).ConfigureAwait(false);
    }

    /// <summary>Asked after the commit has returned, which at synchronous_commit = local means that its record is flushed: so this is at or behind its end.</summary>
    private static async Task<Lsn> FlushedAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        Lsn.Parse((await connection.TextAsync("SELECT pg_current_wal_flush_lsn()::text", cancellation).ConfigureAwait(false))!);
}
