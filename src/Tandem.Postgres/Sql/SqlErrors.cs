using System.Net.Sockets;
using Npgsql;

namespace Tandem.Postgres.Sql;

internal static class SqlErrors
{
    public const string ObjectInUse = "55006";
    public const string UndefinedObject = "42704";
    public const string DuplicateObject = "42710";
    public const string DuplicateDatabase = "42P04";

    public static bool IsOfServer(Exception e) => e is NpgsqlException or SocketException or TimeoutException or IOException or ObjectDisposedException;

    /// <summary>The server's own message, without what it was asked: a statement can hold more than a log should.</summary>
    public static Exception Wrap(Exception e, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested) return new OperationCanceledException("cancelled while the server was asked", e, cancellation);
        return e is Npgsql.PostgresException answer
            ? new PostgresException("SqlFailed", $"{answer.SqlState}: {answer.MessageText}", e)
            : new PostgresException("ServerUnavailable", e.Message, e);
    }
}
