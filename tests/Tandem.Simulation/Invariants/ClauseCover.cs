using Tandem.Protocol.Records;
using Tandem.Resources.Values;
using Tandem.Simulation.Postgres;

namespace Tandem.Simulation.Invariants;

/// <summary>
/// Whether the record covers what was acknowledged (protocol, section 2): some clause that stands in it has k members with the row on their disks, so that no election can pass the row by; or,
/// where the empty clause stands alone, the floor lies beyond it. Looked at when a row is acknowledged and when the clauses change: long before anybody must die for it to be lost.
/// </summary>
/// <param name="dataOf">The data of an incarnation of a site; null: its disk is lost, and what it had is not asked.</param>
/// <param name="isLongLost">Its disk has been lost for so long that nothing which it flushed can still be on its way.</param>
public sealed class ClauseCover(Func<string, Incarnation, (bool Gone, DataDirectory? Data)?> dataOf, Func<string, Incarnation, bool> isLongLost, Action<string, string> report)
{
    private readonly Dictionary<string, PrimaryRecord> _latest = new(StringComparer.Ordinal);
    private readonly Dictionary<int, (string Site, PairEpoch? PairEpoch, ulong End)> _acknowledged = [];

    public void Acknowledged(string site, string incarnation, Epoch epoch, PairEpoch? pairEpoch, Server server, int row)
    {
        var end = server.Data.Log.EndOfRow(row);
        if (end is not { } at) return;
        _acknowledged[row] = (site, pairEpoch, at);
        if (!_latest.TryGetValue(site, out var record) || record.PairEpoch != pairEpoch || record.Quorums.All(q => q.IsEmpty)) return;
        // Of the reign that acknowledges: while it lasts, or is being voted out, when the clauses stay as they are.
        if (record.Epoch != epoch && !(record.State is RecordState.Electing && record.Epoch == epoch.Next)) return;
        if (!record.Quorums.Any(q => q.Epoch == epoch && q.Holder.ToString() == incarnation)) return;
        if (!record.Quorums.Any(q => !q.IsEmpty && q.Members.Count(m => Has(site, m, row) && !isLongLost(site, m)) >= q.Acknowledgements)) report("AcknowledgedUncovered", $"{server.Name} acknowledged row {row}, which no clause covers: {Describe(record, site, row)}");
    }

    public void Recorded(string site, PrimaryRecord? record)
    {
        var before = _latest.GetValueOrDefault(site);
        if (record is null)
        {
            _latest.Remove(site);
            return;
        }
        _latest[site] = record;
        if (before is null || record.RunMode == RunMode.Standby || before.PairEpoch != record.PairEpoch || before.Quorums.SequenceEqual(record.Quorums)) return;
        var above = _acknowledged.Where(a => a.Value.Site == site && a.Value.PairEpoch == record.PairEpoch && !(a.Value.End <= record.Floor?.Lsn.Value)).Select(a => a.Key).Order().ToList();
        if (record.Quorums.All(q => q.IsEmpty))
        {
            if (above.Count > 0 && !before.Quorums.All(q => q.IsEmpty)) report("AcknowledgedAboveFloor", $"{site}: with the empty clause alone nothing covers {above.Count} rows, among them {string.Join(", ", above.Take(5))}: the floor is {record.Floor?.ToString() ?? "not there"}");
            return;
        }
        var uncovered = above.Where(r => !IsCovered(record, site, r)).ToList();
        if (uncovered.Count > 0) report("ClauseDroppedEarly", $"{site}: clauses {string.Join(" and ", record.Quorums)} cover none of {uncovered.Count} acknowledged rows, among them {string.Join(", ", uncovered.Take(5))}: {Describe(record, site, uncovered[^1])}");
    }

    /// <summary>The record is not what it was: whether it covers what was acknowledged is for the one that takes its place.</summary>
    public void Restored(string site) => _latest.Remove(site);

    /// <summary>A person has given up all rows but these.</summary>
    public void GaveUp(IReadOnlySet<int> kept)
    {
        foreach (var row in _acknowledged.Keys.Where(r => !kept.Contains(r)).ToList()) _acknowledged.Remove(row);
    }

    private bool IsCovered(PrimaryRecord record, string site, int row) => record.Quorums.Any(q => !q.IsEmpty && q.Members.Count(m => Has(site, m, row)) >= q.Acknowledgements);

    private bool Has(string site, Incarnation member, int row) => dataOf(site, member) is not { } disk || (!disk.Gone && disk.Data is { } data && data.Log.EndOfRow(row) <= data.Flushed);

    private string Describe(PrimaryRecord record, string site, int row)
    {
        string Names(QuorumClause clause) => string.Join(", ", clause.Members.Where(m => Has(site, m, row)).Select(m => m.Instance));
        return string.Join("; ", record.Quorums.Select(q => $"of {q} of epoch {q.Epoch} only ({Names(q)}) have it"));
    }
}
