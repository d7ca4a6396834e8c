using Npgsql;

namespace Tandem.Postgres.Sql;

/// <summary>Sessions of clients on a standby that is about to be promoted.</summary>
internal static class ReaderSessions
{
    /// <summary>Refuses outside of recovery: a backend there may wait for its synchronous commit, and to end it would make that commit visible at once.</summary>
    private const string End = """
        SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity
        WHERE pg_is_in_recovery() AND backend_type = 'client backend' AND application_name <> 'tandem' AND pid <> pg_backend_pid()
        """;

    public static Task EndAsync(NpgsqlConnection connection, CancellationToken cancellation) => connection.TextAsync(End, cancellation);
}
