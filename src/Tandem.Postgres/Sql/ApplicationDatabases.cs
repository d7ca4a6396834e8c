using Npgsql;

namespace Tandem.Postgres.Sql;

/// <summary>The application's role and database.</summary>
internal static class ApplicationDatabases
{
    public static async Task EnsureAsync(NpgsqlConnection connection, ApplicationDatabase database, CancellationToken cancellation)
    {
        Check(database);
        var owner = SqlCommands.Identifier(database.Owner);
        var stored = await connection.TextAsync("SELECT coalesce(rolpassword, '') FROM pg_authid WHERE rolname = $1", cancellation, database.Owner).ConfigureAwait(false);
        // The server gets the SCRAM verifier and never the password, so no log of it can show one; and an equal password writes nothing.
        if (stored is null || !ScramVerifier.Matches(stored, database.Password))
        {
            var verifier = SqlCommands.Literal(ScramVerifier.Make(database.Password));
            await connection.ExecuteAsync($"{(stored is null ? "CREATE" : "ALTER")} ROLE {owner} LOGIN PASSWORD {verifier}", cancellation).ConfigureAwait(false);
        }

        if (await connection.TextAsync("SELECT datname::text FROM pg_database WHERE datname = $1", cancellation, database.Name).ConfigureAwait(false) is not null) return;
        try
        {
            await connection.ExecuteAsync($"CREATE DATABASE {SqlCommands.Identifier(database.Name)} OWNER {owner}", cancellation).ConfigureAwait(false);
        }
        catch (Npgsql.PostgresException e) when (e.SqlState == SqlErrors.DuplicateDatabase)
        {
            // Somebody was faster.
        }
    }

    private static void Check(ApplicationDatabase database)
    {
        if (database.Owner is "postgres" or Roles.Replication or Roles.Rewind || database.Owner.StartsWith("pg_", StringComparison.Ordinal))
            throw new PostgresException("OwnerRefused", $"'{database.Owner}' is a role of the system");
        if (database.Name is "postgres" or "template0" or "template1")
            throw new PostgresException("DatabaseRefused", $"'{database.Name}' is a database of the system");
        foreach (var name in new[] { database.Name, database.Owner })
        {
            if (name.Length == 0 || System.Text.Encoding.UTF8.GetByteCount(name) > 63 || name.Contains('\0', StringComparison.Ordinal))
                throw new PostgresException("DatabaseRefused", $"'{name}' is no name of 1 to 63 bytes");
        }
    }
}
