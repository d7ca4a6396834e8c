using Spectre.Console;
using Tandem.Resources;

namespace Tandem.Cli.Output;

/// <summary>A DisasterRecoveryPair in one line, what it is about to do, and what is wrong with it, as this site sees it.</summary>
public static class PairReport
{
    public static void Write(Screen screen, DisasterRecoveryPair pair, DateTimeOffset now)
    {
        screen.Line(Headline(pair, now), new Style(decoration: Decoration.Bold));
        if (pair.Status is not { } status) return;
        if (status.Operation is { Outcome: OperationOutcome.Running } operation) screen.Line(Operation(operation, now), Cell.Busy);
        foreach (var (text, style) in ConditionLines.Of(status.Conditions)) screen.Line(text, style);
    }

    private static string Headline(DisasterRecoveryPair pair, DateTimeOffset now)
    {
        var parts = new List<string> { $"Pair {pair.Metadata.Namespace}/{pair.Metadata.Name}" };
        if (pair.Status is not { } status) return string.Join("   ", [.. parts, "no status yet: does the operator of this site run?"]);
        parts.Add($"{Words.Of(status.PrimarySite)} → {Words.Of(status.StandbySite)}");
        if (status.Phase is { } phase) parts.Add(phase.ToString());
        if (status.Epoch is { } epoch) parts.Add($"pair epoch {epoch}");
        // Only the primary site knows them, and only while the stream flows.
        if (status.RecoveryPoint is { } point) parts.Add($"RPO {Words.Seconds(point.Seconds)} ({Words.Bytes(point.Bytes)})");
        if (status.RecoveryTime is { } time) parts.Add($"RTO {Words.Seconds(time.Seconds)}");
        if (status.Peer is { LastSeen: { } seen }) parts.Add($"last contact {Words.Since(seen, now)} ago");
        return string.Join("   ", parts);
    }

    private static string Operation(OperationStatus operation, DateTimeOffset now)
    {
        var text = $"{operation.Type} {operation.Id}: {operation.Step}";
        if (operation.Progress is { } percent) text += $" {percent} %";
        if (operation.StartedAt is { } begun) text += $", under way for {Words.Since(begun, now)}";
        if (operation.Deadline is { } deadline && deadline > now) text += $", deadline in {Words.Seconds((deadline - now).TotalSeconds)}";
        return operation.Message is { Length: > 0 } message ? $"{text}: {message}" : text;
    }
}
