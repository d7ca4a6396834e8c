using System.Globalization;
using Npgsql;
using Tandem.Postgres.Processes;

namespace Tandem.Postgres.Sql;

/// <summary>
/// Opens sessions to the local server, over its Unix socket, as its superuser. None of them ever waits for a standby (synchronous_commit = local), runs
/// code that a user could have put in its way (search_path, event triggers), or sits for ever (statement and lock timeouts).
/// </summary>
internal sealed class SqlSessions(PostgresServerOptions options, Func<int> major) : IAsyncDisposable
{
    public const string ApplicationName = "tandem";
    private static readonly TimeSpan Unlimited = TimeSpan.Zero;

    private readonly Lock gate = new();
    private readonly Dictionary<TimeSpan, NpgsqlDataSource> sources = [];

    /// <param name="statementTimeout">Kept by the server itself; null: none.</param>
    /// <exception cref="PostgresException">ServerUnavailable: also at once, where the server says itself that it starts or stops.</exception>
    public async Task<NpgsqlConnection> ConnectAsync(TimeSpan? statementTimeout, CancellationToken cancellation)
    {
        if (LockFile.Status(options.DataDirectory) is ("starting" or "stopping") and var status)
            throw new PostgresException("ServerUnavailable", $"the server is {status}");
        try
        {
            return await Source(statementTimeout ?? Unlimited).OpenConnectionAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (SqlErrors.IsOfServer(e))
        {
            throw SqlErrors.Wrap(e, cancellation);
        }
    }

    /// <summary>Opens a session, uses it once and closes it.</summary>
    public Task<T> WithAsync<T>(TimeSpan? statementTimeout, Func<NpgsqlConnection, CancellationToken, Task<T>> use, CancellationToken cancellation) =>
        Abandonable.WaitAsync(RunAsync(statementTimeout, use, cancellation), discard: null, cancellation);

    private async Task<T> RunAsync<T>(TimeSpan? statementTimeout, Func<NpgsqlConnection, CancellationToken, Task<T>> use, CancellationToken cancellation)
    {
        var connection = await ConnectAsync(statementTimeout, cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            try
            {
                return await use(connection, cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (SqlErrors.IsOfServer(e))
            {
                throw SqlErrors.Wrap(e, cancellation);
            }
        }
    }

    public Task WithAsync(TimeSpan? statementTimeout, Func<NpgsqlConnection, CancellationToken, Task> use, CancellationToken cancellation) =>
        WithAsync(statementTimeout, async (connection, c) =>
        {
            await use(connection, c).ConfigureAwait(false);
            return true;
        }, cancellation);

    public async ValueTask DisposeAsync()
    {
        List<NpgsqlDataSource> all;
        lock (gate)
        {
            all = [.. sources.Values];
            sources.Clear();
        }

        foreach (var source in all) await source.DisposeAsync().ConfigureAwait(false);
    }

    private NpgsqlDataSource Source(TimeSpan statementTimeout)
    {
        lock (gate)
        {
            if (sources.TryGetValue(statementTimeout, out var source)) return source;
            return sources[statementTimeout] = Build(ConnectionString(statementTimeout));
        }
    }

    private static NpgsqlDataSource Build(string connectionString)
    {
        // Only built-in types are used: no catalog query at every connect.
        var builder = new NpgsqlSlimDataSourceBuilder(connectionString);
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return builder.Build();
    }

    private string ConnectionString(TimeSpan statementTimeout) => new NpgsqlConnectionStringBuilder
    {
        Host = options.SocketDirectory,
        Port = options.Port,
        Username = "postgres",
        Database = "postgres",
        ApplicationName = ApplicationName,
        Pooling = false,
        Multiplexing = false,
        Enlist = false,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
        Timeout = 5,
        CommandTimeout = 0,
        CancellationTimeout = -1,
        MaxAutoPrepare = 0,
        Options = StartupOptions(statementTimeout),
    }.ConnectionString;

    private string StartupOptions(TimeSpan statementTimeout)
    {
        List<string> settings =
        [
            "synchronous_commit=local",
            string.Create(CultureInfo.InvariantCulture, $"statement_timeout={(long)statementTimeout.TotalMilliseconds}"),
            "lock_timeout=5000",
            "idle_session_timeout=0",
            "idle_in_transaction_session_timeout=0",
            "default_transaction_read_only=off",
            "search_path=pg_catalog",
            "client_min_messages=error",
            "log_statement=none",
            "log_min_duration_statement=-1",
            "log_min_error_statement=panic",
        ];
        if (major() >= 17) settings.AddRange(["event_triggers=off", "transaction_timeout=0"]);
        return string.Join(' ', settings.Select(s => "-c " + s));
    }
}
