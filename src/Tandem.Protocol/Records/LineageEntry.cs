using Tandem.Resources.Values;

namespace Tandem.Protocol.Records;

/// <summary>
/// One reign in the history of the holder's own data: in this epoch this incarnation wrote on this timeline, which left the one before at <see cref="SwitchPoint"/>.
/// Timeline and switch point of the newest entry are null until the holder has promoted and confirmed them.
/// </summary>
public sealed record LineageEntry(PairEpoch? PairEpoch, Epoch Epoch, Incarnation Incarnation, TimelineId? Timeline, Lsn? SwitchPoint)
{
    /// <summary>What is the same wherever the reign is spoken of.</summary>
    public string Name => $"{PairEpoch?.ToString() ?? "-"} {Epoch} {Incarnation}";

    /// <summary>Whether the two speak of the same reign, confirmed or not.</summary>
    public bool SameReign(LineageEntry other) => PairEpoch == other.PairEpoch && Epoch == other.Epoch && Incarnation == other.Incarnation;
}

/// <summary>
/// Where a log ends, in the order that elections use: the reign that wrote its last record, then its position. Timelines play no part (their numbers can meet).
/// Epochs of two sites are told apart by the pair epoch before them.
/// </summary>
public readonly record struct LogEnd(PairEpoch? PairEpoch, Epoch Epoch, Lsn Lsn) : IComparable<LogEnd>
{
    public int CompareTo(LogEnd other)
    {
        var pair = (PairEpoch, other.PairEpoch) switch
        {
            (null, null) => 0,
            (null, _) => -1,
            (_, null) => 1,
            ({ } a, { } b) => a.CompareTo(b),
        };
        if (pair != 0) return pair;
        var epoch = Epoch.CompareTo(other.Epoch);
        return epoch != 0 ? epoch : Lsn.CompareTo(other.Lsn);
    }

    public static bool operator <(LogEnd a, LogEnd b) => a.CompareTo(b) < 0;
    public static bool operator >(LogEnd a, LogEnd b) => a.CompareTo(b) > 0;
    public static bool operator <=(LogEnd a, LogEnd b) => a.CompareTo(b) <= 0;
    public static bool operator >=(LogEnd a, LogEnd b) => a.CompareTo(b) >= 0;

    public override string ToString() => PairEpoch is { } pair ? $"{pair}:{Epoch}:{Lsn}" : $"{Epoch}:{Lsn}";
}
