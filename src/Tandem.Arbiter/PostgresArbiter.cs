using Npgsql;
using Tandem.Protocol.Arbitration;

namespace Tandem.Arbiter;

/// <summary>A row in a PostgreSQL that is not of the pair. Makes its table where it may; needs SELECT, INSERT and UPDATE on it. That database must not lose a commit that it has confirmed.</summary>
public sealed class PostgresArbiter : IArbiter
{
    private const string Make = """
        CREATE TABLE IF NOT EXISTS tandem_arbiter (
          pair text PRIMARY KEY,
          version bigint NOT NULL,
          record text NOT NULL)
        """;

    private readonly NpgsqlDataSource _data;
    private readonly string _pair;
    private bool _made;

    /// <param name="uri">As libpq takes it: <c>postgresql://user:password@host:port/database?sslmode=…</c>, or in Npgsql's own form.</param>
    /// <exception cref="ArbiterAddressException">It cannot be read.</exception>
    public PostgresArbiter(string uri, string pair)
    {
        _pair = pair;
        var settings = ConnectionUri.Parse(uri);
        settings.ApplicationName = "tandem_arbiter";
        settings.Timeout = settings.CommandTimeout = (int)ArbiterFactory.CallTimeout.TotalSeconds;
        settings.CancellationTimeout = -1;
        settings.MaxPoolSize = 2;
        // Confirmed means durable, whatever the role's default is: an arbiter that forgets would let two sites in.
        settings.Options = "-c synchronous_commit=on";
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableTransportSecurity();
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        _data = builder.Build();
    }

    public async Task<ArbiterReading> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await _data.OpenConnectionAsync(cancellation).ConfigureAwait(false);
            await MakeAsync(connection, cancellation).ConfigureAwait(false);
            await using var command = new NpgsqlCommand("SELECT pg_is_in_recovery(), version, record FROM (SELECT 1) one LEFT JOIN tandem_arbiter ON pair = $1", connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _pair });
            await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await reader.ReadAsync(cancellation).ConfigureAwait(false);
            // A standby tells the past.
            if (reader.GetBoolean(0)) return new ArbiterReading.Unreadable("ArbiterUnusable", "that server is a standby: the connection string must lead to its primary");
            return reader.IsDBNull(1) ? new ArbiterReading.Read(null, null) : new ArbiterReading.Read(ArbiterRecord.Decode(reader.GetString(2)), reader.GetInt64(1));
        }
        catch (FormatException exception)
        {
            return new ArbiterReading.Unreadable("ArbiterUnusable", exception.Message);
        }
        catch (Exception exception) when (IsOfServer(exception) && !cancellation.IsCancellationRequested)
        {
            return new ArbiterReading.Unreadable("ArbiterUnreachable", Tell(exception));
        }
    }

    public async Task<ArbiterSwap> SwapAsync(ArbiterReading.Read read, ArbiterRecord next, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await _data.OpenConnectionAsync(cancellation).ConfigureAwait(false);
            return await SendAsync(connection, read, next, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsOfServer(exception) && !cancellation.IsCancellationRequested)
        {
            return new ArbiterSwap.Lost(Tell(exception)); // not connected: nothing was sent
        }
    }

    public ValueTask DisposeAsync() => _data.DisposeAsync();

    private async Task<ArbiterSwap> SendAsync(NpgsqlConnection connection, ArbiterReading.Read read, ArbiterRecord next, CancellationToken cancellation)
    {
        var version = (read.Version as long? ?? 0) + 1;
        await using var command = new NpgsqlCommand(read.Version is null
            ? "INSERT INTO tandem_arbiter (pair, version, record) VALUES ($1, $2, $3) ON CONFLICT (pair) DO NOTHING"
            : "UPDATE tandem_arbiter SET version = $2, record = $3 WHERE pair = $1 AND version = $2 - 1", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _pair });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = version });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = next.Encode() });
        try
        {
            return await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false) == 1
                ? new ArbiterSwap.Applied(new ArbiterReading.Read(next, version))
                : new ArbiterSwap.Lost("somebody else wrote first");
        }
        catch (PostgresException refused) when (refused.SqlState is ['2', ..] or ['4', ..])
        {
            return new ArbiterSwap.Lost(Tell(refused)); // of the statement's own doing: rolled back. What a shutdown or a termination cuts short may stand.
        }
        catch (Exception exception) when (IsOfServer(exception) || exception is OperationCanceledException)
        {
            return new ArbiterSwap.Unknown(exception is OperationCanceledException ? "no answer in time" : Tell(exception));
        }
    }

    private async Task MakeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        if (_made) return;
        await using (var there = new NpgsqlCommand("SELECT to_regclass('tandem_arbiter') IS NOT NULL", connection))
            _made = await there.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is true;
        if (_made) return;
        await using var make = new NpgsqlCommand(Make, connection);
        await make.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        _made = true;
    }

    private static bool IsOfServer(Exception exception) => exception is NpgsqlException or System.Net.Sockets.SocketException or TimeoutException or IOException or ObjectDisposedException or OperationCanceledException;

    /// <summary>The server's own word, without what it was asked.</summary>
    private static string Tell(Exception exception) => exception is PostgresException answer ? $"{answer.SqlState}: {answer.MessageText}" : exception.Message;
}
