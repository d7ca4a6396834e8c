using Tandem.Postgres;
using Tandem.Simulation.Kernel;

namespace Tandem.Simulation.Postgres;

/// <summary>pg_control, as far as it matters here.</summary>
/// <param name="Clean">The last server ended in order.</param>
/// <param name="Timeline">Of the last checkpoint: it lags behind after a promotion, until the checkpoint after it is done.</param>
/// <param name="Checkpoint">Where that checkpoint is in the log.</param>
public sealed record Control(ulong SystemIdentifier, bool Clean, uint Timeline, ulong Checkpoint);

/// <summary>Where a timeline came from.</summary>
public readonly record struct Branch(uint Parent, ulong SwitchPoint);

/// <summary>
/// A data directory: what is on the disk, and how much of it would survive a loss of power. Everything but the log is written durably, as PostgreSQL does.
/// </summary>
public sealed class DataDirectory(ulong systemIdentifier)
{
    public WalLog Log { get; set; } = new();

    /// <summary>Up to here the log is durable.</summary>
    public ulong Flushed { get; set; } = WalLog.Origin;

    /// <summary>Up to here the log is in the machine's cache: it survives a kill of the server, and perhaps a loss of power.</summary>
    public ulong Written { get; set; } = WalLog.Origin;

    public Control Control { get; set; } = new(systemIdentifier, true, 1, WalLog.Origin);

    /// <summary>The history files: of each timeline that is known here, where it left its parent. Timeline 1 has none.</summary>
    public SortedDictionary<uint, Branch> History { get; private init; } = [];

    public SortedSet<string> Slots { get; } = new(StringComparer.Ordinal);
    public ServerConfiguration? Configuration { get; set; }
    public bool StandbySignal { get; set; }

    /// <summary>A copy that no server has been started on yet: what pg_control says is still its source's.</summary>
    public bool HasBackupLabel { get; set; }

    /// <summary>A copy or an initdb is not finished: there is no database here.</summary>
    public bool IsPartial { get; set; }

    /// <summary>Its pages have changes that its log does not explain: no server would notice, and no reader should ever meet it.</summary>
    public bool IsCorrupt { get; set; }

    /// <summary>The earliest fork of rewinds that were begun and not finished: a server started on this would be nobody's.</summary>
    public ulong RewoundTo { get; set; } = ulong.MaxValue;
    public bool IsHalfRewound => RewoundTo < ulong.MaxValue;

    public ulong SystemIdentifier => Control.SystemIdentifier;

    /// <summary>The server was killed: what was only in its memory is gone.</summary>
    public void LoseMemory()
    {
        Log.Cut(Log.CountUpTo(Written));
        Written = Log.End;
    }

    /// <summary>The machine has lost its power: what had not been flushed may be there, or not, but never with a hole.</summary>
    public void LosePower(Chance chance)
    {
        var low = Log.CountUpTo(Flushed);
        var high = Log.CountUpTo(Written);
        Log.Cut(low + chance.Next(high - low + 1));
        Written = Log.End;
        Flushed = Math.Min(Flushed, Log.End);
    }

    /// <summary>The timelines from the first to this one, as the history files here tell.</summary>
    public List<uint> Ancestry(uint timeline)
    {
        List<uint> list = [timeline];
        while (History.TryGetValue(list[^1], out var branch) && list.Count < 100) list.Add(branch.Parent);
        list.Reverse();
        return list;
    }

    /// <summary>Where this timeline was left on the way to another; null: it is that one, or not on the way.</summary>
    public ulong? LeftAt(uint timeline, uint towards)
    {
        var way = Ancestry(towards);
        var index = way.IndexOf(timeline);
        return index >= 0 && index + 1 < way.Count ? History[way[index + 1]].SwitchPoint : null;
    }

    /// <summary>
    /// The timeline that a standby goes for: the newest of which it has the history, whether anything of that has arrived or not, unless it was left before this log ends.
    /// </summary>
    public uint Goal => History.Count > 0 && History.Keys.Last() is var newest && newest > Log.Timeline && LeftAt(Log.Timeline, newest) >= Log.End ? newest : Log.Timeline;

    /// <summary>On which timeline a standby asks for what comes at its log's end, by the history of its goal, whosever that is: one of another that had the same number is not fetched again.</summary>
    public uint TimelineAt(ulong end)
    {
        var way = Ancestry(Goal);
        for (var i = way.Count - 1; i > 0 && way[i] > Log.Timeline; i--)
            if (History[way[i]].SwitchPoint <= end)
                return way[i];
        return Log.Timeline;
    }

    public DataDirectory Copy(ulong upTo)
    {
        var log = Log.CopyUpTo(upTo);
        return new DataDirectory(SystemIdentifier)
        {
            Log = log,
            Flushed = log.End,
            Written = log.End,
            Control = Control with { Clean = false },
            History = new SortedDictionary<uint, Branch>(History),
        };
    }
}
