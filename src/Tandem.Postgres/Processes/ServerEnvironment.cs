using System.Collections;

namespace Tandem.Postgres.Processes;

/// <summary>What the server's programs get to see of our environment: all but what steers libpq and the server behind our back, and messages in English, since we read them.</summary>
internal static class ServerEnvironment
{
    public static IReadOnlyDictionary<string, string> Make(string binDirectory)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            var name = (string)entry.Key;
            if (!IsKeptBack(name)) result[name] = (string?)entry.Value ?? "";
        }

        var path = result.GetValueOrDefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        result["PATH"] = $"{binDirectory}:{path}";
        result["LC_ALL"] = "C";
        result["LANG"] = "C";
        // Nobody's home directory gives a password or a service.
        result["PGPASSFILE"] = "/nonexistent/pgpass";
        result["PGSERVICEFILE"] = "/nonexistent/pg_service.conf";
        result[ServerProcesses.Mark] = "1";
        return result;
    }

    /// <summary>PG*: would change what libpq and initdb do. POSTGRES_*: secrets of the image's own entry point. KUBERNETES_*, DOTNET_*, ASPNETCORE_*, TANDEM_*: ours, no business of the server.</summary>
    private static bool IsKeptBack(string name) =>
        name.StartsWith("PG", StringComparison.Ordinal)
        || name.StartsWith("POSTGRES_", StringComparison.Ordinal)
        || name.StartsWith("KUBERNETES_", StringComparison.Ordinal)
        || name.StartsWith("DOTNET_", StringComparison.Ordinal)
        || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)
        || name.StartsWith("TANDEM_", StringComparison.Ordinal)
        || name.StartsWith("LC_", StringComparison.Ordinal)
        || name is "LANGUAGE";
}
