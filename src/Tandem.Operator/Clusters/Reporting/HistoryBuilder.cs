using Tandem.Operator.Clusters.Observing;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Clusters.Reporting;

/// <summary>The last reigns, the newest first: a row when the record has a holder of a new epoch; how long nothing could be written follows when the holder has told.</summary>
public static class HistoryBuilder
{
    private const int Rows = 20;

    public static List<HistoryEntry> Build(IReadOnlyList<HistoryEntry> old, ClusterObservation observation, ReignFacts reign)
    {
        if (observation.PrimaryRecord is not { State: RecordState.Stable, Holder: { } holder } record) return [.. old];
        var newest = old.FirstOrDefault();
        if (newest is not null && newest.Epoch >= record.Epoch) return newest.Epoch == record.Epoch ? WithSeconds(old, observation, reign) : [.. old];
        var (reason, message) = reign.Why(newest?.To, holder.Instance, record.GivenBy?.Instance);
        var row = new HistoryEntry { Epoch = record.Epoch, From = newest?.To, To = holder.Instance, Reason = reason, Message = message, At = reign.Since ?? observation.Now };
        return WithSeconds([row, .. old.Take(Rows - 1)], observation, reign);
    }

    private static List<HistoryEntry> WithSeconds(IReadOnlyList<HistoryEntry> rows, ClusterObservation observation, ReignFacts reign)
    {
        if (rows[0].SecondsUnavailable is not null || rows[0].From is null) return [.. rows];
        return reign.SecondsUnavailable(RecordRules.HolderReport(observation)) is { } seconds ? [rows[0] with { SecondsUnavailable = seconds }, .. rows.Skip(1)] : [.. rows];
    }
}
