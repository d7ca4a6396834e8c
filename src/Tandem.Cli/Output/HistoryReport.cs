using Tandem.Resources;

namespace Tandem.Cli.Output;

/// <summary>Who was primary, since when, why, and what the change cost.</summary>
public static class HistoryReport
{
    private static readonly string[] Headings = ["EPOCH", "FROM", "TO", "AT", "WITHOUT WRITES", "REASON", "MESSAGE"];

    public static void Write(Screen screen, DatabaseCluster cluster) => screen.Table(Headings, (cluster.Status?.History ?? []).Select(row => Row(
        row.Epoch.ToString(), row.From, row.To, row.At, row.SecondsUnavailable, row.Reason, row.Message)));

    public static void Write(Screen screen, DisasterRecoveryPair pair) => screen.Table(Headings, (pair.Status?.History ?? []).Select(row => Row(
        row.Epoch.ToString(), row.From, row.To, row.At, row.SecondsUnavailable, row.Reason, row.Message)));

    private static IReadOnlyList<Cell> Row(string epoch, string? from, string? to, DateTimeOffset? at, double? seconds, string reason, string? message) =>
        [epoch, Words.Of(from), Words.Of(to), Words.Time(at), Words.Seconds(seconds), reason, Words.Of(message)];
}
