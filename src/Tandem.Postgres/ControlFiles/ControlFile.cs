using System.Globalization;
using Tandem.Postgres.Configuration;
using Tandem.Postgres.Processes;
using Tandem.Resources.Values;

namespace Tandem.Postgres.ControlFiles;

/// <summary>
/// pg_control as pg_controldata of the very same version prints it: the layout of the file differs between versions, the words do not.
/// </summary>
internal sealed class ControlFile(string dataDirectory, ToolRunner tools, TimeProvider time)
{
    private const int Attempts = 5;

    /// <summary>A running server writes the file in place; a read in the middle of that has a wrong CRC, so such a one is read again.</summary>
    public async Task<ControlData> ReadAsync(CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var lines = await tools.RunAsync("pg_controldata", ["-D", dataDirectory], "ControlFileUnreadable", null, cancellation).ConfigureAwait(false);
            if (!lines.Any(l => l.Contains("CRC checksum does not match", StringComparison.Ordinal))) return Parse(lines) with { IsFreshCopy = BackupLabel.Stands(dataDirectory) };
            if (attempt == Attempts) throw new PostgresException("ControlFileCorrupt", $"the CRC of pg_control in {dataDirectory} is wrong");
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellation).ConfigureAwait(false);
        }
    }

    internal static ControlData Parse(IEnumerable<string> lines)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':');
            if (colon > 0) fields[line[..colon].Trim()] = line[(colon + 1)..].Trim();
        }

        string Field(string name) => fields.TryGetValue(name, out var value) ? value : throw new PostgresException("ControlFileUnreadable", $"pg_controldata says nothing of \"{name}\"");
        int Number(string name) => int.Parse(Field(name), CultureInfo.InvariantCulture);
        TimelineId Timeline(string name) => new(uint.Parse(Field(name), CultureInfo.InvariantCulture));

        return new ControlData(
            new SystemIdentifier(ulong.Parse(Field("Database system identifier"), CultureInfo.InvariantCulture)),
            Field("Database cluster state"),
            Timeline("Latest checkpoint's TimeLineID"),
            Lsn.Parse(Field("Latest checkpoint location")),
            Lsn.Parse(Field("Latest checkpoint's REDO location")),
            Lsn.Parse(Field("Minimum recovery ending location")),
            Timeline("Min recovery ending loc's timeline"),
            Number("Data page checksum version") != 0,
            Field("wal_log_hints setting") == "on",
            Number("Bytes per WAL segment"),
            Number("pg_control version number"),
            StandbyMinimums.Of(Number));
    }
}
