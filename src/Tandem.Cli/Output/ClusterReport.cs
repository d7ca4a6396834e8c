using System.Globalization;
using Spectre.Console;
using Tandem.Resources;

namespace Tandem.Cli.Output;

/// <summary>A DatabaseCluster in one line, what is wrong with it, and a line for each instance. All of it is from its status.</summary>
public static class ClusterReport
{
    private static readonly string[] Headings = ["INSTANCE", "ROLE", "STATE", "TL", "SENT", "WRITE", "FLUSH", "REPLAY", "LAG", "SYNC", "PROMOTABLE", "RESTARTS", "NODE"];

    public static void Write(Screen screen, DatabaseCluster cluster, DateTimeOffset now)
    {
        screen.Line(Headline(cluster, now), new Style(decoration: Decoration.Bold));
        if (cluster.Status is not { } status)
        {
            screen.Line("No status yet: does the operator of this site run?", Cell.Bad);
            return;
        }
        if (status.ObservedGeneration < cluster.Metadata.Generation) screen.Line("The spec has changed; this status speaks of the one before.", Cell.Busy);
        foreach (var (text, style) in ConditionLines.Of(status.Conditions)) screen.Line(text, style);
        if (status.Instances.Count > 0) screen.Table(Headings, status.Instances.OrderBy(i => i.Name != status.Primary).ThenBy(i => i.Name, StringComparer.Ordinal).Select(i => Row(i, i.Name == status.Primary)));
    }

    private static string Headline(DatabaseCluster cluster, DateTimeOffset now)
    {
        var parts = new List<string> { $"Cluster {cluster.Metadata.Namespace}/{cluster.Metadata.Name}" };
        if (cluster.Status is { } status)
        {
            if (status.RunMode is { } mode) parts.Add(mode.ToString());
            parts.Add($"{cluster.Spec.Engine} {status.Version}".TrimEnd());
            if (status.Synchronization is { Length: > 0 } synchronization) parts.Add($"{synchronization} ({cluster.Spec.Synchronization.Durability})");
            if (status.Epoch is { } epoch) parts.Add($"epoch {epoch}{Reign(status, now)}");
        }
        return string.Join("   ", parts);
    }

    private static string Reign(DatabaseClusterStatus status, DateTimeOffset now)
    {
        if (status.History.FirstOrDefault() is not { } newest || newest.Epoch != status.Epoch) return "";
        var why = new List<string> { $"{newest.Reason}{(newest.Message is { Length: > 0 } message ? $": {message}" : "")}" };
        if (newest.SecondsUnavailable is { } seconds) why.Add($"{Words.Seconds(seconds)} without writes");
        return $" since {Words.Since(newest.At, now)} ({string.Join(", ", why)})";
    }

    private static IReadOnlyList<Cell> Row(InstanceStatus instance, bool isHolder) =>
    [
        instance.Name,
        instance.Role is { } role ? Words.Spaced(role.ToString()) : Words.Unknown,
        State(instance),
        Words.Of(instance.Timeline),
        Words.Of(instance.SentLsn),
        Words.Of(instance.WriteLsn),
        Words.Of(instance.FlushLsn),
        isHolder && instance.Role == InstanceRole.Primary ? Words.Unknown : Words.Of(instance.ReplayLsn),
        isHolder && instance.Role == InstanceRole.Primary ? Words.Unknown : Words.Bytes(instance.LagBytes),
        Words.Of(instance.SyncState),
        Promotable(instance, isHolder),
        instance.Restarts?.ToString(CultureInfo.InvariantCulture) ?? Words.Unknown,
        Words.Of(instance.Node),
    ];

    private static Cell State(InstanceStatus instance)
    {
        if (instance.State is not { } state) return Words.Unknown;
        var style = state switch
        {
            InstanceState.Running or InstanceState.Streaming => Cell.Good,
            InstanceState.Held or InstanceState.Failed or InstanceState.Unreachable => Cell.Bad,
            _ => Cell.Busy,
        };
        return new Cell(instance.Progress is { } percent ? string.Create(CultureInfo.InvariantCulture, $"{Words.Spaced(state.ToString())} ({percent} %)") : Words.Spaced(state.ToString()), style);
    }

    private static Cell Promotable(InstanceStatus instance, bool isHolder) => instance.Promotable switch
    {
        _ when isHolder => Words.Unknown,
        true => "yes",
        false => $"no: {Words.Spaced(instance.Reason ?? "unknown")}",
        null => Words.Unknown,
    };
}
