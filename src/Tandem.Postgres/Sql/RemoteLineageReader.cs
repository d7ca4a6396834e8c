using System.Globalization;
using Npgsql;
using Tandem.Postgres;
using Tandem.Resources.Values;

namespace Tandem.Postgres.Sql;

/// <summary>Reads <c>tandem.lineage</c> of another server over the network, by client certificate as <c>tandem_rewind</c>.</summary>
internal static class RemoteLineageReader
{
    private const int Seconds = 5;

    /// <summary>Rows in the order in which the reigns came to be.</summary>
    private const string Query = """
        SELECT pair_number, pair_site, epoch, incarnation, timeline, switch_point::text, reason, at
        FROM tandem.lineage ORDER BY timeline, pair_number, pair_site COLLATE "C", epoch
        """;

    public static async Task<RemoteLineageRows> ReadAsync(ReplicationSource source, CancellationToken cancellation)
    {
        // libpq takes several hosts separated by commas, and so does Npgsql.
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = source.Host,
            Port = source.Port,
            Username = source.User,
            Database = "postgres",
            ApplicationName = source.ApplicationName,
            Pooling = false,
            Enlist = false,
            SslMode = SslMode.VerifyCA,
            RootCertificate = source.Tls.CertificateAuthority,
            SslCertificate = source.Tls.Certificate,
            SslKey = source.Tls.Credential,
            GssEncryptionMode = GssEncryptionMode.Disable,
            Timeout = Seconds,
            CommandTimeout = Seconds,
            CancellationTimeout = -1,
        };
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableTransportSecurity();
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        await using var data = builder.Build();
        try
        {
            await using var connection = await data.OpenConnectionAsync(cancellation).ConfigureAwait(false);
            var system = await connection.TextAsync("SELECT system_identifier::text FROM pg_control_system()", cancellation).ConfigureAwait(false);
            var timeline = await connection.TextAsync("SELECT timeline_id::text FROM pg_control_checkpoint() WHERE NOT pg_is_in_recovery()", cancellation).ConfigureAwait(false);
            return new RemoteLineageRows(connection.Host ?? source.Host, new SystemIdentifier(ulong.Parse(system!, CultureInfo.InvariantCulture)), timeline is null ? null : new TimelineId(uint.Parse(timeline, CultureInfo.InvariantCulture)), await RowsAsync(connection, cancellation).ConfigureAwait(false));
        }
        catch (Exception e) when (SqlErrors.IsOfServer(e))
        {
            throw SqlErrors.Wrap(e, cancellation);
        }
    }

    private static async Task<IReadOnlyList<LineageRow>> RowsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Query, connection);
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
}
