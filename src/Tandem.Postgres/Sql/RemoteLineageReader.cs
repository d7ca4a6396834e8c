using System.Globalization;
using Npgsql;
using Tandem.Postgres;
using Tandem.Resources.Values;

namespace Tandem.Postgres.Sql;

/// <summary>Reads <c>tandem.lineage</c> of another server over the network, by client certificate as <c>tandem_rewind</c>.</summary>
internal static class RemoteLineageReader
{
    private const int Seconds = 5;

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
            return new RemoteLineageRows(connection.Host ?? source.Host, new SystemIdentifier(ulong.Parse(system!, CultureInfo.InvariantCulture)), timeline is null ? null : new TimelineId(uint.Parse(timeline, CultureInfo.InvariantCulture)), await LineageTable.ReadAsync(connection, cancellation).ConfigureAwait(false));
        }
        catch (Exception e) when (SqlErrors.IsOfServer(e))
        {
            throw SqlErrors.Wrap(e, cancellation);
        }
    }
}
