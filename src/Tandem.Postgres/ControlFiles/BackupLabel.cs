using System.Globalization;
using Tandem.Resources.Values;

namespace Tandem.Postgres.ControlFiles;

/// <summary>backup_label of a copy whose recovery has not begun: it, and not pg_control, says where the WAL of the copy begins.</summary>
internal sealed record BackupLabel(Lsn Start, TimelineId Timeline)
{
    public static bool Stands(string dataDirectory) => File.Exists(PathIn(dataDirectory));

    /// <summary>Null where there is none.</summary>
    public static BackupLabel? Read(string dataDirectory) => Stands(dataDirectory) ? Parse(File.ReadAllLines(PathIn(dataDirectory))) : null;

    private static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, "backup_label");

    /// <summary>
    /// <c>START WAL LOCATION: 0/2000028 (file 000000010000000000000002)</c>; the file's first 8 digits are the timeline
    /// (START TIMELINE says the same, but pg_rewind's label has no such line).
    /// </summary>
    internal static BackupLabel Parse(IEnumerable<string> lines)
    {
        const string key = "START WAL LOCATION: ";
        var line = lines.FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal)) ?? throw new PostgresException("BackupLabelUnreadable", "backup_label has no START WAL LOCATION");
        var parts = line[key.Length..].Split(' ', '(', ')');
        var file = parts.FirstOrDefault(p => p.Length == 24) ?? throw new PostgresException("BackupLabelUnreadable", $"backup_label: {line}");
        return new BackupLabel(Lsn.Parse(parts[0]), new TimelineId(uint.Parse(file.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)));
    }
}
