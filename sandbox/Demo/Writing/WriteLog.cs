namespace Tandem.Sandbox.Demo.Writing;

/// <summary>What the writer was told, in order. All times are timestamps of <see cref="TimeProvider.System"/>.</summary>
public sealed class WriteLog
{
    private readonly Lock gate = new();
    private readonly List<Acknowledged> rows = [];
    private readonly HashSet<long> givenUp = [];
    private long lastBreak = long.MinValue;
    private string breakReason = "no connection yet";

    public int Count
    {
        get
        {
            lock (gate) return rows.Count;
        }
    }

    public void Acknowledge(Acknowledged row)
    {
        lock (gate) rows.Add(row);
    }

    /// <summary>A connection was lost or refused, or a write failed.</summary>
    public void Break(string reason)
    {
        lock (gate) (lastBreak, breakReason) = (Now(), reason);
    }

    public IReadOnlyList<Acknowledged> Snapshot()
    {
        lock (gate) return [.. rows];
    }

    /// <returns>Null when writes broke off after the given time and flow again since at least <paramref name="steady"/>; else what is seen instead.</returns>
    public string? Unrecovered(long since, TimeSpan steady)
    {
        lock (gate)
        {
            if (lastBreak < since) return "the writer's connection has not broken";
            if (rows.Count == 0 || rows[^1].At < lastBreak) return $"no write since, last: {breakReason}";
            return Elapsed(lastBreak, rows[^1].At) < steady ? "writes have just come back" : null;
        }
    }

    /// <returns>How long ago the last acknowledgement came; null before the first one.</returns>
    public TimeSpan? Silence()
    {
        lock (gate) return rows.Count == 0 ? null : Elapsed(rows[^1].At, Now());
    }

    /// <summary>The longest time in a window during which no write was acknowledged.</summary>
    public TimeSpan LongestGap(long from, long to)
    {
        lock (gate)
        {
            var longest = TimeSpan.Zero;
            var last = from;
            // Acknowledgements are in the order of time: those of the window are at the end.
            for (var index = FirstAfter(from); index < rows.Count && rows[index].At <= to; index++)
            {
                longest = Longer(longest, Elapsed(last, rows[index].At));
                last = rows[index].At;
            }
            return Longer(longest, Elapsed(last, to));
        }
    }

    /// <summary>The acknowledged rows that are not stored, but for those given up before.</summary>
    public IReadOnlyList<Acknowledged> Missing(IEnumerable<Acknowledged> acknowledged, IReadOnlySet<long> stored)
    {
        lock (gate) return [.. acknowledged.Where(row => !stored.Contains(row.Number) && !givenUp.Contains(row.Number))];
    }

    /// <summary>These rows were lost and counted: what comes later is not to count them again.</summary>
    public void GiveUp(IEnumerable<Acknowledged> lost)
    {
        lock (gate) givenUp.UnionWith(lost.Select(row => row.Number));
    }

    public static long Now() => TimeProvider.System.GetTimestamp();

    public static TimeSpan Elapsed(long from, long to) => TimeProvider.System.GetElapsedTime(from, to);

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private int FirstAfter(long time)
    {
        var index = rows.Count;
        while (index > 0 && rows[index - 1].At > time) index--;
        return index;
    }
}
