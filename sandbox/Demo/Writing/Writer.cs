using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using Tandem.Sandbox.Host;

namespace Tandem.Sandbox.Demo.Writing;

/// <summary>
/// An application: inserts numbered rows one by one through the `-rw` Service, keeps those that were acknowledged, reconnects at once when something breaks.
/// It knows nothing of Tandem but addresses, user and password.
/// </summary>
public sealed class Writer : IAsyncDisposable
{
    private const string Table = "writes";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(20);
    private readonly IReadOnlyList<Endpoint> endpoints;
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;
    private int turn;
    private long number;

    private Writer(IReadOnlyList<Endpoint> endpoints) => this.endpoints = endpoints;

    public WriteLog Log { get; } = new();

    /// <summary>Writes when this returns.</summary>
    public static async Task<Writer> StartAsync(IReadOnlyList<Endpoint> endpoints, TimeSpan deadline, CancellationToken cancellation)
    {
        var writer = new Writer(endpoints);
        try
        {
            await Waiting.UntilAsync("the writer's table", deadline, token => writer.PrepareAsync(token), cancellation);
            writer.running = Task.Run(writer.RunAsync, CancellationToken.None);
            await Waiting.UntilAsync("the first write", deadline, _ => Task.FromResult(writer.Log.Count > 0 ? null : "none is acknowledged"), cancellation);
            return writer;
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until writes flow again after something broke them off at or after the given time.</summary>
    public Task RecoveredAsync(long since, TimeSpan deadline, CancellationToken cancellation) =>
        Waiting.UntilAsync("writes come back", deadline, _ => Task.FromResult(Log.Unrecovered(since, TimeSpan.FromSeconds(1))), cancellation, TimeSpan.FromMilliseconds(50));

    /// <summary>Reads all numbers back from the primary, and compares them with what was acknowledged until now.</summary>
    public async Task<ReadBack> ReadBackAsync(TimeSpan deadline, CancellationToken cancellation)
    {
        var acknowledged = Log.Snapshot();
        HashSet<long> stored = [];
        await Waiting.UntilAsync("reading the rows back", deadline, async token =>
        {
            var endpoint = NextEndpoint();
            await using var connection = await ConnectAsync(endpoint, token);
            await using var where = new NpgsqlCommand("select pg_is_in_recovery()", connection);
            if ((bool)(await where.ExecuteScalarAsync(token))!) return $"{endpoint} leads to a standby";
            await using var command = new NpgsqlCommand($"select number from {Table}", connection) { CommandTimeout = 30 };
            await using var reader = await command.ExecuteReaderAsync(token);
            stored.Clear();
            while (await reader.ReadAsync(token)) stored.Add(reader.GetInt64(0));
            return null;
        }, cancellation);
        return new ReadBack(acknowledged, Log.Missing(acknowledged, stored));
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        stopping.Dispose();
    }

    private async Task<string?> PrepareAsync(CancellationToken cancellation)
    {
        await using var connection = await ConnectAsync(NextEndpoint(), cancellation);
        await using var create = new NpgsqlCommand($"create table if not exists {Table} (number bigint primary key, site text not null, at timestamptz not null default clock_timestamp())", connection);
        await create.ExecuteNonQueryAsync(cancellation);
        await using var last = new NpgsqlCommand($"select coalesce(max(number), 0) from {Table}", connection);
        number = (long)(await last.ExecuteScalarAsync(cancellation))!;
        return null;
    }

    private async Task RunAsync()
    {
        var cancellation = stopping.Token;
        while (!cancellation.IsCancellationRequested)
        {
            var endpoint = NextEndpoint();
            try
            {
                await WriteAsync(endpoint, cancellation);
            }
            catch (Exception problem) when (problem is NpgsqlException or SocketException or TimeoutException or IOException or OperationCanceledException or InvalidOperationException)
            {
                if (cancellation.IsCancellationRequested) return;
                Log.Break($"{endpoint}: {problem.Message}");
                await Task.Delay(RetryPause, TimeProvider.System, CancellationToken.None);
            }
        }
    }

    /// <summary>Writes until something breaks. A row whose acknowledgement does not come keeps its number: it may be there or not, and is no loss either way.</summary>
    private async Task WriteAsync(Endpoint endpoint, CancellationToken cancellation)
    {
        await using var connection = await ConnectAsync(endpoint, cancellation);
        await using var insert = new NpgsqlCommand($"insert into {Table} (number, site) values ($1, $2) returning pg_current_wal_insert_lsn()::text", connection);
        var next = new NpgsqlParameter<long>();
        insert.Parameters.Add(next);
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = endpoint.Site });
        while (!cancellation.IsCancellationRequested)
        {
            next.TypedValue = ++number;
            var position = (string)(await insert.ExecuteScalarAsync(cancellation))!;
            Log.Acknowledge(new Acknowledged(next.TypedValue, WriteLog.Now(), Position(position)));
            await Task.Delay(Pause, TimeProvider.System, cancellation);
        }
    }

    private static async Task<NpgsqlConnection> ConnectAsync(Endpoint endpoint, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(endpoint.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private Endpoint NextEndpoint() => endpoints[(int)((uint)Interlocked.Increment(ref turn) % (uint)endpoints.Count)];

    // As PostgreSQL writes it: two hexadecimal halves.
    private static ulong Position(string text)
    {
        var slash = text.IndexOf('/');
        return (ulong.Parse(text[..slash], NumberStyles.HexNumber, CultureInfo.InvariantCulture) << 32) + ulong.Parse(text[(slash + 1)..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}

/// <summary>What was acknowledged, and what of it the database does not have.</summary>
public sealed record ReadBack(IReadOnlyList<Acknowledged> Acknowledged, IReadOnlyList<Acknowledged> Lost)
{
    /// <summary>Log between the last row that survived and the last one that was acknowledged when the loss happened.</summary>
    public ulong LostBytes
    {
        get
        {
            if (Lost.Count == 0) return 0;
            var first = Lost[0].Number;
            var survived = Acknowledged.LastOrDefault(row => row.Number < first);
            return Lost[^1].LogPosition - survived.LogPosition;
        }
    }

    /// <summary>Seconds of writing that are lost.</summary>
    public double LostSeconds => Lost.Count == 0 ? 0 : WriteLog.Elapsed(Lost[0].At, Lost[^1].At).TotalSeconds;
}
