namespace Tandem.Postgres;

/// <summary>Where one server lives. All folders are absolute; those but the data directory are made where they are missing.</summary>
public sealed class PostgresServerOptions
{
    /// <summary>PGDATA.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Folder of postgres, initdb, pg_controldata, pg_basebackup and pg_rewind; null: <see cref="Engines.PostgreSql.EngineLocator"/> looks for it.</summary>
    public string? BinDirectory { get; init; }

    /// <summary>Folder of the Unix socket. Should be one that only the pod sees, e.g. an emptyDir.</summary>
    public required string SocketDirectory { get; init; }

    public int Port { get; init; } = 5432;

    /// <summary>Where a rewind keeps the WAL beyond the fork. On the volume, outside of the data directory.</summary>
    public required string SalvageDirectory { get; init; }

    /// <summary>For small files of short life.</summary>
    public required string TempDirectory { get; init; }

    /// <summary>Gets every line that the server writes (it logs to its standard error alone).</summary>
    public Action<string> LogSink { get; init; } = Console.Out.WriteLine;

    /// <summary>
    /// Words before every program that is started, which must exec it in place (setpriv, runuser …). Empty in a pod, where the agent runs as the
    /// server's user already. As root, which PostgreSQL refuses, this is how the server becomes somebody else; files written then get the owner of their folder.
    /// </summary>
    public IReadOnlyList<string> LaunchPrefix { get; init; } = [];
}
