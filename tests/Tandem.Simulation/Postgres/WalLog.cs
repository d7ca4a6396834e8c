namespace Tandem.Simulation.Postgres;

/// <summary>The write-ahead log as it lies in pg_wal: whole records in order. How much of it is durable the <see cref="DataDirectory"/> knows.</summary>
public sealed class WalLog
{
    /// <summary>Where the first record of a new cluster begins.</summary>
    public const ulong Origin = 0x1000028;

    public const ulong SegmentSize = 16 << 20;

    private readonly List<WalRecord> _records;

    public WalLog() => _records = [];

    private WalLog(List<WalRecord> records) => _records = records;

    public int Count => _records.Count;
    public WalRecord this[int index] => _records[index];
    public ulong End => _records.Count == 0 ? Origin : _records[^1].End;
    public uint Timeline => _records.Count == 0 ? 1 : _records[^1].Timeline;

    /// <summary>How many records end at or before this position.</summary>
    public int CountUpTo(ulong position)
    {
        int low = 0, high = _records.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_records[middle].End <= position) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /// <summary>Where what was written on this timeline, or on one before it, ends.</summary>
    public ulong EndOf(uint timeline) => _records.FindLastIndex(r => r.Timeline <= timeline) is >= 0 and var last ? _records[last].End : Origin;

    public WalRecord Append(uint timeline, int size, WalPayload payload)
    {
        var start = End;
        var record = new WalRecord(timeline, start, start + (ulong)((size + 7) & ~7), payload);
        _records.Add(record);
        return record;
    }

    /// <summary>Writes what came from elsewhere to its place: whatever stood there or behind it is overwritten.</summary>
    public void Write(WalRecord record)
    {
        if (record.Start < End) Cut(CountUpTo(record.Start));
        _records.Add(record);
    }

    /// <summary>Keeps the first records alone.</summary>
    public void Cut(int count)
    {
        if (count < _records.Count) _records.RemoveRange(count, _records.Count - count);
    }

    public WalLog CopyUpTo(ulong position) => new(_records.GetRange(0, CountUpTo(position)));

    /// <summary>How many records at the beginning of both logs are the very same.</summary>
    public int CommonWith(WalLog other)
    {
        var count = Math.Min(Count, other.Count);
        // The beginnings are the same or they part once: looked for from behind, since most logs that are compared differ in little.
        int low = 0, high = count;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (ReferenceEquals(_records[middle - 1], other._records[middle - 1])) low = middle;
            else high = middle - 1;
        }
        return low;
    }

    /// <summary>Where the record of a client's row ends; null: it is not there. Looked for from behind: who asks, asks soon.</summary>
    public ulong? EndOfRow(int row)
    {
        for (var i = _records.Count - 1; i >= 0; i--)
            if (_records[i].Payload is WalPayload.Row { Id: var id } && id == row)
                return _records[i].End;
        return null;
    }

    public IEnumerable<int> Rows()
    {
        foreach (var record in _records)
            if (record.Payload is WalPayload.Row row)
                yield return row.Id;
    }
}
