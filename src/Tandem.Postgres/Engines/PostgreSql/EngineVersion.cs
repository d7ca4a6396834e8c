using System.Globalization;
using Tandem.Postgres.Processes;

namespace Tandem.Postgres.Engines.PostgreSql;

/// <summary>Version of PostgreSQL's programs, as <c>postgres --version</c> says it.</summary>
internal static class EngineVersion
{
    /// <summary>server_version_num: 150018 for 15.18; a beta counts as the release's zero.</summary>
    public static int Parse(string line)
    {
        const string before = "(PostgreSQL) ";
        var at = line.IndexOf(before, StringComparison.Ordinal);
        if (at < 0) throw new PostgresException("EngineNotFound", $"not a version of PostgreSQL: {line}");
        var text = line[(at + before.Length)..].Split(' ')[0];
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        var major = int.Parse(text.AsSpan(0, digits), CultureInfo.InvariantCulture);
        var minor = text.Length > digits && text[digits] == '.' ? int.Parse(new string([.. text.Skip(digits + 1).TakeWhile(char.IsAsciiDigit)]), CultureInfo.InvariantCulture) : 0;
        return major * 10000 + minor;
    }

    public static int MajorOfPrograms(string folder)
    {
        var lines = new List<string>();
        var child = ChildProcess.Start([Path.Combine(folder, "postgres"), "--version"], ServerEnvironment.Make(folder), l => { lock (lines) lines.Add(l); });
        child.ExitAndOutputAsync().GetAwaiter().GetResult();
        lock (lines) return Parse(lines.FirstOrDefault() ?? "") / 10000;
    }
}
