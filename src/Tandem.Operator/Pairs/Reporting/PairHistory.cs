using Tandem.Operator.Pairs.Observing;
using Tandem.Protocol.Records;
using Tandem.Resources;

namespace Tandem.Operator.Pairs.Reporting;

/// <summary>The pair epochs that this site's record remembers, the newest first.</summary>
public static class PairHistory
{
    public static List<PairHistoryEntry> Build(PairObservation seen)
    {
        var record = seen.View.Record;
        if (record is null) return [];
        return [.. record.History.Reverse().Select(o => Entry(o, seen.View.PeerWord))];
    }

    private static PairHistoryEntry Entry(PairOutcome outcome, PairRecord? peer)
    {
        // What was decided at the other site is told best in its words, as long as it can be read.
        var told = outcome.Kind == PairOutcomeKind.Adopted ? peer?.History.LastOrDefault(o => o.To == outcome.To) ?? outcome : outcome;
        return new PairHistoryEntry
        {
            Epoch = outcome.To,
            From = outcome.From?.Site,
            To = outcome.To.Site,
            Reason = told.Kind switch
            {
                PairOutcomeKind.Founded => "Founded",
                PairOutcomeKind.Consumed => "Switchover",
                PairOutcomeKind.Revoked => "RolledBack",
                PairOutcomeKind.FailedOver => "Failover",
                PairOutcomeKind.Overridden => "Override",
                _ => "Adopted",
            },
            Message = told.Message,
            At = Whole(told.At),
        };
    }

    private static DateTimeOffset Whole(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
}
