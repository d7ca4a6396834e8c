using Npgsql;

namespace Tandem.Postgres.Sql;

/// <summary>The roles that other servers come in by. They have no password: pg_hba lets them in by client certificate alone.</summary>
internal static class Roles
{
    public const string Replication = "tandem_replication";
    public const string Rewind = "tandem_rewind";

    /// <summary>What pg_rewind reads a source by (its documentation names these four).</summary>
    private static readonly string[] RewindFunctions =
    [
        "pg_catalog.pg_ls_dir(text, boolean, boolean)",
        "pg_catalog.pg_stat_file(text, boolean)",
        "pg_catalog.pg_read_binary_file(text)",
        "pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)",
    ];

    public static async Task EnsureAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await EnsureRoleAsync(connection, Replication, "LOGIN REPLICATION", "rolcanlogin AND rolreplication AND NOT rolsuper", cancellation).ConfigureAwait(false);
        await EnsureRoleAsync(connection, Rewind, "LOGIN", "rolcanlogin AND NOT rolsuper", cancellation).ConfigureAwait(false);
        foreach (var function in RewindFunctions)
        {
            var may = await connection.TextAsync("SELECT has_function_privilege($1::name, $2, 'EXECUTE')::text", cancellation, Rewind, function).ConfigureAwait(false);
            if (may != "true") await connection.ExecuteAsync($"GRANT EXECUTE ON FUNCTION {function} TO {Rewind}", cancellation).ConfigureAwait(false);
        }
    }

    private static async Task EnsureRoleAsync(NpgsqlConnection connection, string role, string attributes, string fits, CancellationToken cancellation)
    {
        var present = await connection.TextAsync($"SELECT ({fits})::text FROM pg_roles WHERE rolname = $1", cancellation, role).ConfigureAwait(false);
        if (present == "true") return;
        await connection.ExecuteAsync($"{(present is null ? "CREATE" : "ALTER")} ROLE {role} NOSUPERUSER {attributes} PASSWORD NULL", cancellation).ConfigureAwait(false);
    }
}
