using System.Globalization;

namespace Tandem.Postgres.Engines.PostgreSql;

/// <summary>Finds PostgreSQL's programs in whatever image this is.</summary>
public static class EngineLocator
{
    private static readonly string[] Programs = ["postgres", "initdb", "pg_controldata", "pg_basebackup", "pg_rewind"];

    /// <param name="dataDirectory">Where it holds a cluster, only programs of that major version will do.</param>
    /// <exception cref="PostgresException"><c>EngineNotFound</c>.</exception>
    public static string Find(string dataDirectory)
    {
        var wanted = MajorOf(dataDirectory);
        var found = Candidates().Distinct(StringComparer.Ordinal).Where(HasPrograms).Select(d => (Folder: d, Major: EngineVersion.MajorOfPrograms(d))).ToList();
        var fitting = found.Where(f => wanted is null || f.Major == wanted).OrderByDescending(f => f.Major).ToList();
        if (fitting.Count > 0) return fitting[0].Folder;
        throw new PostgresException("EngineNotFound", found.Count == 0
            ? $"no folder of this image has all of {string.Join(", ", Programs)}"
            : $"the data is of PostgreSQL {wanted}, the image has {string.Join(", ", found.Select(f => f.Major))}");
    }

    /// <summary>PG_VERSION of a cluster; null where there is none.</summary>
    public static int? MajorOf(string dataDirectory)
    {
        var file = Path.Combine(dataDirectory, "PG_VERSION");
        return File.Exists(file) && int.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : null;
    }

    private static IEnumerable<string> Candidates()
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)) yield return folder;
        foreach (var (root, below) in new[] { ("/usr/lib/postgresql", "bin"), ("/usr", "bin"), ("/opt/bitnami/postgresql", "bin"), ("/usr/local/pgsql", "bin"), ("/usr/local", "bin") })
        {
            yield return Path.Combine(root, below);
            foreach (var version in Folders(root)) yield return Path.Combine(version, below);
        }
    }

    /// <summary>Debian: /usr/lib/postgresql/17; Red Hat: /usr/pgsql-17.</summary>
    private static IEnumerable<string> Folders(string root) =>
        Directory.Exists(root) ? Directory.EnumerateDirectories(root, root == "/usr" ? "pgsql-*" : "*").Where(d => char.IsAsciiDigit(d[^1])) : [];

    private static bool HasPrograms(string folder) => Programs.All(p => File.Exists(Path.Combine(folder, p)));
}
