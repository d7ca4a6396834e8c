using System.Collections.Immutable;
using Tandem.Protocol.Elections;
using Tandem.Protocol.Records;
using Tandem.Protocol.Synchrony;
using Tandem.Resources.Values;

namespace Tandem.Tests.Protocol;

/// <summary>Three instances a, b, c of one cluster, and the records, clauses and promises that the tests of the protocol's rules speak of.</summary>
internal static class Example
{
    public static readonly Incarnation A = new("orders-1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "11111111-0000-0000-0000-000000000001");
    public static readonly Incarnation B = new("orders-2", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "22222222-0000-0000-0000-000000000002");
    public static readonly Incarnation C = new("orders-3", "cccccccccccccccccccccccccccccccc", "33333333-0000-0000-0000-000000000003");

    public static readonly SynchronyTarget Quorum = new(SynchronyMode.Quorum, 1, false, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), 16 << 20);
    public static readonly SynchronyTarget Asynchronous = Quorum with { Mode = SynchronyMode.Asynchronous };

    public static Lsn At(ulong megabytes) => new(megabytes << 20);

    public static QuorumClause Clause(long epoch, Incarnation holder, int k, params Incarnation[] members) => new(new Epoch(epoch), holder, [.. members], k);

    public static LineageEntry Reign(long epoch, Incarnation holder, uint? timeline, Lsn? switchPoint) => new(null, new Epoch(epoch), holder, timeline is { } t ? new TimelineId(t) : null, switchPoint);

    public static PrimaryRecord Record(long epoch, Incarnation? holder, params QuorumClause[] clauses) => new()
    {
        Epoch = new Epoch(epoch),
        Holder = holder,
        State = holder is null ? RecordState.IsElecting : RecordState.IsStable,
        LeaseDuration = TimeSpan.FromSeconds(6),
        Members = [A, B, C],
        Quorums = [.. clauses],
        Lineage = [Reign(1, A, 1, Lsn.Zero)],
        SystemIdentifier = new SystemIdentifier(42),
        Uid = "uid",
        ResourceVersion = "1",
    };

    public static PromiseReport Promise(Incarnation by, long epoch, long logEpoch, Lsn end, int priority = 0) =>
        new(by, new Epoch(epoch), new LogEnd(null, new Epoch(logEpoch), end), new TimelineId((uint)logEpoch), [Reign(logEpoch, A, (uint)logEpoch, Lsn.Zero)], priority);

    public static PromiseReport WithoutPosition(Incarnation by, long epoch) => new(by, new Epoch(epoch), null, null, [], 0);

    public static ElectionView View(PrimaryRecord record, params PromiseReport[] promises) =>
        new(record, promises, promises.Select(p => p.By).ToHashSet(), TimeSpan.FromSeconds(1), HolderIsDown: false, MaximumLag: 1 << 20, Grace: TimeSpan.FromMilliseconds(200));
}
