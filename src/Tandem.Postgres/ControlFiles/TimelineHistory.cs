using System.Globalization;
using Tandem.Postgres.Files;
using Tandem.Resources.Values;

namespace Tandem.Postgres.ControlFiles;

/// <summary>A timeline with its parents, as its history file tells: <c>parent TAB switch point TAB reason</c>, oldest first.</summary>
internal sealed class TimelineHistory(TimelineId timeline, IReadOnlyList<TimelineSwitch> switches)
{
    public TimelineId Timeline { get; } = timeline;
    public IReadOnlyList<TimelineSwitch> Switches { get; } = switches;

    /// <summary>Where the timeline itself begins.</summary>
    public Lsn Begin => Switches.Count == 0 ? Lsn.Zero : Switches[^1].SwitchPoint;

    /// <summary>Whether <paramref name="lsn"/> on <paramref name="other"/> lies on this history.</summary>
    public bool Contains(TimelineId other, Lsn lsn) => other == Timeline || Switches.Any(s => s.Timeline == other && lsn <= s.SwitchPoint);

    /// <summary>The timeline that a record beginning at <paramref name="lsn"/> belongs to.</summary>
    public TimelineId At(Lsn lsn)
    {
        foreach (var s in Switches)
        {
            if (lsn < s.SwitchPoint) return s.Timeline;
        }

        return Timeline;
    }

    /// <summary>Newest first: (timeline, where it begins).</summary>
    public IEnumerable<(TimelineId Timeline, Lsn Begin)> NewestFirst()
    {
        for (var i = Switches.Count; i >= 0; i--)
        {
            yield return (i == Switches.Count ? Timeline : Switches[i].Timeline, i == 0 ? Lsn.Zero : Switches[i - 1].SwitchPoint);
        }
    }

    public static string FileName(TimelineId timeline) => $"{timeline.Value:X8}.history";

    /// <summary>Timeline 1 has no file. Null where the file of a later one is missing.</summary>
    public static TimelineHistory? Read(string walDirectory, TimelineId timeline)
    {
        if (timeline.Value == 1) return new TimelineHistory(timeline, []);
        var path = Path.Combine(walDirectory, FileName(timeline));
        return File.Exists(path) ? Parse(timeline, File.ReadAllLines(path)) : null;
    }

    /// <summary>Every timeline of which pg_wal has the history, newest first.</summary>
    public static IReadOnlyList<TimelineId> Known(string walDirectory) =>
    [
        .. Directory.EnumerateFiles(walDirectory, "*.history")
            .Select(f => Path.GetFileNameWithoutExtension(f))
            .Where(n => n.Length == 8)
            .Select(n => uint.TryParse(n, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var v) ? v : 0)
            .Where(v => v > 0)
            .OrderDescending()
            .Select(v => new TimelineId(v)),
    ];

    /// <summary>Removes the files of all timelines newer than this one.</summary>
    public static void Forget(string walDirectory, TimelineId reached)
    {
        var newer = Known(walDirectory).Where(t => t > reached).ToList();
        foreach (var timeline in newer) File.Delete(Path.Combine(walDirectory, FileName(timeline)));
        if (newer.Count > 0) Folder.Sync(walDirectory);
    }

    internal static TimelineHistory Parse(TimelineId timeline, IEnumerable<string> lines)
    {
        var switches = new List<TimelineSwitch>();
        foreach (var raw in lines)
        {
            var line = raw.Split('#')[0].Trim();
            if (line.Length == 0) continue;
            var parts = line.Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 2 || !uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var parent) || !Lsn.TryParse(parts[1], out var at))
                throw new PostgresException("TimelineHistoryUnreadable", $"history of timeline {timeline}: {raw}");
            switches.Add(new TimelineSwitch(new TimelineId(parent), at));
        }

        return new TimelineHistory(timeline, switches);
    }
}
